// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What the queue finds wrong with itself.
package enum QueueFault: Hashable, Sendable, CustomStringConvertible {
    /// The spool failed; what it was asked is asked again.
    case spool(String)
    /// Deliveries that were due and that the schedule did not know of. It does now.
    case forgotten(Int)
    /// Under way for longer than any try may take.
    case overdue(PendingDelivery)
    /// A message that is owed to nobody and still there.
    case orphan(MessageID)

    package var description: String {
        switch self {
        case .spool(let reason): reason
        case .forgotten(let count): "\(count) deliveries were due and forgotten; they are scheduled again"
        case .overdue(let delivery): "delivery \(delivery.id) of message \(delivery.message) does not end"
        case .orphan(let message): "message \(message) has no delivery left and is still there"
        }
    }
}

/// How many deliveries are in no legal state: zero, or something is wrong (`postern_queue_forgotten`).
package struct QueueFaults: Hashable, Sendable {
    /// Found by the last check.
    package var forgotten = 0
    package var overdue = 0
    package var orphans = 0
    /// Found since the start.
    package var forgottenEver = 0
    /// Checks since the start.
    package var audits = 0

    package init() {}

    package var count: Int { forgotten + overdue + orphans }
}

/// The independent eyes: they look at the spool, not at what the schedule believes.
extension DeliveryQueue {
    /// Seconds between two checks.
    package static let auditInterval = 30.0
    package static let sweepInterval = 10.0
    /// Seconds that a try may take at most: five hosts that answer each command at the last moment.
    package static let lease = 3600.0
    private static let batch = 500

    /// As the last check found them, and what its reads have brought since.
    package var currentFaults: QueueFaults {
        var current = faults
        current.forgottenEver = schedule.forgotten
        current.forgotten = schedule.forgotten - faults.forgottenEver
        return current
    }

    /// Checks and sweeps until the queue is closed or the task is cancelled.
    package func watch() async {
        var untilAudit = Self.auditInterval
        while !isClosed, (try? await Task.sleep(for: .seconds(Self.sweepInterval))) != nil {
            untilAudit -= Self.sweepInterval
            do {
                try await sweep()
                if untilAudit <= 0 {
                    untilAudit = Self.auditInterval
                    try await audit()
                }
            } catch {
                report(.spool("the queue could not be checked: \(error)"))
            }
        }
    }

    /// Ends what has expired, in whatever state it is: waiting, held, or forgotten. What is under way ends by itself.
    /// - Returns: how many deliveries expired.
    @discardableResult
    package func sweep() async throws -> Int {
        var ended = 0
        while !isClosed {
            let moment = now()
            let found = try await spool.expired(at: moment, limit: Self.batch + schedule.inFlight)
            let idle = found.filter { !schedule.isUnderWay($0.id) }
            guard !idle.isEmpty else { return ended }
            // Out of the window first: it must not start while its end is written.
            schedule.forget(idle.map(\.id))
            let ending = idle.filter { !schedule.isUnderWay($0.id) }
            // Together, so that they share their syncs.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for delivery in ending {
                    group.addTask { [spool] in
                        try await spool.settle(.expiry(of: delivery, at: moment), departure: nil)
                    }
                }
                try await group.waitForAll()
            }
            ended += ending.count
            schedule.forget(idle.map(\.id))
            if found.count < Self.batch { return ended }
        }
        return ended
    }

    /// Looks for deliveries that are in no legal state, and brings back what the schedule does not know of.
    package func audit() async throws {
        faults.forgottenEver = schedule.forgotten
        try await eachPage(dueBefore: now() + -Schedule.grace) { page in
            self.schedule.audit(page, at: self.now())
        }
        schedule.endAudit()
        let late = schedule.overdue(after: Self.lease, at: now())
        faults.overdue = late.count
        for delivery in late.prefix(10) { report(.overdue(delivery)) }
        proceed()
        try await lookForOrphans()
        faults.audits += 1
    }

    private func lookForOrphans() async throws {
        let (found, next) = try await spool.orphans(after: lastChecked, limit: 50_000)
        lastChecked = next
        faults.orphans = found.count
        for message in found.prefix(10) { report(.orphan(message)) }
    }
}
