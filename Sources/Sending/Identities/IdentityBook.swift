// SPDX-License-Identifier: Apache-2.0

package import Mail
import Synchronization

/// Identities as the gate asks for them: thousands of times a second, for the same few names.
///
/// Answers, also "there is none", are kept for a second, so that a change at another node is felt within one;
/// a change made here is felt at once. Bounded: past `capacity` names the book starts afresh.
package final class IdentityBook: Sendable {
    package static let lifetime = 1.0
    package static let capacity = 10_000

    private struct Key: Hashable {
        let account: AccountID
        let name: IdentityName
    }

    private struct Entry {
        let identity: Identity?
        let readAt: Timestamp
    }

    private let store: any IdentityStore
    private let now: Now
    private let entries = Mutex<[Key: Entry]>([:])

    package init(store: any IdentityStore, now: @escaping Now) {
        self.store = store
        self.now = now
    }

    package func identity(_ name: IdentityName, in account: AccountID) async throws -> Identity? {
        let key = Key(account: account, name: name)
        let moment = now()
        if let entry = entries.withLock({ $0[key] }), moment - entry.readAt < Self.lifetime { return entry.identity }
        let identity = try await store.identity(name, in: account)
        entries.withLock {
            if $0.count >= Self.capacity { $0.removeAll() }
            $0[key] = Entry(identity: identity, readAt: moment)
        }
        return identity
    }

    /// Forgets a name whose record was changed.
    package func forget(_ name: IdentityName, in account: AccountID) {
        entries.withLock { _ = $0.removeValue(forKey: Key(account: account, name: name)) }
    }

    /// The identity that decides over sends from this address: the address itself where it is one, else the nearest
    /// domain identity at or above its domain ("you can send from any subdomain or address of the verified domain").
    /// A `+label` of a verified address counts as that address.
    package func identity(covering mailbox: Mailbox, in account: AccountID) async throws -> Identity? {
        if let own = try await identity(.address(mailbox), in: account) { return own }
        if let plain = mailbox.withoutLabel, let own = try await identity(.address(plain), in: account) { return own }
        return try await domainIdentity(covering: mailbox.domain, in: account)
    }

    /// The nearest domain identity at or above `domain`.
    package func domainIdentity(covering domain: Domain, in account: AccountID) async throws -> Identity? {
        var level: Domain? = domain
        while let name = level {
            if let identity = try await identity(.domain(name), in: account) { return identity }
            level = name.parent
        }
        return nil
    }
}

extension Mailbox {
    /// `sender@example.com` for `sender+news@example.com`; nil without a label.
    var withoutLabel: Mailbox? {
        guard let plus = localPart.firstIndex(of: "+"), plus != localPart.startIndex else { return nil }
        return try? Mailbox(localPart: String(localPart[..<plus]), domain: domain)
    }
}
