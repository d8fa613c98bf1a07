// SPDX-License-Identifier: Apache-2.0

import Mail

/// From a lane to a path with a free slot.
extension Schedule {
    /// Whether anything of the lane may start, as far as the lane itself goes.
    func hasWork(_ lane: Int32, _ now: Timestamp) -> Bool {
        lanes[lane].waiting > 0 || lanes[lane].nextDue <= now.milliseconds
    }

    /// Sends an idle lane with something due on its way.
    mutating func activate(_ lane: Int32, _ now: Timestamp) {
        guard lanes[lane].stand == .idle, hasWork(lane, now) else { return }
        lanes[lane].usedAt = now.milliseconds
        let destination = lanes[lane].destination
        resolve(destination, now)
        guard destinations[destination].site >= 0 else {
            lanes[lane].stand = .resolving
            destinations[destination].waiting.append(lane)
            return
        }
        park(lane, at: way(to: destinations[destination].site, by: lanes[lane].pool, now), now)
    }

    /// Nothing is due: the alarm will tell.
    mutating func rest(_ lane: Int32) {
        lanes[lane].stand = .idle
        lanes[lane].way = -1
        rerank(lane)
        arm(lane)
    }

    mutating func park(_ lane: Int32, at way: Int32, _ now: Timestamp) {
        lanes[lane].way = way
        if ways[way].turn.isEmpty, let path = openPath(of: way, now) {
            promise(lane, path)
        } else {
            lanes[lane].stand = .parked
            rerank(lane)
            ways[way].turn.push(ticket(lane))
        }
    }

    /// Gives the way's free slots to the lanes whose turn it is.
    mutating func pump(_ way: Int32, _ now: Timestamp) {
        while !ways[way].turn.isEmpty, let path = openPath(of: way, now), let lane = ways[way].turn.pop() {
            guard hasWork(lane, now) else {
                rest(lane)
                continue
            }
            let current = currentWay(of: lane, now)
            if current == way { promise(lane, path) } else { park(lane, at: current, now) }
        }
    }

    // A destination may have moved to another provider while the lane waited.
    private mutating func currentWay(of lane: Int32, _ now: Timestamp) -> Int32 {
        let destination = lanes[lane].destination
        resolve(destination, now)
        return way(to: destinations[destination].site, by: lanes[lane].pool, now)
    }

    private mutating func promise(_ lane: Int32, _ path: Int32) {
        lanes[lane].stand = .promised
        lanes[lane].path = path
        paths[path].reserved += 1
        addresses[Int(paths[path].address)].reserved += 1
        ways[paths[path].way].promised += 1
        rerank(lane)
        if lanes[lane].waiting > 0 { line(up: lane) } else { demand(lane) }
    }

    /// Into the turn of what may start.
    mutating func line(up lane: Int32) {
        guard !lanes[lane].isLinedUp else { return }
        lanes[lane].isLinedUp = true
        let path = lanes[lane].path
        if paths[path].isProven {
            proven.push(ticket(lane))
        } else if wasTriedInVain(lanes[lane].head, by: path) {
            dead.push(ticket(lane))
        } else {
            unproven.push(ticket(lane))
        }
    }

    mutating func release(_ lane: Int32) {
        let path = lanes[lane].path
        paths[path].reserved -= 1
        addresses[Int(paths[path].address)].reserved -= 1
        ways[paths[path].way].promised -= 1
        lanes[lane].path = -1
    }

    /// The lane's slot goes to whoever is next.
    mutating func giveBack(_ lane: Int32, _ now: Timestamp) {
        let way = lanes[lane].way
        release(lane)
        rest(lane)
        activate(lane, now)
        pump(way, now)
    }

    // MARK: - Paths

    /// A path with a free slot, if any: the addresses of the pool take turns. Where there is none, an alarm is set for the
    /// moment at which there may be.
    mutating func openPath(of way: Int32, _ now: Timestamp) -> Int32? {
        let count = ways[way].paths.count
        var until = Int64.max
        var place = ways[way].first
        for _ in 0..<count {
            if place >= count { place = 0 }
            let path = ways[way].paths[place]
            let opening = opening(of: path, now)
            place += 1
            if opening.room > 0 {
                ways[way].first = place
                return path
            }
            until = min(until, opening.until)
        }
        if until > now.milliseconds { wake(way, at: until) }
        return nil
    }

    private mutating func wake(_ way: Int32, at moment: Int64) {
        guard moment < ways[way].alarmAt else { return }
        ways[way].alarmAt = moment
        alarms.set(.way(way), at: moment)
    }

    func canStart(_ lane: Int32, _ now: Timestamp) -> Bool {
        if lanes[lane].stand == .promised { return true }
        let site = destinations[lanes[lane].destination].site
        guard site >= 0, let way = wayPlaces[Self.wayKey(site, lanes[lane].pool)], ways[way].turn.isEmpty else {
            return false
        }
        return ways[way].paths.contains { opening(of: $0, now).room > 0 }
    }

    /// How much may start by a path, and what keeps it from being more: the first of equal bounds.
    func opening(of path: Int32, _ now: Timestamp) -> Opening {
        let moment = now.milliseconds
        var opening = Opening()
        let site = ways[paths[path].way].site
        if let closure = sites[site].closure, closure.until > now {
            opening.limit(to: Opening.shut, by: .siteClosed, until: closure.until.milliseconds)
        }
        if let closure = paths[path].closure, closure.until > now {
            opening.limit(to: Opening.shut, by: .closed, until: closure.until.milliseconds)
        }
        if addresses[Int(paths[path].address)].value.isDraining { opening.limit(to: Opening.shut, by: .draining) }
        guard opening.room > 0 else { return opening }
        limitByConnections(path, site, now, &opening)
        let reserved = paths[path].reserved
        for index in paths[path].buckets.indices {
            limit(&opening, by: paths[path].buckets[index], .rate(index), reserved, now)
        }
        if let learned = paths[path].bucket, learned.until.milliseconds > moment {
            limit(&opening, by: learned.value, .learnedRate, reserved, now)
        }
        limitByWarmUp(path, site, now, &opening)
        return opening
    }

    private func limitByConnections(_ path: Int32, _ site: Int32, _ now: Timestamp, _ opening: inout Opening) {
        let used = paths[path].inFlight + paths[path].reserved
        opening.limit(to: sites[site].limits.connections.value - used, by: .connections)
        if let learned = paths[path].connections, learned.until > now {
            opening.limit(to: learned.value - used, by: .learnedConnections, until: learned.until.milliseconds)
        }
        opening.limit(to: paths[path].concurrency.window - used, by: .slowStart)
        // While some are under way that nobody has answered, a path that nothing is known of is tried by one alone: so a few
        // mute sites do not use up what an account may have of these.
        if !paths[path].isProven, unprovenInFlight > max(4, limits.inFlight / 16) {
            opening.limit(to: 1 - used, by: .slowStart)
        }
    }

    private func limit(
        _ opening: inout Opening, by bucket: Bucket, _ bound: Opening.Bound, _ reserved: Int, _ now: Timestamp
    ) {
        let count = bucket.tokens(at: now) - reserved
        guard count < opening.room else { return }
        opening.limit(to: count, by: bound, until: bucket.opensAt.milliseconds)
    }

    private func limitByWarmUp(_ path: Int32, _ site: Int32, _ now: Timestamp, _ opening: inout Opening) {
        let address = addresses[Int(paths[path].address)]
        guard let since = address.value.warmingSince, let warmth = Warmth(since: since, at: now) else { return }
        let midnight = now.nextDay.milliseconds
        let isToday = address.day == now.day
        if let plan = rules.plan(named: ProviderRules.addressPlan) {
            let sent = (isToday ? address.sent : 0) + address.reserved
            opening.limit(to: plan.limit(on: warmth.day) - sent, by: .addressWarmUp, until: midnight)
        }
        if let plan = rules.plan(named: sites[site].limits.warmUp.value) {
            let sent = (isToday ? address.sentBySite[sites[site].name] ?? 0 : 0) + paths[path].reserved
            opening.limit(to: plan.limit(on: warmth.day) - sent, by: .siteWarmUp, until: midnight)
        }
    }
}
