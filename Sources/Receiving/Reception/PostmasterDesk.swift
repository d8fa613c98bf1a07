// SPDX-License-Identifier: Apache-2.0

package import Mail
import Synchronization

/// Where mail to the operator lies until somebody reads it.
package protocol PostmasterBox: Sendable {
    /// Durable when it returns.
    func keep(_ mail: ReceivedMail, at moment: Timestamp) async throws
}

/// Bounds how much of it strangers may send.
final class PostmasterDesk: Sendable {
    static let mailsPerHour = 300

    private let box: any PostmasterBox
    private let now: Now
    private let hour = Mutex<(number: Int64, mails: Int)>((0, 0))

    init(_ box: any PostmasterBox, now: @escaping Now) {
        self.box = box
        self.now = now
    }

    /// - Returns: false, and nothing is kept, when there were too many within the hour.
    func keep(_ mail: ReceivedMail) async throws -> Bool {
        let moment = now()
        let number = moment.seconds / 3600
        let isRoom = hour.withLock { hour in
            if hour.number != number { hour = (number, 0) }
            hour.mails += 1
            return hour.mails <= Self.mailsPerHour
        }
        if isRoom { try await box.keep(mail, at: moment) }
        return isRoom
    }
}
