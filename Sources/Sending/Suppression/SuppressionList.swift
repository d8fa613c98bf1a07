// SPDX-License-Identifier: Apache-2.0

package import Access
import Journal
package import Mail
import Synchronization

/// Whom each account does not write to any more ("Using the account-level suppression list", SES developer guide).
///
/// Hard bounces and complaints put addresses there, as the account's attributes or the configuration set say; people take them off again. The gate
/// asks for all recipients of a message at once. Answers, also "not there", are kept for a second, so that a change at
/// another node is felt within one; a change made here is felt at once. Bounded: past `capacity` answers the cache starts
/// afresh. An account whose list is empty, as most are, costs one question a second.
package final class SuppressionList: Sendable {
    package static let lifetime = 1.0
    package static let capacity = 50_000
    private struct Key: Hashable {
        let account: AccountID
        let address: Mailbox
    }

    private struct Entry {
        /// Nil: not on the list.
        let destination: SuppressedDestination?
        let readAt: Timestamp
    }

    private struct Cache {
        var entries: [Key: Entry] = [:]
        var empty: [AccountID: Timestamp] = [:]
        /// How often something changed: an answer that was under way meanwhile is not kept.
        var generation: UInt64 = 0
    }

    private let store: any SuppressionStore
    private let accounts: AccountSettings
    private let now: Now
    private let cache = Mutex(Cache())

    package init(store: any SuppressionStore, accounts: AccountSettings, now: @escaping Now) {
        self.store = store
        self.accounts = accounts
        self.now = now
    }

    // MARK: What the gate asks

    /// Those of a message's recipients that get nothing, with the reason.
    /// - Parameter reasons: of the configuration set; nil leaves it to the account.
    package func suppressed(
        among recipients: [Mailbox], in account: AccountID, reasons: [SuppressionReason]?
    ) async throws -> [Mailbox: SuppressionReason] {
        let counting =
            if let reasons { reasons } else { try await accounts.attributes(of: account).suppressedReasons }
        guard !counting.isEmpty else { return [:] }
        var found: [Mailbox: SuppressionReason] = [:]
        for destination in try await destinations(recipients, in: account)
        where counting.contains(destination.reason) { found[destination.address] = destination.reason }
        return found
    }

    private func destinations(
        _ recipients: [Mailbox], in account: AccountID
    ) async throws -> [SuppressedDestination] {
        let moment = now()
        let (known, unknown, isEmpty, generation) = cache.withLock { cache in
            let isEmpty = cache.empty[account].map { Self.isFresh($0, at: moment) } ?? false
            let entries = recipients.map { recipient in
                (recipient, cache.entries[Key(account: account, address: recipient)])
            }
            let fresh = entries.filter { $0.1.map { Self.isFresh($0.readAt, at: moment) } ?? false }
            let known = fresh.compactMap { $0.1?.destination }
            let unknown = Set(recipients).subtracting(fresh.map(\.0))
            return (known, unknown, isEmpty, cache.generation)
        }
        if isEmpty { return [] }
        guard !unknown.isEmpty else { return known }
        let found = try await store.suppressed(Array(unknown), in: account)
        let isNothing = found.isEmpty ? try await store.isEmpty(account) : false
        keep(found, of: unknown, in: account, isEmpty: isNothing, at: moment, generation)
        return known + found
    }

    private func keep(
        _ found: [SuppressedDestination], of asked: Set<Mailbox>, in account: AccountID, isEmpty: Bool,
        at moment: Timestamp, _ generation: UInt64
    ) {
        let byAddress = Dictionary(found.map { ($0.address, $0) }, uniquingKeysWith: { $1 })
        cache.withLock { cache in
            guard cache.generation == generation else { return }
            if isEmpty {
                if cache.empty.count >= Self.capacity { cache.empty.removeAll() }
                cache.empty[account] = moment
                return
            }
            if cache.entries.count + asked.count > Self.capacity { cache.entries.removeAll() }
            for address in asked {
                cache.entries[Key(account: account, address: address)] = Entry(
                    destination: byAddress[address], readAt: moment)
            }
        }
    }

    // A moment from the future is one from before the clock was set back: of unknown age.
    private static func isFresh(_ readAt: Timestamp, at moment: Timestamp) -> Bool {
        (0..<lifetime).contains(moment - readAt)
    }

    // MARK: What people do

    package func find(_ address: Mailbox, in account: AccountID) async throws -> SuppressedDestination? {
        try await store.suppressed([address], in: account).first
    }

    package func list(_ selection: SuppressionSelection, limit: Int) async throws -> [SuppressedDestination] {
        try await store.suppressed(selection, limit: limit)
    }

    package func put(
        _ address: Mailbox, _ reason: SuppressionReason, operation: String, by caller: Caller
    ) async throws {
        let destination = SuppressedDestination(
            account: caller.account, address: address, reason: reason, updatedAt: now())
        try await store.suppress(destination, recording: fact(operation, address, caller))
        forget(address, in: caller.account)
    }

    /// - Returns: whether it was there.
    package func delete(_ address: Mailbox, operation: String, by caller: Caller) async throws -> Bool {
        let existed = try await store.release(
            address, in: caller.account, recording: fact(operation, address, caller))
        forget(address, in: caller.account)
        return existed
    }

    // MARK: What mail teaches

    /// Takes addresses onto the account's list, where they are wanted there for this reason. Learning the same
    /// twice changes nothing.
    /// - Parameters:
    ///   - message: the one that bounced or was complained of.
    ///   - feedback: the id of the report, where there was one.
    ///   - reasons: of the message's configuration set; nil leaves it to the account.
    package func learn(
        _ reason: SuppressionReason, _ addresses: [Mailbox], message: MessageID?, feedback: String? = nil,
        reasons: [SuppressionReason]? = nil, in account: AccountID, at moment: Timestamp
    ) async throws {
        let wanted = if let reasons { reasons } else { try await accounts.attributes(of: account).suppressedReasons }
        guard wanted.contains(reason) else { return }
        // The mailbox simulator gets nobody onto a list.
        for address in addresses where SimulatorAddress(address) == nil {
            // What stands there stays: whoever changed it since knew more.
            if let known = try await find(address, in: account),
                known.updatedAt >= moment || known.reason == .complaint || known.reason == reason
            {
                continue
            }
            let destination = SuppressedDestination(
                account: account, address: address, reason: reason, updatedAt: moment, message: message,
                feedback: feedback)
            let event = Fact.Administered(
                operation: "postern:SuppressDestination", principal: "server", resource: address.description,
                sourceAddress: "", reason: reason.rawValue)
            let fact = Fact(at: now(), account: account, message: message, event: .administered(event))
            try await store.suppress(destination, recording: fact)
            forget(address, in: account)
        }
    }

    private func forget(_ address: Mailbox, in account: AccountID) {
        cache.withLock { cache in
            cache.generation += 1
            cache.entries[Key(account: account, address: address)] = nil
            cache.empty[account] = nil
        }
    }

    private func fact(_ operation: String, _ address: Mailbox, _ caller: Caller) -> Fact {
        Fact(operation, on: address.description, by: caller, at: now())
    }
}
