// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Deliveries start, and end.
extension Schedule {
    /// The delivery to start now, and its way; nil while none may.
    package mutating func next(at now: Timestamp) -> Assignment? {
        advance(to: now)
        reap(now)
        guard !isOnHold, !isDraining else { return nil }
        while inFlight < limits.inFlight, let lane = nextLane() {
            lanes[lane].isLinedUp = false
            let path = lanes[lane].path
            // Much may have happened since the slot was given.
            if opening(of: path, now).room >= 0, lanes[lane].head >= 0 {
                return start(lanes[lane].head, lane, path, now)
            }
            giveBack(lane, now)
        }
        return nil
    }

    // Both kinds in turn, while what nobody has answered on has its share.
    private mutating func nextLane() -> Int32? {
        startsUnproven.toggle()
        if !startsUnproven, let lane = proven.pop() { return lane }
        return nextUnproven() ?? nextDead() ?? proven.pop()
    }

    // Half of the slots go to paths that nobody has answered on, and three quarters of that half to one account. Few are
    // passed over: at most one account has that much, and of the paths that were found to work since, few wait here.
    private mutating func nextUnproven() -> Int32? {
        for _ in 0..<4 {
            guard let lane = unproven.pop() else { return nil }
            if exhaustedShare(of: lanes[lane].account) == nil || paths[lanes[lane].path].isProven { return lane }
            unproven.push(ticket(lane))
        }
        return nil
    }

    // What was found dead gets half of that share.
    private mutating func nextDead() -> Int32? {
        let share = max(1, limits.inFlight / 2)
        let isWithin = deadInFlight < max(1, share / 2) && unprovenInFlight < share
        for _ in 0..<4 {
            guard let lane = dead.pop() else { return nil }
            if isWithin || paths[lanes[lane].path].isProven { return lane }
            dead.push(ticket(lane))
        }
        return nil
    }

    /// The share of paths that nobody has answered on, where it is used up: of all, or of the account.
    func exhaustedShare(of account: Int32) -> Int? {
        let share = max(1, limits.inFlight / 2)
        if unprovenInFlight >= share { return share }
        let own = max(1, share * 3 / 4)
        return accounts[Int(account)].unprovenInFlight >= own ? own : nil
    }

    /// Whether nobody was found on the path, or this delivery has had its brief try: it gets the full patience of RFC 5321
    /// 4.5.3.2 now, so it may hold a slot for minutes.
    func wasTriedInVain(_ place: Int32, by path: Int32) -> Bool {
        paths[path].concurrency.deaths > 0 || (entries[place].delivery?.attempts ?? 0) > 0
    }

    private mutating func start(_ place: Int32, _ lane: Int32, _ path: Int32, _ now: Timestamp) -> Assignment? {
        guard let delivery = entries[place].delivery else { return nil }
        release(lane)
        detach(place)
        entries[place].path = path
        entries[place].startedAt = now
        entries[place].isUnproven = !paths[path].isProven
        entries[place].isDead = !paths[path].isProven && wasTriedInVain(place, by: path)
        if entries[place].isDead { deadInFlight += 1 }
        count(lane, path, now)
        lanes[lane].stand = .idle
        let way = paths[path].way
        let limits = sites[ways[way].site].limits
        let assignment = Assignment(
            delivery: delivery, egress: addresses[Int(paths[path].address)].value.egress,
            site: sites[ways[way].site].name, mailsPerConnection: limits.mailsPerConnection?.value,
            rule: limits.mailsPerConnection?.rule, recipientsPerMessage: limits.recipientsPerMessage?.value,
            isFirstContact: entries[place].isUnproven && !entries[place].isDead)
        proceed(lane, way, now)
        return assignment
    }

    // The lane goes to the end of its line, where there is one.
    private mutating func proceed(_ lane: Int32, _ way: Int32, _ now: Timestamp) {
        rest(lane)
        activate(lane, now)
        prefetch(lane, now)
        pump(way, now)
    }

    private mutating func count(_ lane: Int32, _ path: Int32, _ now: Timestamp) {
        inFlight += 1
        lanes[lane].inFlight += 1
        let account = Int(lanes[lane].account)
        accounts[account].inFlight += 1
        if !paths[path].isProven {
            unprovenInFlight += 1
            accounts[account].unprovenInFlight += 1
        }
        ways[paths[path].way].inFlight += 1
        if paths[path].inFlight == 0, now.milliseconds - paths[path].usedAt > 600_000 {
            paths[path].concurrency.rest(initial: sites[ways[paths[path].way].site].limits.initialConnections)
        }
        paths[path].inFlight += 1
        paths[path].usedAt = now.milliseconds
        for index in paths[path].buckets.indices { paths[path].buckets[index].take(at: now) }
        paths[path].bucket?.value.take(at: now)
        depart(path, 1, now)
    }

    /// What a try that is under way has sent, where its address is warming up: to be kept with its settlement.
    package mutating func departure(of id: Int64, messages: Int, at now: Timestamp) -> Departure? {
        guard messages > 0, let place = places[id], entries[place].path >= 0 else { return nil }
        let path = paths[entries[place].path]
        let address = addresses[Int(path.address)].value
        guard address.warmingSince != nil else { return nil }
        return Departure(
            day: now.day, address: address.egress.address ?? "", site: sites[ways[path.way].site].name,
            messages: messages)
    }

    /// A try has ended, and the spool knows.
    /// - Parameter retryAt: when what is left of it is due; nil where nothing is.
    package mutating func finish(_ id: Int64, retryAt: Timestamp?, report: PathReport, at now: Timestamp) {
        finish(id, retryAt: retryAt, movedTo: nil, report: report, at: now)
    }

    /// A try has ended, and the spool knows.
    /// - Parameters:
    ///   - retryAt: when what is left of it is due; nil where nothing is.
    ///   - next: the lane that it is in from now on; nil for the one it was in.
    package mutating func finish(
        _ id: Int64, retryAt: Timestamp?, movedTo next: Lane?, report: PathReport, at now: Timestamp
    ) {
        leftWhileReading?.insert(id)
        guard let place = places[id], entries[place].path >= 0 else { return }
        let entry = entries[place]
        places[id] = nil
        entries.remove(place)
        let (lane, path, way) = (entry.lane, entry.path, paths[entry.path].way)
        discount(entry, way)
        // What did not arrive is given back to the day it was counted on, not to another.
        let more = report.sent - 1
        if more > 0 || (more < 0 && entry.startedAt.day == now.day) { depart(path, more, now) }
        if let retryAt, let next {
            let moved = self.place(of: next, now)
            leave(retryAt, in: moved)
            activate(moved, now)
        } else if let retryAt {
            leave(retryAt, in: lane)
        }
        learn(report, path, retryAt: retryAt, now)
        pump(way, now)
        activate(lane, now)
        prefetch(lane, now)
    }

    private mutating func discount(_ entry: Entry, _ way: Int32) {
        let account = Int(lanes[entry.lane].account)
        inFlight -= 1
        lanes[entry.lane].inFlight -= 1
        accounts[account].inFlight -= 1
        ways[way].inFlight -= 1
        paths[entry.path].inFlight -= 1
        if entry.isDead { deadInFlight -= 1 }
        if entry.isUnproven {
            unprovenInFlight -= 1
            accounts[account].unprovenInFlight -= 1
        }
    }

    // What an address sends while it warms up is counted when it starts, so that no limit is passed; what did not arrive
    // is given back.
    private mutating func depart(_ path: Int32, _ messages: Int, _ now: Timestamp) {
        let address = Int(paths[path].address)
        guard addresses[address].value.warmingSince != nil else { return }
        addresses[address].turnDay(now.day)
        let site = sites[ways[paths[path].way].site].name
        addresses[address].sent = max(0, addresses[address].sent + messages)
        addresses[address].sentBySite[site] = max(0, addresses[address].sentBySite[site, default: 0] + messages)
    }
}
