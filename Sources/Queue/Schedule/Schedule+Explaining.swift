// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Says why something waits.
extension Schedule {
    /// Why a delivery in the window waits; nil where it is not in the window.
    package func explain(_ id: Int64, at now: Timestamp) -> WaitReason? {
        guard let place = places[id] else { return nil }
        let entry = entries[place]
        if entry.path >= 0 { return WaitReason(.inFlight(words(of: entry.path, now), since: entry.startedAt)) }
        return explain(lane: entry.lane, ahead: ahead(of: id) ?? 0, now)
    }

    /// How many of its lane are before a delivery that waits in the window.
    package func ahead(of id: Int64) -> Int? {
        guard let place = places[id], entries[place].path < 0 else { return nil }
        var ahead = 0
        var before = entries[place].previous
        while before >= 0 {
            ahead += 1
            before = entries[before].previous
        }
        return ahead
    }

    /// Why nothing more of a lane starts, for what waits in the spool alone.
    /// - Parameter ahead: how many are before it.
    package func explain(_ lane: Lane, ahead: Int, dueAt: Timestamp, at now: Timestamp) -> WaitReason {
        guard let place = known(lane) else {
            if let general = general() { return general }
            // One of more lanes than are known at one time waits for a place among them.
            let isCrowded = !hasRoom(for: lane)
            return WaitReason(isCrowded ? .beyondWindow(position: ahead + 1, of: ahead + 1) : .forgotten)
        }
        let state = lanes[place]
        guard state.stand != .idle || state.isReading || state.nextDue <= dueAt.milliseconds else {
            return general() ?? WaitReason(.forgotten)
        }
        let reason = explain(lane: place, ahead: ahead, now)
        guard case .turn = reason.cause else { return reason }
        return WaitReason(.beyondWindow(position: ahead + 1, of: max(ahead + 1, Int(state.unread + state.waiting))))
    }

    func known(_ lane: Lane) -> Int32? {
        guard let account = accountPlaces[lane.account], let pool = poolPlaces[lane.pool],
            let destination = destinationPlaces[lane.destination], let identity = identities.place(of: lane.identity)
        else { return nil }
        return lanePlaces[
            LaneKey(
                account: account, pool: pool, destination: destination, identity: identity, isBulky: lane.isBulky)]
    }

    private func general() -> WaitReason? {
        if isDraining { return WaitReason(.nodeDraining) }
        return isOnHold ? WaitReason(.queueOnHold, rule: "delivery.hold") : nil
    }

    private func explain(lane: Int32, ahead: Int, _ now: Timestamp) -> WaitReason {
        if let general = general() { return general }
        let state = lanes[lane]
        if state.stand == .resolving {
            return WaitReason(.resolving(domain: destinations[state.destination].name))
        }
        if state.stand == .parked, let reason = explain(way: state.way, now) { return reason }
        if inFlight >= limits.inFlight {
            return WaitReason(.busy(limit: limits.inFlight), rule: "delivery.concurrency")
        }
        if state.stand == .promised, !paths[state.path].isProven, let share = exhaustedShare(of: state.account) {
            return WaitReason(.unanswered(limit: share), rule: "delivery.concurrency")
        }
        return WaitReason(.turn(ahead: ahead, account: accounts[Int(state.account)].id))
    }

    /// What keeps a way shut; nil where it is open. Of several paths, the one that is said to open first.
    private func explain(way: Int32, _ now: Timestamp) -> WaitReason? {
        var best: (reason: WaitReason, until: Int64)?
        for path in ways[way].paths {
            let opening = opening(of: path, now)
            guard opening.room <= 0 else { return nil }
            if case .draining = opening.bound { continue }
            if best.map({ opening.until < $0.until }) ?? true { best = (explain(path, opening, now), opening.until) }
        }
        return best?.reason ?? WaitReason(.noAddress(pools[Int(ways[way].pool)].id))
    }

    private func explain(_ path: Int32, _ opening: Opening, _ now: Timestamp) -> WaitReason {
        let way = words(of: path, now)
        let state = paths[path]
        let site = sites[ways[state.way].site]
        let until = opening.until < .max ? Timestamp(milliseconds: opening.until) : nil
        switch opening.bound {
        case .siteClosed:
            guard let closure = site.closure else { break }
            return WaitReason(.siteClosed(site: site.name, closure), until: until, rule: closure.rule)
        case .closed:
            guard let closure = state.closure else { break }
            return WaitReason(.pathClosed(way, closure), until: until, rule: closure.rule)
        case .connections:
            return WaitReason(
                .connections(way, limit: site.limits.connections.value), rule: site.limits.connections.rule)
        case .slowStart:
            return WaitReason(.connections(way, limit: state.concurrency.window), rule: "slow-start")
        case .learnedConnections:
            guard let learned = state.connections else { break }
            return WaitReason(.connections(way, limit: learned.value), until: learned.until, rule: learned.rule)
        case .rate(let index):
            guard index < site.limits.rates.count else { break }
            let rate = site.limits.rates[index]
            return WaitReason(.rate(way, limit: rate.value), until: until, rule: rate.rule)
        case .learnedRate:
            guard let learned = state.bucket else { break }
            return WaitReason(.rate(way, limit: learned.value.rate), until: until, rule: learned.rule)
        case .addressWarmUp, .siteWarmUp: return explainWarmUp(way, site, opening, until)
        case .nothing, .draining: break
        }
        return WaitReason(.noAddress(pools[Int(ways[state.way].pool)].id))
    }

    private func explainWarmUp(
        _ way: WaitReason.Way, _ site: SiteState, _ opening: Opening, _ until: Timestamp?
    ) -> WaitReason {
        var (plan, rule) = (site.limits.warmUp.value, site.limits.warmUp.rule)
        if case .addressWarmUp = opening.bound { (plan, rule) = (ProviderRules.addressPlan, "address-warm-up") }
        let limit = rules.plan(named: plan)?.limit(on: way.warmth?.day ?? 1) ?? 0
        return WaitReason(.warmUp(way, limit: limit), until: until, rule: rule)
    }

    private func words(of path: Int32, _ now: Timestamp) -> WaitReason.Way {
        let address = addresses[Int(paths[path].address)].value
        return WaitReason.Way(
            site: sites[ways[paths[path].way].site].name, address: address.egress.address,
            warmth: address.warmingSince.flatMap { Warmth(since: $0, at: now) })
    }
}
