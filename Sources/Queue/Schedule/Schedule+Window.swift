// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What comes into the window, and what leaves it for another's sake.
extension Schedule {
    /// Takes a delivery that the spool holds. It may stay there alone: until it is due, or while the window is full.
    package mutating func offer(_ delivery: PendingDelivery, at now: Timestamp) {
        guard places[delivery.id] == nil, !withdrawn.contains(delivery.id) else { return }
        let lane = place(of: delivery.lane, now)
        // Behind others that wait in the spool, the order of the lane is kept there.
        let isBehind = lanes[lane].nextDue <= now.milliseconds
        guard delivery.dueAt <= now, !isBehind, makeRoom(for: lane, now) else {
            leave(delivery.dueAt, in: lane)
            return activate(lane, now)
        }
        insert(delivery, in: lane)
        // A lane whose head is being read need not wait for that any more.
        if lanes[lane].stand == .promised { line(up: lane) } else { activate(lane, now) }
    }

    /// Takes deliveries out of the window that are settled, held or gone in the spool. What is under way stays.
    package mutating func forget(_ ids: [Int64]) {
        for id in ids {
            leftWhileReading?.insert(id)
            guard let place = places[id], entries[place].path < 0 else { continue }
            unlink(place)
        }
    }

    /// Takes deliveries out of the window, and keeps them out, until `bringBack`.
    /// - Returns: those that are not under way.
    package mutating func withdraw(_ ids: [Int64]) -> [Int64] {
        let idle = ids.filter { !isUnderWay($0) }
        withdrawn.formUnion(idle)
        forget(idle)
        return idle
    }

    /// They may come into the window again, as the spool has them now: their lanes are to be noted after this.
    package mutating func bringBack(_ ids: [Int64]) { withdrawn.subtract(ids) }

    /// The spool holds so many of a lane beside those that are held, the first of them due then.
    package mutating func note(_ lane: Lane, count: Int, nextDue: Timestamp, at now: Timestamp) {
        let place = place(of: lane, now)
        lanes[place].unread = Int32(clamping: max(0, count - Int(lanes[place].waiting + lanes[place].inFlight)))
        lanes[place].nextDue = min(lanes[place].nextDue, nextDue.milliseconds)
        arm(place)
        activate(place, now)
    }

    // MARK: - Lanes

    mutating func place(of lane: Lane, _ now: Timestamp) -> Int32 {
        let account = place(of: lane.account)
        let pool = place(of: lane.pool)
        let identity = identities.retain(lane.identity)
        let destination = destinationPlaces[lane.destination] ?? addDestination(lane.destination)
        let key = LaneKey(
            account: account, pool: pool, destination: destination, identity: identity, isBulky: lane.isBulky)
        if let known = lanePlaces[key] {
            identities.release(identity)
            lanes[known].usedAt = now.milliseconds
            return known
        }
        var state = LaneState(
            account: account, pool: pool, destination: destination, identity: identity, isBulky: lane.isBulky)
        state.usedAt = now.milliseconds
        destinations[destination].lanes += 1
        let place = lanes.insert(state)
        lanePlaces[key] = place
        return place
    }

    private mutating func place(of account: AccountID) -> Int32 {
        if let place = accountPlaces[account] { return place }
        let place = Int32(accounts.count)
        accounts.append(AccountState(id: account))
        accountPlaces[account] = place
        return place
    }

    mutating func place(of pool: PoolID?) -> Int32 {
        if let place = poolPlaces[pool] { return place }
        let place = Int32(pools.count)
        pools.append(PoolState(id: pool))
        poolPlaces[pool] = place
        return place
    }

    private mutating func addDestination(_ name: String) -> Int32 {
        let place = destinations.insert(DestinationState(name: name))
        destinationPlaces[name] = place
        return place
    }

    /// The lane as the spool knows it.
    func lane(at place: Int32) -> Lane {
        let state = lanes[place]
        return Lane(
            account: accounts[Int(state.account)].id, pool: pools[Int(state.pool)].id,
            destination: destinations[state.destination].name, identity: identities.text(state.identity),
            isBulky: state.isBulky)
    }

    func ticket(_ lane: Int32) -> Turn.Ticket {
        let state = lanes[lane]
        return Turn.Ticket(
            lane: lane, account: state.account, identity: state.identity, isBulky: state.isBulky)
    }

    // MARK: - Entries

    mutating func insert(_ delivery: PendingDelivery, in lane: Int32) {
        var entry = Entry(delivery: delivery, lane: lane)
        entry.previous = lanes[lane].tail
        let place = entries.insert(entry)
        places[delivery.id] = place
        if lanes[lane].tail >= 0 { entries[lanes[lane].tail].next = place } else { lanes[lane].head = place }
        lanes[lane].tail = place
        lanes[lane].waiting += 1
        rerank(lane)
    }

    /// Takes a waiting delivery out of its lane.
    mutating func detach(_ place: Int32) {
        let (lane, previous, next) = (entries[place].lane, entries[place].previous, entries[place].next)
        if previous >= 0 { entries[previous].next = next } else { lanes[lane].head = next }
        if next >= 0 { entries[next].previous = previous } else { lanes[lane].tail = previous }
        lanes[lane].waiting -= 1
        rerank(lane)
    }

    mutating func unlink(_ place: Int32) {
        detach(place)
        if let id = entries[place].delivery?.id { places[id] = nil }
        entries.remove(place)
    }

    /// One of the lane's deliveries is in the spool alone.
    mutating func leave(_ dueAt: Timestamp, in lane: Int32) {
        lanes[lane].unread += 1
        lanes[lane].nextDue = min(lanes[lane].nextDue, dueAt.milliseconds)
        arm(lane)
    }

    // MARK: - Room

    // What could make room: all that wait, but for the one that a promised lane is about to start. Where nobody has
    // answered on the path, that one too: a thousand mute sites would fill the window with what may not start for long.
    mutating func rerank(_ lane: Int32) {
        let state = lanes[lane]
        let isAboutToStart = state.stand == .promised && state.path >= 0 && paths[state.path].isProven
        let rank = max(0, state.waiting - (isAboutToStart ? 1 : 0))
        guard rank != state.rank else { return }
        lanes[lane].rank = rank
        let account = Int(state.account)
        accounts[account].board.move(lane, from: Int(state.rank), to: Int(rank), &laneLinks)
        let total = accounts[account].rank + Int(rank - state.rank)
        accountBoard.move(state.account, from: accounts[account].rank, to: total, &accountLinks)
        accounts[account].rank = total
    }

    /// Makes room for one delivery of a lane, at the cost of whoever has more in the window.
    /// - Returns: whether there is room now.
    mutating func makeRoom(for lane: Int32, _ now: Timestamp) -> Bool {
        if room > 0 { return true }
        let mine = lanes[lane].account
        guard let most = accountBoard.top else { return false }
        let account = most.number > accounts[Int(mine)].rank ? most.member : mine
        guard let longest = accounts[Int(account)].board.top, longest.member != lane else { return false }
        // Worth it for one that is shorter, or that can start where the other cannot.
        let isShorter = account == mine ? longest.number > Int(lanes[lane].rank) + 1 : true
        guard isShorter || canStart(lane, now) else { return false }
        spill(lanes[longest.member].tail)
        return true
    }

    private mutating func spill(_ place: Int32) {
        guard place >= 0, let delivery = entries[place].delivery else { return }
        let lane = entries[place].lane
        unlink(place)
        leave(delivery.dueAt, in: lane)
        // Still in its place in the turn, where it had one: only its head is now in the spool.
        if lanes[lane].stand == .idle { alarmAgain(lane) }
    }

    // A lane that stands nowhere is looked at by its alarm.
    private mutating func alarmAgain(_ lane: Int32) {
        lanes[lane].alarmAt = .max
        arm(lane)
    }
}
