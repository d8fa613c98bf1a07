// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Which provider a destination belongs to, and the ways to it.
extension Schedule {
    /// Destinations whose site is to be found; each is to be answered by `resolved`.
    package mutating func questions(atMost count: Int, at now: Timestamp) -> [String] {
        var names: [String] = []
        while names.count < count, !questions.isEmpty {
            if ways.count >= limits.ways { makeWay(now) }
            guard ways.count < limits.ways, let destination = questions.pop() else { break }
            let name = destinations[destination].name
            if !name.isEmpty { names.append(name) }
        }
        return names
    }

    /// The destination belongs to this site, for so many seconds.
    package mutating func resolved(_ name: String, site: String, lifetime: Double, at now: Timestamp) {
        guard let destination = destinationPlaces[name] else { return }
        destinations[destination].isAsked = false
        destinations[destination].expiresAt = (now + min(max(lifetime, 60), 86_400)).milliseconds
        let place = place(ofSite: site, now)
        let before = destinations[destination].site
        if before != place {
            destinations[destination].site = place
            sites[place].destinations += 1
            if before >= 0 { sites[before].destinations -= 1 }
        }
        let waiting = destinations[destination].waiting
        destinations[destination].waiting = []
        for lane in waiting where lanes[lane].stand == .resolving {
            rest(lane)
            activate(lane, now)
        }
    }

    /// Asks for a destination's site where it is not known, or no longer believed. What was known is used meanwhile.
    mutating func resolve(_ destination: Int32, _ now: Timestamp) {
        let state = destinations[destination]
        guard state.expiresAt <= now.milliseconds, !state.isAsked else { return }
        destinations[destination].isAsked = true
        if state.name == Lane.relay || state.name == Lane.capture {
            resolved(state.name, site: state.name, lifetime: 86_400, at: now)
        } else {
            questions.push(destination)
        }
    }

    // MARK: - Ways

    static func wayKey(_ site: Int32, _ pool: Int32) -> Int64 { Int64(site) << 32 | Int64(pool) }

    mutating func way(to site: Int32, by pool: Int32, _ now: Timestamp) -> Int32 {
        let key = Self.wayKey(site, pool)
        if let way = wayPlaces[key] {
            ways[way].usedAt = now.milliseconds
            return way
        }
        let way = ways.insert(WayState(site: site, pool: pool))
        wayPlaces[key] = way
        sites[site].ways.append(way)
        ways[way].usedAt = now.milliseconds
        for address in pools[Int(pool)].addresses { addPath(from: address, to: way, now) }
        return way
    }

    mutating func addPath(from address: Int32, to way: Int32, _ now: Timestamp) {
        let site = ways[way].site
        let limits = sites[site].limits
        var path = PathState(
            address: address, way: way, initial: min(limits.initialConnections, limits.connections.value),
            rates: limits.rates.map(\.value))
        // What stays on this machine needs no slow start.
        if sites[site].name == Lane.capture { path.concurrency = Concurrency(initial: limits.connections.value) }
        path.usedAt = now.milliseconds
        path.isProven = sites[site].ways.contains { ways[$0].paths.contains { paths[$0].isProven } }
        let place = paths.insert(path)
        ways[way].paths.append(place)
        recall(place, now)
    }

    mutating func place(ofSite name: String, _ now: Timestamp) -> Int32 {
        let name = name.isEmpty ? "?" : name
        if let place = sitePlaces[name] { return place }
        let place = sites.insert(SiteState(name: name, limits: PathLimits(rules.provider(named: name), limits)))
        sitePlaces[name] = place
        recall(site: place, now)
        return place
    }

    // MARK: - Changes from outside

    /// These are the addresses now. What is under way goes on; a path whose address is gone takes nothing new.
    package mutating func setAddresses(_ new: [SendingAddress], at now: Timestamp) {
        var old: [Egress: AddressState] = [:]
        for address in addresses { old[address.value.egress] = address }
        // Places of addresses are never given again while a path may point to them.
        for index in addresses.indices where !new.contains(where: { $0.egress == addresses[index].value.egress }) {
            addresses[index].value.isDraining = true
        }
        for pool in pools.indices { pools[pool].addresses = [] }
        for address in new {
            let place: Int
            if let known = addresses.firstIndex(where: { $0.value.egress == address.egress }) {
                place = known
                addresses[known].value = address
            } else {
                place = addresses.count
                addresses.append(AddressState(value: address))
                restore(address: place)
            }
            pools[Int(self.place(of: address.egress.pool))].addresses.append(Int32(place))
        }
        for way in 0..<ways.end where !ways[way].isVacant {
            for address in pools[Int(ways[way].pool)].addresses
            where !ways[way].paths.contains(where: { paths[$0].address == address }) {
                addPath(from: address, to: way, now)
            }
            pump(way, now)
        }
    }

    /// These are the rules now. What was learned stays for its time.
    package mutating func setRules(_ new: ProviderRules, at now: Timestamp) {
        rules = new
        for destination in 0..<destinations.end { destinations[destination].expiresAt = .min }
        for site in 0..<sites.end where !sites[site].isVacant {
            sites[site].limits = PathLimits(new.provider(named: sites[site].name), limits)
        }
        for way in 0..<ways.end where !ways[way].isVacant {
            let limits = sites[ways[way].site].limits
            let rates = limits.rates.map(\.value)
            for path in ways[way].paths {
                paths[path].concurrency.widen(to: min(limits.initialConnections, limits.connections.value))
                let old = paths[path].buckets
                paths[path].buckets = rates.enumerated().map { index, rate in
                    index < old.count ? old[index].changed(to: rate, at: now) : Bucket(rate)
                }
            }
            pump(way, now)
        }
    }
}
