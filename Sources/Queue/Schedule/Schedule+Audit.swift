// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Whether the machine knows of everything that the spool holds.
extension Schedule {
    /// For so long something may be due in the spool before it is missed: a read and a start are under way meanwhile.
    package static let grace = 60.0

    /// Compares what the spool holds with what is known of it. A lane of which something due is not known is read again
    /// from the start, and what that brings is counted as forgotten.
    /// - Parameter found: every lane, with what was due `grace` ago; as it stood a little earlier.
    package mutating func audit(_ found: [LaneCount], at now: Timestamp) {
        for count in found where admits(count.lane) {
            // One that had no place among the known lanes until now was not forgotten.
            if hasSleepingLanes, known(count.lane) == nil, let nextDue = count.nextDue {
                note(count.lane, count: count.count, nextDue: nextDue, at: now)
                continue
            }
            let lane = place(of: count.lane, now)
            let state = lanes[lane]
            let isOverdue = count.due > 0 && state.nextDue > now.milliseconds && !state.isReading
            let isLate = count.nextDue.map { $0.milliseconds < state.nextDue && $0 > now } ?? false
            if isLate, let nextDue = count.nextDue, !state.isReading {
                lanes[lane].nextDue = nextDue.milliseconds
                arm(lane)
            }
            // More is due than is held here: at most this lane's own window is passed over to see.
            guard isOverdue, count.due > Int(state.waiting + state.inFlight) else { continue }
            lanes[lane].doubtedAt = now.milliseconds
            lanes[lane].nextDue = now.milliseconds
            lanes[lane].unread = max(lanes[lane].unread, 1)
            activate(lane, now)
            prefetch(lane, now)
        }
    }

    /// Whether a lane is known, or may be; one that may not sleeps in the spool until a later check.
    package mutating func admits(_ lane: Lane) -> Bool {
        let isAdmitted = hasRoom(for: lane)
        if !isAdmitted {
            hasSleepingLanes = true
            wasFull = true
        }
        return isAdmitted
    }

    /// Every lane has been looked at.
    package mutating func endAudit() {
        hasSleepingLanes = wasFull
        wasFull = false
    }

    func hasRoom(for lane: Lane) -> Bool { lanes.count < limits.lanes || known(lane) != nil }

    /// Whether a delivery has started and not ended.
    package func isUnderWay(_ id: Int64) -> Bool { places[id].map { entries[$0].path >= 0 } ?? false }

    /// Deliveries under way for longer than any try may take, longest first.
    package func overdue(after seconds: Double, at now: Timestamp) -> [PendingDelivery] {
        var late: [(Timestamp, PendingDelivery)] = []
        for place in 0..<entries.end where entries[place].path >= 0 && now - entries[place].startedAt > seconds {
            if let delivery = entries[place].delivery { late.append((entries[place].startedAt, delivery)) }
        }
        return late.sorted { ($0.0, $0.1.id) < ($1.0, $1.1.id) }.map(\.1)
    }
}
