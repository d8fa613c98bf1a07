// SPDX-License-Identifier: Apache-2.0

package import Access
package import Journal
package import Mail
import Synchronization

/// The accounts' configuration sets: for callers as they are stored, for the gate as it asks, with every message.
///
/// What the gate was answered is kept for a second, so that a change at another node is felt within one; a change made
/// here is felt at once. Bounded: past `capacity` names it starts afresh.
package final class ConfigurationSets: Sendable {
    package static let lifetime = 1.0
    package static let capacity = 10_000
    /// SES: 10,000 in an account and Region.
    package static let maximumCount = 10_000

    private struct Key: Hashable {
        let account: AccountID
        let name: String
    }

    private struct Entry {
        let set: ConfigurationSet?
        let readAt: Timestamp
    }

    private struct Pages {
        var entries: [Key: Entry] = [:]
        var generation: UInt64 = 0
    }

    private let shelf: Shelf<ConfigurationSet>
    private let store: any RecordStore
    private let identities: IdentityBook
    private let addresses: DedicatedAddresses
    private let now: Now
    private let pages = Mutex(Pages())

    package init(
        store: any RecordStore, region: String, identities: IdentityBook, addresses: DedicatedAddresses,
        now: @escaping Now
    ) {
        shelf = Shelf(store: store, region: region, now: now)
        self.store = store
        self.identities = identities
        self.addresses = addresses
        self.now = now
    }

    package func arn(_ name: String, in account: AccountID) -> String { shelf.arn(name, in: account) }

    package func find(_ name: String, in account: AccountID) async throws -> ConfigurationSet? {
        try await shelf.find(name, in: account)
    }

    package func list(in account: AccountID, after: String?, limit: Int) async throws -> [ConfigurationSet] {
        try await shelf.list(in: account, after: after, limit: limit)
    }

    /// As the gate asks.
    package func current(_ name: String, in account: AccountID) async throws -> ConfigurationSet? {
        let key = Key(account: account, name: name)
        let moment = now()
        let (entry, generation) = pages.withLock { ($0.entries[key], $0.generation) }
        if let entry, (0..<Self.lifetime).contains(moment - entry.readAt) { return entry.set }
        let set = try await shelf.find(name, in: account)
        pages.withLock {
            guard $0.generation == generation else { return }
            if $0.entries.count >= Self.capacity { $0.entries.removeAll() }
            $0.entries[key] = Entry(set: set, readAt: moment)
        }
        return set
    }

    /// Whether one of the account's sets sends from this pool.
    package func useOfPool(_ pool: String, in account: AccountID) async throws -> Bool {
        var after: String?
        while true {
            let page = try await list(in: account, after: after, limit: 500)
            if page.contains(where: { $0.delivery.pool == pool }) { return true }
            guard page.count == 500, let last = page.last else { return false }
            after = last.name
        }
    }

    // MARK: Changes

    /// - Throws: `RecordFailure`.
    package func create(_ set: ConfigurationSet, operation: String, by caller: Caller) async throws {
        try set.check()
        try await check(set.delivery, in: caller.account)
        try await check(set.tracking, in: caller.account)
        guard try await store.count(ConfigurationSet.kind, in: caller.account) < Self.maximumCount else {
            throw RecordFailure.limitExceeded("An account can have \(Self.maximumCount) configuration sets.")
        }
        try await shelf.create(set, operation: operation, by: caller)
        forget(set.name, in: caller.account)
    }

    /// Changes a set as it stands at that moment.
    /// - Throws: `RecordFailure`, and what `body` throws.
    package func change(
        _ name: String, operation: String, by caller: Caller,
        _ body: @escaping @Sendable (inout ConfigurationSet) throws -> Void
    ) async throws {
        defer { forget(name, in: caller.account) }
        try await shelf.change(name, operation: operation, by: caller, body)
    }

    /// - Throws: `RecordFailure`.
    package func setDelivery(
        of name: String, operation: String, by caller: Caller,
        _ body: @escaping @Sendable (inout DeliveryOptions) -> Void
    ) async throws {
        var wanted = DeliveryOptions()
        body(&wanted)
        try await check(wanted, in: caller.account)
        try await change(name, operation: operation, by: caller) { body(&$0.delivery) }
    }

    /// Takes or refuses sends that name the set. Whoever allows them again begins with fresh reputation metrics.
    package func setSending(
        _ isEnabled: Bool, of name: String, operation: String, by caller: Caller
    ) async throws {
        let moment = now()
        try await change(name, operation: operation, by: caller) { set in
            if isEnabled, !set.sendingEnabled { set.reputation.lastFreshStart = moment }
            set.sendingEnabled = isEnabled
        }
    }

    /// - Parameter body: what the tracking options become; may throw where they must be, or must not be, there.
    /// - Throws: `RecordFailure`, `TrackingFailure`, and what `body` throws.
    package func setTracking(
        _ tracking: TrackingOptions?, of name: String, operation: String, by caller: Caller,
        if body: @escaping @Sendable (ConfigurationSet) throws -> Void = { _ in }
    ) async throws {
        // Whoever names a set that is not there hears of that first.
        guard try await find(name, in: caller.account) != nil else { throw RecordFailure.notFound(name) }
        try await check(tracking, in: caller.account)
        try await change(name, operation: operation, by: caller) { set in
            try body(set)
            set.tracking = tracking
        }
    }

    package func changeTags(
        of name: String, operation: String, by caller: Caller,
        _ body: @escaping @Sendable (inout [String: String]) throws -> Void
    ) async throws {
        try await change(name, operation: operation, by: caller) { try body(&$0.tags) }
    }

    /// - Returns: whether there was one.
    package func delete(_ name: String, operation: String, by caller: Caller) async throws -> Bool {
        defer { forget(name, in: caller.account) }
        return try await shelf.delete(name, operation: operation, by: caller)
    }

    private func check(_ delivery: DeliveryOptions, in account: AccountID) async throws {
        do {
            _ = try addresses.pool(named: delivery.pool, in: account)
        } catch {
            throw RecordFailure.invalid(error.reason)
        }
    }

    private func check(_ tracking: TrackingOptions?, in account: AccountID) async throws {
        guard let tracking else { return }
        guard let domain = try? Domain(parsing: tracking.redirectDomain),
            try await identities.domainIdentity(covering: domain, in: account)?.isVerified == true
        else { throw TrackingFailure.domainNotVerified(tracking.redirectDomain) }
    }

    private func forget(_ name: String, in account: AccountID) {
        pages.withLock {
            $0.generation += 1
            $0.entries[Key(account: account, name: name)] = nil
        }
    }
}

/// Why tracking options cannot be as somebody wants them.
package enum TrackingFailure: Error, Hashable, Sendable {
    case domainNotVerified(String)
    case alreadyThere(String)
    case notThere(String)

    /// - The set's name stands in all but the first.
    package var reason: String {
        switch self {
        case .domainNotVerified(let domain):
            "The custom redirect domain <\(domain.prefix(255))> is not a verified domain of this account."
        case .alreadyThere(let name): "Tracking options for configuration set <\(name)> already exist."
        case .notThere(let name): "Tracking options for configuration set <\(name)> do not exist."
        }
    }
}
