// SPDX-License-Identifier: Apache-2.0

import Mail

/// What nobody needs any more is forgotten, a little at a time.
extension Schedule {
    private static let laneRest: Int64 = 60_000
    private static let wayRest: Int64 = 600_000

    /// Looks at a few lanes and ways. More ways than the limit are forgotten though lanes wait for them: those sleep in the
    /// spool until the way would have been open.
    mutating func reap(_ now: Timestamp) {
        for _ in 0..<2 where lanes.end > 0 {
            laneHand = laneHand + 1 < lanes.end ? laneHand + 1 : 0
            reap(lane: laneHand, now)
        }
        for _ in 0..<2 where ways.end > 0 {
            wayHand = wayHand + 1 < ways.end ? wayHand + 1 : 0
            reap(way: wayHand, isCrowded: ways.count > limits.ways, now)
        }
    }

    /// Forgets an idle way, if there is one nearby, so that another may be known.
    mutating func makeWay(_ now: Timestamp) {
        for _ in 0..<64 where ways.end > 0 && ways.count >= limits.ways {
            wayHand = wayHand + 1 < ways.end ? wayHand + 1 : 0
            reap(way: wayHand, isCrowded: true, now)
        }
    }

    private mutating func reap(lane: Int32, _ now: Timestamp) {
        let state = lanes[lane]
        guard !state.isVacant, state.stand == .idle, state.waiting == 0, state.inFlight == 0, state.nextDue == .max,
            !state.isDemanded, !state.isPrefetched, !state.isReading, now.milliseconds - state.usedAt > Self.laneRest
        else { return }
        lanePlaces[
            LaneKey(
                account: state.account, pool: state.pool, destination: state.destination, identity: state.identity,
                isBulky: state.isBulky)] = nil
        identities.release(state.identity)
        lanes.remove(lane)
        destinations[state.destination].lanes -= 1
        if destinations[state.destination].lanes == 0 { remove(destination: state.destination, now) }
    }

    private mutating func remove(destination: Int32, _ now: Timestamp) {
        let state = destinations[destination]
        destinationPlaces[state.name] = nil
        destinations.remove(destination)
        if state.site >= 0 {
            sites[state.site].destinations -= 1
            reap(site: state.site, now)
        }
    }

    private mutating func reap(way: Int32, isCrowded: Bool, _ now: Timestamp) {
        let state = ways[way]
        guard !state.isVacant, state.promised == 0, state.inFlight == 0 else { return }
        if isCrowded {
            empty(way, now)
        } else {
            guard state.turn.isEmpty, now.milliseconds - state.usedAt > Self.wayRest,
                !state.paths.contains(where: { paths[$0].isMarked(at: now) })
            else { return }
        }
        for path in state.paths { paths.remove(path) }
        wayPlaces[Self.wayKey(state.site, state.pool)] = nil
        ways.remove(way)
        sites[state.site].ways.removeAll { $0 == way }
        reap(site: state.site, now)
    }

    // Its lanes sleep until it would have been open, a minute at least.
    private mutating func empty(_ way: Int32, _ now: Timestamp) {
        let closures = ways[way].paths.compactMap { paths[$0].closure?.until }
        let until = max(closures.min() ?? now, now + 60).milliseconds
        while let lane = ways[way].turn.pop() {
            while lanes[lane].tail >= 0 {
                unlink(lanes[lane].tail)
                lanes[lane].unread += 1
            }
            lanes[lane].stand = .idle
            lanes[lane].way = -1
            lanes[lane].nextDue = until
            rerank(lane)
            arm(lane)
        }
    }

    private mutating func reap(site: Int32, _ now: Timestamp) {
        let state = sites[site]
        guard !state.isVacant, state.ways.isEmpty, state.destinations == 0, (state.closure?.until ?? now) <= now else {
            return
        }
        sitePlaces[state.name] = nil
        sites.remove(site)
    }
}
