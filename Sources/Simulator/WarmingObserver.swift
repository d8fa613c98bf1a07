// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// The observer's counts of what addresses send while they warm up, and what they were allowed: by day of UTC, in all and
/// by site.
struct WarmingObserver {
    private struct Key: Hashable {
        let address: Int
        let site: Int
        let day: Int
    }

    /// By address; nil for a warm one.
    private let since: [Timestamp?]
    private let addressPlan: WarmUpPlan?
    /// By site.
    private let sitePlans: [WarmUpPlan?]
    /// A site of -1 stands for all.
    private var sent: [Key: Int] = [:]

    init(_ world: World, _ rules: ProviderRules) {
        since = world.addresses.map(\.warmingSince)
        addressPlan = rules.plan(named: ProviderRules.addressPlan)
        sitePlans = world.sites.map { site in
            let own = rules.provider(named: site.name)?.warmUp?.value
            return rules.plan(named: own ?? ProviderRules.sitePlan)
        }
    }

    /// - Returns: what was wrong with it, if anything.
    mutating func start(_ address: Int, _ site: Int, at now: Timestamp) -> String? {
        guard let start = since[address], let warmth = Warmth(since: start, at: now) else { return nil }
        let today = now.day
        let inAll = add(1, Key(address: address, site: -1, day: today))
        let there = add(1, Key(address: address, site: site, day: today))
        if let limit = addressPlan?.limit(on: warmth.day), inAll > limit {
            return "\(inAll) from address \(address) on day \(warmth.day), \(limit) allowed"
        }
        if let limit = sitePlans[site]?.limit(on: warmth.day), there > limit {
            return "\(there) from address \(address) to site \(site) on day \(warmth.day), \(limit) allowed"
        }
        return nil
    }

    /// What did not arrive was not sent.
    mutating func giveBack(_ address: Int, _ site: Int, day: Int) {
        guard since[address] != nil else { return }
        for key in [Key(address: address, site: -1, day: day), Key(address: address, site: site, day: day)]
        where sent[key] != nil { _ = add(-1, key) }
    }

    private mutating func add(_ count: Int, _ key: Key) -> Int {
        sent[key, default: 0] += count
        return sent[key, default: 0]
    }
}
