// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A lane whose deliveries are to be read from the spool: those that are due, earliest first.
package struct LaneRead: Hashable, Sendable {
    package let lane: Lane
    /// Rows to read. Some of them may be in the window already, and are passed over.
    package let limit: Int
    let place: Int32

    package init(lane: Lane, limit: Int) {
        self.init(lane: lane, limit: limit, place: -1)
    }

    init(lane: Lane, limit: Int, place: Int32) {
        self.lane = lane
        self.limit = limit
        self.place = place
    }
}

/// What a read brought.
package struct LaneRows: Hashable, Sendable {
    package let read: LaneRead
    package let due: [PendingDelivery]
    /// When the first of those that it did not bring is due; nil where there is none.
    package let nextDue: Timestamp?

    package init(read: LaneRead, due: [PendingDelivery], nextDue: Timestamp?) {
        self.read = read
        self.due = due
        self.nextDue = nextDue
    }
}

/// Reading back what was left in the spool.
extension Schedule {
    /// The lanes to read now. Until `endReads` or `abandonReads` nothing else is to be read.
    package mutating func beginReads(atMost count: Int) -> [LaneRead] {
        guard leftWhileReading == nil else { return [] }
        var reads: [LaneRead] = []
        var free = room
        while reads.count < count, let lane = nextToRead(free) {
            let (waiting, busy) = (Int(lanes[lane].waiting), Int(lanes[lane].inFlight))
            let wanted = max(1, min(limits.read, free / 2))
            free -= min(wanted, Int(max(1, lanes[lane].unread)))
            lanes[lane].isReading = true
            // What it learns of until it is read counts again.
            lanes[lane].nextDue = .max
            reads.append(LaneRead(lane: self.lane(at: lane), limit: wanted + waiting + busy, place: lane))
        }
        if !reads.isEmpty { leftWhileReading = [] }
        return reads
    }

    /// Whether a read would find something to do.
    package var wantsRead: Bool { leftWhileReading == nil && (mayDemand(room) || (!prefetches.isEmpty && hasSpace)) }

    // A lane with a slot is read also where others have to make room for it.
    private func mayDemand(_ free: Int) -> Bool {
        (!demands.isEmpty || !doubtfulDemands.isEmpty) && (free > 0 || accountBoard.top != nil)
    }

    private mutating func popDemand() -> Int32? { demands.pop() ?? popDoubtfulDemand() }

    // While enough of them wait to start, only those whose path was found to work meanwhile; a few are passed over.
    private mutating func popDoubtfulDemand() -> Int32? {
        for _ in 0..<8 {
            guard let lane = doubtfulDemands.pop() else { return nil }
            let path = lanes[lane].path
            if unproven.count < limits.inFlight || path < 0 || paths[path].isProven { return lane }
            doubtfulDemands.push(ticket(lane))
        }
        return nil
    }

    private var hasSpace: Bool { room > limits.window / 4 }

    private mutating func nextToRead(_ free: Int) -> Int32? {
        while mayDemand(free), let lane = popDemand() {
            lanes[lane].isDemanded = false
            guard lanes[lane].stand == .promised, !lanes[lane].isReading else { continue }
            if lanes[lane].waiting == 0 { return lane }
            // Something came in meanwhile.
            line(up: lane)
        }
        while free > limits.window / 4, let lane = prefetches.pop() {
            lanes[lane].isPrefetched = false
            if !lanes[lane].isReading, lanes[lane].nextDue < .max { return lane }
        }
        return nil
    }

    package mutating func endReads(_ results: [LaneRows], at now: Timestamp) {
        let left = leftWhileReading ?? []
        leftWhileReading = nil
        for rows in results { take(rows, left, now) }
    }

    /// The read failed; it is made again a second later.
    package mutating func abandonReads(_ reads: [LaneRead], at now: Timestamp) {
        leftWhileReading = nil
        for read in reads {
            lanes[read.place].nextDue = (now + 1).milliseconds
            endRead(read.place, now)
        }
    }

    private mutating func take(_ rows: LaneRows, _ left: Set<Int64>, _ now: Timestamp) {
        let lane = rows.read.place
        lanes[lane].nextDue = min(lanes[lane].nextDue, rows.nextDue?.milliseconds ?? .max)
        if rows.nextDue == nil, lanes[lane].nextDue == .max { lanes[lane].unread = 0 }
        for delivery in rows.due where !left.contains(delivery.id) && places[delivery.id] == nil {
            guard !withdrawn.contains(delivery.id) else { continue }
            // What fell due since was on its way.
            if delivery.dueAt.milliseconds < lanes[lane].doubtedAt - Int64(Self.grace * 1000) { forgotten += 1 }
            guard makeRoom(for: lane, now) else {
                lanes[lane].nextDue = min(lanes[lane].nextDue, delivery.dueAt.milliseconds)
                continue
            }
            lanes[lane].unread = max(0, lanes[lane].unread - 1)
            insert(delivery, in: lane)
        }
        lanes[lane].doubtedAt = 0
        endRead(lane, now)
    }

    private mutating func endRead(_ lane: Int32, _ now: Timestamp) {
        lanes[lane].isReading = false
        if lanes[lane].stand == .promised, !lanes[lane].isLinedUp {
            // With nothing to start the slot goes to somebody else.
            if lanes[lane].waiting > 0 { line(up: lane) } else { giveBack(lane, now) }
        }
        arm(lane)
        activate(lane, now)
        prefetch(lane, now)
    }

    /// Reads on before a lane runs out, where there is space.
    mutating func prefetch(_ lane: Int32, _ now: Timestamp) {
        let state = lanes[lane]
        guard state.nextDue <= now.milliseconds, !state.isPrefetched, !state.isReading, state.stand != .idle,
            state.waiting > 0, Int(state.waiting) < limits.read / 4
        else { return }
        lanes[lane].isPrefetched = true
        prefetches.push(ticket(lane))
    }

    /// A slot waits for the lane's head.
    mutating func demand(_ lane: Int32) {
        guard !lanes[lane].isReading, !lanes[lane].isDemanded else { return }
        lanes[lane].isDemanded = true
        if paths[lanes[lane].path].isProven {
            demands.push(ticket(lane))
        } else {
            doubtfulDemands.push(ticket(lane))
        }
    }
}
