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

    /// The message, or nil once all its deliveries are settled.
    func message(_ id: MessageID) async throws -> SpooledMessage?

    /// Takes the result of one try; removes the message with its last delivery. For a delivery that is settled already
    /// it changes nothing and keeps no fact. Ids are never given twice.
    /// - Parameter departure: what an address that is warming up has sent by it, added to what it has sent that day.
    func settle(_ settlement: Settlement, departure: Departure?) async throws

    /// Facts that change nothing in the spool: refusals.
    func record(_ facts: [Fact]) async throws

    /// The next lanes with deliveries after this place, in a fixed order; of their deliveries that nobody holds, how many
    /// were due by `moment`.
    func lanes(dueBefore moment: Timestamp, after place: Int64, limit: Int) async throws -> LanePage

    /// Of each lane, the deliveries due at or before `moment` that nobody holds, earliest first.
    func due(_ reads: [LaneRead], at moment: Timestamp) async throws -> [LaneRows]

    /// Deliveries of messages that expire at or before `moment`, held ones too, the oldest first.
    func expired(at moment: Timestamp, limit: Int) async throws -> [PendingDelivery]

    /// Keeps what was learned, in place of what was kept of the same kind for the same path.
    func keep(_ lessons: [KeptLesson]) async throws

    /// What was learned and still holds, and what addresses that are warming up have sent since the day began; older ones
    /// are removed.
    func recall(at moment: Timestamp) async throws -> (lessons: [KeptLesson], departures: [Departure])

    /// Those of the messages after this one, of so many, that have no delivery; and the one to go on after, nil at the end.
    func orphans(after message: MessageID?, limit: Int) async throws -> (found: [MessageID], next: MessageID?)
}

/// Some lanes, and the place to go on after; nil at the end.
package struct LanePage: Hashable, Sendable {
    package let lanes: [LaneCount]
    package let next: Int64?

    package init(lanes: [LaneCount], next: Int64?) {
        self.lanes = lanes
        self.next = next
    }
}

/// How much waits in a lane.
package struct LaneCount: Hashable, Sendable {
    package let lane: Lane
    /// Deliveries that nobody holds.
    package let count: Int
    /// When the first of them is due; nil where there is none.
    package let nextDue: Timestamp?
    package let held: Int
    /// Of those that nobody holds, how many were due by the moment asked about.
    package let due: Int

    package init(lane: Lane, count: Int, nextDue: Timestamp?, held: Int = 0, due: Int = 0) {
        self.lane = lane
        self.count = count
        self.nextDue = nextDue
        self.held = held
        self.due = due
    }
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
        /// The line it waits in from now on, and nothing was tried yet; nil for the one it is in.
        package let lane: Lane?

        package init(recipients: [Mailbox], dueAt: Timestamp, lastReply: String, lane: Lane? = nil) {
            self.lane = lane
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

    /// The delivery goes by way of another pool, in its turn there: nothing was tried.
    package static func move(of delivery: PendingDelivery, to pool: PoolID) -> Settlement {
        let retry = Retry(
            recipients: delivery.recipients, dueAt: delivery.dueAt, lastReply: delivery.lastReply,
            lane: delivery.lane.rerouted(to: pool))
        return Settlement(delivery: delivery, retry: retry, facts: [])
    }

    /// Tries that have ended when it is settled.
    package var attempts: Int { retry?.lane == nil ? delivery.attempts + 1 : delivery.attempts }
}

/// Why the spool cannot take a message now. Doors answer 452 4.3.1 / 500 and the caller tries again.
package enum SpoolFailure: Error, Hashable, Sendable {
    /// The disk is full, or nearly so.
    case noSpace
    /// Anything else that kept a write from being durable, in words for the log.
    case unavailable(String)
}
