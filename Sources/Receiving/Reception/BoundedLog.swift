// SPDX-License-Identifier: Apache-2.0

import Logging
import Mail
import Synchronization

/// A log that strangers cannot fill: so many lines of one kind a minute, then one that says how many were left out.
final class BoundedLog: Sendable {
    static let linesPerMinute = 10

    private struct Minute {
        var number: Int64 = 0
        var lines = 0
        var leftOut = 0
    }

    private let logger: Logger
    private let now: Now
    private let minutes = Mutex<[String: Minute]>([:])

    init(_ logger: Logger, now: @escaping Now) {
        self.logger = logger
        self.now = now
    }

    /// - Parameter kind: one of a few words, for its lines are counted together.
    func notice(_ kind: String, _ metadata: @autoclosure () -> [String: String]) {
        let number = now().seconds / 60
        let (isHeard, leftOut) = minutes.withLock { minutes in
            var minute = minutes[kind, default: Minute()]
            var leftOut = 0
            if minute.number != number {
                leftOut = minute.leftOut
                minute = Minute(number: number)
            }
            let isHeard = minute.lines < Self.linesPerMinute
            if isHeard { minute.lines += 1 } else { minute.leftOut += 1 }
            minutes[kind] = minute
            return (isHeard, leftOut)
        }
        if leftOut > 0 { logger.notice("more of the same", metadata: ["what": "\(kind)", "left-out": "\(leftOut)"]) }
        guard isHeard else { return }
        logger.notice("\(kind)", metadata: metadata().reduce(into: [:]) { $0[$1.key] = "\($1.value)" })
    }
}
