// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// What was accepted and not yet settled, on stable storage. Nothing else may lose mail, because nothing else holds it.
///
/// Every writing call returns only after its change is synced; calls that wait at the same moment share one sync
/// (group commit). A failed write throws and leaves nothing behind. Legal states: `docs/spool.md`.
package protocol Spool: Sendable {
    /// Stores the message, its deliveries and the facts in one transaction.
    /// - Returns: the deliveries with their ids.
    func accept(_ message: SpooledMessage, _ deliveries: [PendingDelivery], _ facts: [Fact]) async throws
        -> [PendingDelivery]

    /// Deliveries due at or before `moment` whose id is not in `excluding`, earliest first.
    func due(at moment: Timestamp, limit: Int, excluding: Set<Int64>) async throws -> [PendingDelivery]

    /// When the earliest delivery that is not in `excluding` falls due; nil when none waits.
    func nextDue(excluding: Set<Int64>) async throws -> Timestamp?

    /// The message, or nil once all its deliveries are settled.
    func message(_ id: MessageID) async throws -> SpooledMessage?

    /// Takes the result of one try; removes the message with its last delivery. For a delivery that is settled already
    /// it changes nothing and keeps no fact. Ids are never given twice.
    func settle(_ settlement: Settlement) async throws

    /// Facts that change nothing in the spool: refusals.
    func record(_ facts: [Fact]) async throws

    /// How many deliveries wait, by site.
    func waiting() async throws -> [String: Int]
}

/// What one try at one delivery came to.
package struct Settlement: Hashable, Sendable {
    package let delivery: PendingDelivery
    /// Recipients that must be tried again, when, and what the last answer was; nil when none is left.
    package let retry: Retry?
    package let facts: [Fact]

    package struct Retry: Hashable, Sendable {
        package let recipients: [Mailbox]
        package let dueAt: Timestamp
        package let lastReply: String

        package init(recipients: [Mailbox], dueAt: Timestamp, lastReply: String) {
            self.recipients = recipients
            self.dueAt = dueAt
            self.lastReply = lastReply
        }
    }

    package init(delivery: PendingDelivery, retry: Retry?, facts: [Fact]) {
        self.delivery = delivery
        self.retry = retry
        self.facts = facts
    }
}

/// Why the spool cannot take a message now. Doors answer 452 4.3.1 / 500 and the caller tries again.
package enum SpoolFailure: Error, Hashable, Sendable {
    /// The disk is full, or nearly so.
    case noSpace
    /// Anything else that kept a write from being durable, in words for the log.
    case unavailable(String)
}
