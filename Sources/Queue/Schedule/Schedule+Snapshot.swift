// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A path as it stands: its limits, which rule set each, and until when.
package struct PathSnapshot: Hashable, Sendable {
    package struct Limit: Hashable, Sendable {
        /// `5 connections`, `100/s`, `warm-up 500 a day`, `blocked`.
        package let text: String
        package let rule: String
        package let until: Timestamp?
        /// The reply that taught it; empty for one that is configured.
        package let reply: String
    }

    package let address: String?
    package let pool: PoolID?
    package let site: String
    package let inFlight: Int
    /// Connections that feedback allows.
    package let window: Int
    package let isDraining: Bool
    /// The day of its warm-up, 1 to 45, and what it sent to this site today.
    package let warmth: Warmth?
    package let sentToday: Int
    /// Lanes that wait for the way that this path belongs to.
    package let waitingLanes: Int
    package let limits: [Limit]
}

/// An address of a pool as it stands.
package struct AddressSnapshot: Hashable, Sendable {
    package let value: SendingAddress
    package let warmth: Warmth?
    package let sentToday: Int
    /// What its plan allows today; nil for a warm one.
    package let allowedToday: Int?
}

/// The queue in numbers.
package struct ScheduleCounts: Hashable, Sendable {
    package let window: Int
    package let inFlight: Int
    package let lanes: Int
    package let sites: Int
    package let paths: Int
    package let unread: Int
    package let forgotten: Int
}

extension Schedule {
    package var counts: ScheduleCounts {
        var unread = 0
        for lane in 0..<lanes.end where !lanes[lane].isVacant { unread += Int(lanes[lane].unread) }
        return ScheduleCounts(
            window: entries.count, inFlight: inFlight, lanes: lanes.count, sites: sites.count, paths: paths.count,
            unread: unread, forgotten: forgotten)
    }

    /// The sites that destinations are known to belong to.
    package func site(of destination: String) -> String? {
        guard let place = destinationPlaces[destination], destinations[place].site >= 0 else { return nil }
        return sites[destinations[place].site].name
    }

    /// Destinations known to belong to a site.
    package func destinations(of site: String) -> [String] {
        guard let place = sitePlaces[site] else { return [] }
        var names: [String] = []
        for destination in 0..<destinations.end where destinations[destination].site == place {
            names.append(destinations[destination].name)
        }
        return names
    }

    /// The addresses in use; one that was taken away is none of them, though a path may still end what it began.
    package func addressSnapshots(at now: Timestamp) -> [AddressSnapshot] {
        pools.flatMap(\.addresses).sorted().map { place in
            let state = addresses[Int(place)]
            let warmth = state.value.warmingSince.flatMap { Warmth(since: $0, at: now) }
            return AddressSnapshot(
                value: state.value, warmth: warmth, sentToday: state.day == now.day ? state.sent : 0,
                allowedToday: warmth.flatMap { warmth in
                    rules.plan(named: ProviderRules.addressPlan)?.limit(on: warmth.day)
                })
        }
    }

    /// Every path that is known, or those of one site or address.
    package func pathSnapshots(site: String? = nil, address: String? = nil, at now: Timestamp) -> [PathSnapshot] {
        var all: [PathSnapshot] = []
        for path in 0..<paths.end where !paths[path].isVacant {
            let snapshot = snapshot(path, now)
            if site.map({ $0 != snapshot.site }) ?? false { continue }
            if address.map({ $0 != snapshot.address }) ?? false { continue }
            all.append(snapshot)
        }
        return all.sorted { ($0.site, $0.address ?? "") < ($1.site, $1.address ?? "") }
    }

    private func snapshot(_ path: Int32, _ now: Timestamp) -> PathSnapshot {
        let (state, way) = (paths[path], ways[paths[path].way])
        let (site, address) = (sites[way.site], addresses[Int(state.address)])
        let warmth = address.value.warmingSince.flatMap { Warmth(since: $0, at: now) }
        return PathSnapshot(
            address: address.value.egress.address, pool: address.value.egress.pool, site: site.name,
            inFlight: state.inFlight, window: state.concurrency.window, isDraining: address.value.isDraining,
            warmth: warmth, sentToday: address.day == now.day ? address.sentBySite[site.name] ?? 0 : 0,
            waitingLanes: way.turn.count,
            limits: configured(site, warmth) + learned(state, site, now))
    }

    private func configured(_ site: SiteState, _ warmth: Warmth?) -> [PathSnapshot.Limit] {
        func limit(_ text: String, _ rule: String) -> PathSnapshot.Limit {
            PathSnapshot.Limit(text: text, rule: rule, until: nil, reply: "")
        }
        let limits = site.limits
        var all = [limit(limits.connections.value.of("connection", "connections"), limits.connections.rule)]
        all += limits.rates.map { limit("\($0.value)", $0.rule) }
        if let mails = limits.mailsPerConnection {
            all.append(limit(mails.value.of("mail", "mails") + " a connection", mails.rule))
        }
        if let count = limits.recipientsPerMessage {
            all.append(limit(count.value.of("recipient", "recipients") + " a message", count.rule))
        }
        if let warmth, let plan = rules.plan(named: limits.warmUp.value) {
            all.append(limit("warm-up \(plan.limit(on: warmth.day)) a day", limits.warmUp.rule))
        }
        return all
    }

    private func learned(_ path: PathState, _ site: SiteState, _ now: Timestamp) -> [PathSnapshot.Limit] {
        var all: [PathSnapshot.Limit] = []
        for closure in [site.closure, path.closure].compactMap(\.self) where closure.until > now {
            all.append(
                .init(text: closure.kind.rawValue, rule: closure.rule, until: closure.until, reply: closure.reply))
        }
        if let learned = path.connections, learned.until > now {
            all.append(
                .init(
                    text: learned.value.of("connection", "connections"), rule: learned.rule, until: learned.until,
                    reply: learned.reply))
        }
        if let learned = path.bucket, learned.until > now {
            all.append(
                .init(
                    text: "\(learned.value.rate)", rule: learned.rule, until: learned.until, reply: learned.reply))
        }
        return all
    }
}
