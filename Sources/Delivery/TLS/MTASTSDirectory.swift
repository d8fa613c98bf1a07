// SPDX-License-Identifier: Apache-2.0

package import Authentication
package import DNS
package import Mail
import Reports

/// What is known of a domain's MTA-STS.
package enum MTASTSFinding: Hashable, Sendable {
    case none
    case policy(MTASTSPolicy)
    /// The domain says it has a policy and it could not be had: as none, but reported (RFC 8461 §3.3).
    case failed(TLSFailure)
    /// What is kept of the domain could not be read, and nothing newer was had: a policy may hold that nobody here knows.
    case unreadable
}

/// The MTA-STS policies of recipient domains: asked of the DNS, fetched once an edition, kept as long as they live.
///
/// - A policy that lives holds, whatever becomes of its TXT record or its web server: who can cut those off must not be
///   able to turn it off (RFC 8461 §5.1, §10.2). It ends by its age, or by a policy with `mode: none`.
/// - It is fetched anew when the TXT record names another edition, and once a day.
/// - A fetch that failed is tried again after five minutes at the earliest (§3.3).
///
/// Limits: 10,000 domains in memory, a window on the store; the domain known longest goes for a new one. The DNS is asked
/// once a minute a domain. Those who ask for a domain that is being looked up wait for the same answer.
package actor MTASTSDirectory {
    package static let capacity = 10_000
    /// Seconds.
    static let checkInterval = 60.0
    static let fetchInterval = 300.0
    static let refreshInterval = 86_400.0
    static let silence = 60.0

    private struct Entry {
        var cached: MTASTSCachedPolicy?
        var failure: TLSFailure?
        var failedAt: Timestamp?
        var checkedAt: Timestamp
    }

    private let dns: any DNSLookup
    private let fetcher: any PolicyFetching
    private let store: any MTASTSStore
    private let now: Now
    private let report: @Sendable (String) -> Void
    private let capacity: Int
    private var entries: [Domain: Entry] = [:]
    private var ring: [Domain] = []
    private var oldest = 0
    private var quietUntil = Timestamp(milliseconds: 0)
    private var unread = 0
    private var lookups: [Domain: Task<Entry?, Never>] = [:]

    /// - Parameter report: hears of a store that does not do its part.
    package init(
        dns: any DNSLookup, fetcher: any PolicyFetching, store: any MTASTSStore, now: @escaping Now,
        capacity: Int = MTASTSDirectory.capacity, report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.dns = dns
        self.fetcher = fetcher
        self.store = store
        self.now = now
        self.report = report
        self.capacity = max(capacity, 1)
    }

    package func finding(for domain: Domain) async -> MTASTSFinding {
        let moment = now()
        if let entry = entries[domain], moment - entry.checkedAt < Self.checkInterval {
            return Self.finding(entry, at: moment)
        }
        if let lookup = lookups[domain] { return Self.finding(await lookup.value, at: now()) }
        let before = entries[domain]
        // Not the asker's own task: others wait for it too, and he may give up.
        let lookup = Task { await self.look(domain, before) }
        lookups[domain] = lookup
        let entry = await lookup.value
        lookups[domain] = nil
        if let entry { enter(domain, entry) }
        return Self.finding(entry, at: now())
    }

    private static func finding(_ entry: Entry?, at moment: Timestamp) -> MTASTSFinding {
        guard let entry else { return .unreadable }
        if let cached = entry.cached, cached.isAlive(at: moment) {
            return cached.policy.mode == .none ? .none : .policy(cached.policy)
        }
        return entry.failure.map { .failed($0) } ?? .none
    }

    private func enter(_ domain: Domain, _ entry: Entry) {
        guard entries.updateValue(entry, forKey: domain) == nil else { return }
        guard ring.count == capacity else { return ring.append(domain) }
        entries[ring[oldest]] = nil
        ring[oldest] = domain
        oldest = (oldest + 1) % capacity
    }
}

// MARK: - Lookup

extension MTASTSDirectory {
    // Nil where the store cannot be read and nothing newer is had: not remembered, so the next who asks tries again.
    private func look(_ domain: Domain, _ before: Entry?) async -> Entry? {
        var entry = before ?? Entry(checkedAt: now())
        var isRead = true
        if before == nil {
            do { entry.cached = try await stored(domain) } catch {
                complain("what is kept of the MTA-STS policy of \(domain) could not be read: \(error)")
                isRead = false
            }
        }
        await renew(&entry, domain)
        return isRead || entry.cached != nil ? entry : nil
    }

    // A store that is broken is broken for every domain: one word a minute.
    private func complain(_ words: String) {
        unread += 1
        guard now() >= quietUntil else { return }
        report(unread == 1 ? words : "\(words); so were those of \(unread - 1) others since the last of these words")
        quietUntil = now() + Self.silence
        unread = 0
    }

    private func renew(_ entry: inout Entry, _ domain: Domain) async {
        entry.checkedAt = now()
        let answer = await dns.txt("_mta-sts.\(domain)")
        if entry.cached?.isAlive(at: now()) == false { entry.cached = nil }
        guard let record = MTASTSRecord.only(among: answer.records.map(\.text)) else {
            entry.failure = nil
            return
        }
        if isDue(entry, record) { await fetch(domain, record, &entry) }
    }

    private func isDue(_ entry: Entry, _ record: MTASTSRecord) -> Bool {
        let moment = now()
        if let failedAt = entry.failedAt, moment - failedAt < Self.fetchInterval { return false }
        guard let cached = entry.cached else { return true }
        return cached.id != record.id || moment - cached.fetchedAt >= Self.refreshInterval
    }

    private func fetch(_ domain: Domain, _ record: MTASTSRecord, _ entry: inout Entry) async {
        do throws(TLSFailure) {
            let policy = try Self.parse(try await fetcher.policy(of: domain))
            let cached = MTASTSCachedPolicy(id: record.id, policy: policy, fetchedAt: now())
            (entry.cached, entry.failure, entry.failedAt) = (cached, nil, nil)
            await keep(cached, of: domain)
        } catch {
            (entry.failure, entry.failedAt) = (error, now())
        }
    }

    private static func parse(_ text: [UInt8]) throws(TLSFailure) -> MTASTSPolicy {
        do throws(SyntaxError) { return try MTASTSPolicy(parsing: text) } catch {
            throw TLSFailure(.stsPolicyInvalid, "the MTA-STS policy is invalid: \(error)")
        }
    }

    private func stored(_ domain: Domain) async throws -> MTASTSCachedPolicy? {
        guard let stored = try await store.policy(of: domain),
            let policy = try? MTASTSPolicy(parsing: Array(stored.text.utf8))
        else { return nil }
        return MTASTSCachedPolicy(id: stored.id, policy: policy, fetchedAt: stored.fetchedAt)
    }

    // A policy that could not be kept holds all the same, as long as this process lives.
    private func keep(_ cached: MTASTSCachedPolicy, of domain: Domain) async {
        let text = cached.policy.lines.joined(separator: "\n")
        do {
            try await store.keep(
                MTASTSStored(id: cached.id, text: text, fetchedAt: cached.fetchedAt, expiresAt: cached.expiresAt),
                of: domain)
        } catch {
            report("the MTA-STS policy of \(domain) could not be kept, and ends with this process: \(error)")
        }
    }
}
