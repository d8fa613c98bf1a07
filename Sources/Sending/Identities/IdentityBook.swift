// SPDX-License-Identifier: Apache-2.0

package import Mail
import Synchronization

/// Identities as the gate asks for them: thousands of times a second, for the same few names.
///
/// Answers, also "there is none", are kept for a second, so that a change at another node is felt within one;
/// a change made here is felt at once: an answer that was under way when anything was forgotten is not kept. Bounded:
/// past `capacity` names the book starts afresh.
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

        // An entry from the future is one from before the clock was set back: of unknown age.
        func isFresh(at moment: Timestamp) -> Bool { (0..<IdentityBook.lifetime).contains(moment - readAt) }
    }

    private struct Pages {
        var entries: [Key: Entry] = [:]
        /// How often something was forgotten.
        var generation: UInt64 = 0
    }

    private let store: any IdentityStore
    private let now: Now
    private let pages = Mutex(Pages())

    package init(store: any IdentityStore, now: @escaping Now) {
        self.store = store
        self.now = now
    }

    package func identity(_ name: IdentityName, in account: AccountID) async throws -> Identity? {
        let key = Key(account: account, name: name)
        let moment = now()
        let (entry, generation) = pages.withLock { ($0.entries[key], $0.generation) }
        if let entry, entry.isFresh(at: moment) { return entry.identity }
        let identity = try await store.identity(name, in: account)
        pages.withLock {
            guard $0.generation == generation else { return }
            if $0.entries.count >= Self.capacity { $0.entries.removeAll() }
            $0.entries[key] = Entry(identity: identity, readAt: moment)
        }
        return identity
    }

    /// Forgets a name whose record was changed.
    package func forget(_ name: IdentityName, in account: AccountID) {
        pages.withLock {
            $0.generation += 1
            $0.entries[Key(account: account, name: name)] = nil
        }
    }

    /// The identity that decides over sends from this address: the address itself where it is one, else the nearest
    /// domain identity at or above its domain ("you can send from any subdomain or address of the verified domain").
    /// A `+label` of a verified address counts as that address.
    ///
    /// Only what is verified stands before what is wider: whoever may merely ask for an identity could else stop an
    /// address of the domain, or take it from under the domain's policies.
    package func identity(covering mailbox: Mailbox, in account: AccountID) async throws -> Identity? {
        try await firstVerified(from: .address(mailbox), in: account)
    }

    /// The nearest domain identity at or above `domain`, of the same rank.
    package func domainIdentity(covering domain: Domain, in account: AccountID) async throws -> Identity? {
        try await firstVerified(from: .domain(domain), in: account)
    }

    /// The first that is verified; where none is, the first that waits for it, so that a refusal can name it.
    private func firstVerified(from name: IdentityName, in account: AccountID) async throws -> Identity? {
        var waiting: Identity?
        for name in sequence(first: name, next: \.wider) {
            guard let identity = try await identity(name, in: account) else { continue }
            if identity.isVerified { return identity }
            waiting = waiting ?? identity
        }
        return waiting
    }
}

extension IdentityName {
    /// What covers this too, at the next step: the address without its label, its domain, the domain above.
    fileprivate var wider: IdentityName? {
        switch self {
        case .address(let mailbox): mailbox.withoutLabel.map { .address($0) } ?? .domain(mailbox.domain)
        case .domain(let domain): domain.parent.map { .domain($0) }
        }
    }
}

extension Mailbox {
    /// `sender@example.com` for `sender+news@example.com`; nil without a label.
    var withoutLabel: Mailbox? {
        guard let plus = localPart.firstIndex(of: "+"), plus != localPart.startIndex else { return nil }
        return try? Mailbox(localPart: String(localPart[..<plus]), domain: domain)
    }
}
