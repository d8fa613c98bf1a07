// SPDX-License-Identifier: Apache-2.0

package import Mail
import Queue
import Synchronization

/// The ways to domains that were asked for lately, each for as long as the DNS allows, and the sites behind them.
///
/// Limits: 50,000 domains, of which the one known longest goes for a new one; 30 seconds to an hour; 30 seconds for what
/// leads nowhere. Those who ask for a domain that is being looked up wait for the same answer.
package final class MXDirectory: SiteFinder {
    package static let capacity = 50_000

    /// The provider that a domain, or hosts with these names, belong to by rules; nil where no rule knows it.
    package typealias Provider = @Sendable (_ domain: String, _ hosts: [String]) -> String?

    private struct Entry {
        let exchangers: Exchangers
        let site: String
        let until: Timestamp
    }

    private struct State {
        var entries: [String: Entry] = [:]
        /// What is known, in a ring; `oldest` goes next.
        var ring: [String] = []
        var oldest = 0
        var lookups: [String: Task<Exchangers, Never>] = [:]
    }

    private let router: Router
    private let now: Now
    private let capacity: Int
    private let provider: Provider
    private let state = Mutex(State())

    package init(
        router: Router, now: @escaping Now, capacity: Int = MXDirectory.capacity, provider: @escaping Provider
    ) {
        self.router = router
        self.now = now
        self.capacity = max(capacity, 1)
        self.provider = provider
    }

    package func exchangers(of domain: Domain) async -> Exchangers {
        await find(domain.description) { await $0.exchangers(of: domain) }.exchangers
    }

    /// A fixed next hop.
    package func relay(_ host: String) async -> Exchangers {
        await find("relay:\(host)") { await $0.relay(host) }.exchangers
    }

    /// - Returns: the provider's name, else the exchangers of best preference rolled up, else the domain.
    package func site(of domain: String) async -> (site: String, lifetime: Double) {
        guard let name = try? Domain(parsing: domain) else { return (domain, Router.lifetimes.upperBound) }
        let entry = await find(domain) { await $0.exchangers(of: name) }
        return (entry.site, max(entry.until - now(), 1))
    }

    /// Forgets the sites' names, for rules that changed; the next question asks the DNS again.
    package func forget() {
        state.withLock {
            $0.entries = [:]
            $0.ring = []
            $0.oldest = 0
        }
    }

    private func find(_ key: String, _ ask: @escaping @Sendable (Router) async -> Exchangers) async -> Entry {
        let moment = now()
        let task: Task<Exchangers, Never>
        switch state.withLock({ Self.look(key, at: moment, &$0, router, ask) }) {
        case .known(let entry): return entry
        case .asking(let lookup): task = lookup
        }
        let exchangers = await task.value
        return keep(key, exchangers)
    }

    private enum Found {
        case known(Entry)
        case asking(Task<Exchangers, Never>)
    }

    private static func look(
        _ key: String, at moment: Timestamp, _ state: inout State, _ router: Router,
        _ ask: @escaping @Sendable (Router) async -> Exchangers
    ) -> Found {
        if let entry = state.entries[key], moment < entry.until { return .known(entry) }
        if let lookup = state.lookups[key] { return .asking(lookup) }
        let lookup = Task { await ask(router) }
        state.lookups[key] = lookup
        return .asking(lookup)
    }

    private func keep(_ key: String, _ exchangers: Exchangers) -> Entry {
        let site = exchangers.failure == nil ? site(key, exchangers) : nil
        let entry = Entry(exchangers: exchangers, site: site ?? key, until: now() + exchangers.lifetime)
        state.withLock { state in
            // Only the first that comes back writes it down.
            guard state.lookups.removeValue(forKey: key) != nil else { return }
            if state.entries.updateValue(entry, forKey: key) == nil { Self.enter(key, &state, capacity) }
        }
        return entry
    }

    private func site(_ domain: String, _ exchangers: Exchangers) -> String? {
        let best = exchangers.best
        return provider(domain, best) ?? Exchangers.rollUp(best)
    }

    private static func enter(_ key: String, _ state: inout State, _ capacity: Int) {
        guard state.ring.count == capacity else { return state.ring.append(key) }
        state.entries[state.ring[state.oldest]] = nil
        state.ring[state.oldest] = key
        state.oldest = (state.oldest + 1) % capacity
    }
}
