// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail
package import Measures

/// Reads the journal and counts what it tells by the minute.
///
/// Counts and position are stored in one transaction, so nothing is counted twice or left out. A page of facts becomes a few
/// rows: what a message costs here does not grow with how many are sent.
package actor MetricsReader {
    package static let name = "metrics"
    static let page = 1_000
    /// Messages whose dimensions are remembered; those of others are looked up.
    static let remembered = 20_000
    /// Seconds that an account's verified domains are believed.
    static let domainsLifetime = 300.0

    package struct Sources: Sendable {
        let history: @Sendable (MessageID) async throws -> [Fact]
        let ownDomains: @Sendable (AccountID) async throws -> Set<String>
        let now: Now

        /// - Parameters:
        ///   - history: everything about one message.
        ///   - ownDomains: an account's verified domains, in lower case.
        package init(
            history: @escaping @Sendable (MessageID) async throws -> [Fact],
            ownDomains: @escaping @Sendable (AccountID) async throws -> Set<String>, now: @escaping Now
        ) {
            self.history = history
            self.ownDomains = ownDomains
            self.now = now
        }
    }

    private let facts: any FactStream
    private let store: any MetricStore
    private let sources: Sources
    private var senders: SenderDimensions
    /// Samples of series that an account had no room for, by account.
    package nonisolated let dropped = Tally(["account"])
    private var recent = RecentDimensions(capacity: remembered)
    private var domains: [AccountID: (names: Set<String>, readAt: Timestamp)] = [:]

    /// - Parameter tags: names of message tags that are dimensions.
    package init(
        facts: any FactStream, store: any MetricStore, sources: Sources, tags: Set<String> = []
    ) {
        self.facts = facts
        self.store = store
        self.sources = sources
        senders = SenderDimensions(tags: tags)
    }

    /// Reads on from where it stands.
    /// - Returns: whether there may be more.
    package func read() async throws -> Bool {
        let reader = "\(Self.name):\(facts.name)"
        let position = try await store.position(of: reader)
        let page = try await facts.facts(of: MinuteCounter.kinds, after: position, limit: Self.page)
        guard page.last > position else { return false }
        var counter = MinuteCounter(ownDomains: try await ownDomains(of: Set(page.facts.map(\.fact.account))))
        for recorded in page.facts {
            let fact = recorded.fact
            counter.count(fact, of: try await dimensions(of: fact))
        }
        let left = try await store.add(
            counter.samples, moving: MetricCursor(reader: reader, position: page.last))
        for sample in left { dropped.add(1, sample.account.description) }
        return page.isFull
    }

    private func dimensions(of fact: Fact) async throws -> MessageDimensions? {
        guard let message = fact.message else { return nil }
        if case .accepted(let accepted) = fact.event {
            let dimensions = senders.dimensions(of: accepted)
            recent[message] = dimensions
            return dimensions
        }
        if let known = recent[message] { return known }
        for case .accepted(let accepted) in try await sources.history(message).map(\.event) {
            let dimensions = senders.dimensions(of: accepted)
            recent[message] = dimensions
            return dimensions
        }
        return nil
    }

    private func ownDomains(of accounts: Set<AccountID>) async throws -> [AccountID: Set<String>] {
        let now = sources.now()
        for account in accounts {
            if let known = domains[account], (0..<Self.domainsLifetime).contains(now - known.readAt) { continue }
            domains[account] = (try await sources.ownDomains(account), now)
        }
        return domains.mapValues(\.names)
    }
}
