// SPDX-License-Identifier: Apache-2.0

import Mail
import Synchronization

/// What must be known of metrics or traces on their way to a collector. Each is said once for each change.
package enum TelemetryNote: Hashable, Sendable, CustomStringConvertible {
    case failing(String)
    case recovered
    /// Some were not taken and are not sent again. The count of all is in `TelemetryState.lost`.
    case losing(String)

    package var description: String {
        switch self {
        case .failing(let reason): "nothing arrives: \(reason)"
        case .recovered: "arrives again"
        case .losing(let reason): "some is not taken and is not sent again: \(reason)"
        }
    }
}

/// How metrics, or the traces of one stream, get on: for `/health`.
package struct TelemetryState: Hashable, Sendable {
    /// `metrics`, `traces`.
    package let name: String
    /// Requests that the collector took.
    package internal(set) var sent = 0
    /// Data points or spans that it did not take.
    package internal(set) var lost: UInt64 = 0
    /// Why nothing arrives now; nil while all is well.
    package internal(set) var trouble: ShippingState.Trouble?

    init(name: String) { self.name = name }
}

/// The state where others see it, and who is told when it changes.
package final class TelemetryStanding: Sendable {
    private struct Board {
        var state: TelemetryState
        var isLosing = false
        var failures = 0
    }

    private let board: Mutex<Board>
    private let tell: @Sendable (TelemetryNote) -> Void

    package init(_ name: String, tell: @escaping @Sendable (TelemetryNote) -> Void) {
        board = Mutex(Board(state: TelemetryState(name: name)))
        self.tell = tell
    }

    package var state: TelemetryState { board.withLock { $0.state } }

    func took(rejected: UInt64) {
        let (hadTrouble, beganToLose) = board.withLock { board in
            defer {
                board.state.trouble = nil
                board.failures = 0
                board.isLosing = rejected > 0
            }
            board.state.sent += 1
            board.state.lost += rejected
            return (board.state.trouble != nil, rejected > 0 && !board.isLosing)
        }
        if hadTrouble { tell(.recovered) }
        if beganToLose { tell(.losing("the collector rejected \(rejected)")) }
    }

    func lost(_ count: UInt64, _ reason: String) {
        let beganToLose = board.withLock { board in
            defer { board.isLosing = true }
            board.state.lost += count
            return !board.isLosing
        }
        if beganToLose { tell(.losing(OneLine.words(reason))) }
    }

    /// - Returns: how often in a row it failed by now.
    func failed(_ reason: String, needsAction: Bool, at moment: Timestamp) -> Int {
        let words = OneLine.words(reason)
        let (failures, isNew) = board.withLock { board in
            let old = board.state.trouble
            board.state.trouble = .init(reason: words, since: old?.since ?? moment, needsAction: needsAction)
            board.failures += 1
            return (board.failures, old == nil || old?.needsAction != needsAction)
        }
        if isNew { tell(.failing(words)) }
        return failures
    }
}
