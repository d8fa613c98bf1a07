// SPDX-License-Identifier: Apache-2.0

package import Access
package import Journal
package import Mail

/// Identities whose private DKIM keys lie sealed in the store beneath: whoever copies the file signs nothing.
///
/// In a store a sealed key is the text `sealed:` and what `SecretSealer` made of it. A key in clear is read by nobody:
/// `sealOlderKeys` seals those of older versions before anything else is done.
package struct SealedIdentities: IdentityStore {
    private static let purpose = "DKIM key"
    private static let mark = Array("sealed:".utf8)

    private let store: any IdentityStore
    private let sealer: SecretSealer

    package init(_ store: any IdentityStore, sealer: SecretSealer) {
        self.store = store
        self.sealer = sealer
    }

    /// Seals every key that lies in clear.
    /// - Returns: whether there was one: what was overwritten may still be found in the store's file.
    package func sealOlderKeys() async throws -> Bool {
        var isAny = false
        var last: Identity?
        while true {
            let page = try await store.everyIdentity(after: last, limit: 100)
            for identity in page where Self.isClear(identity) {
                isAny = true
                try await store.change(identity.name, in: identity.account, recording: nil) { current in
                    if Self.isClear(current) { current = try sealed(current) }
                }
            }
            guard page.count == 100 else { return isAny }
            last = page.last
        }
    }

    package func create(_ identity: Identity, recording fact: Fact) async throws {
        try await store.create(try sealed(identity), recording: fact)
    }

    package func identity(_ name: IdentityName, in account: AccountID) async throws -> Identity? {
        try await store.identity(name, in: account).map(opened)
    }

    package func identities(in account: AccountID, after: String?, limit: Int) async throws -> [Identity] {
        try await store.identities(in: account, after: after, limit: limit).map(opened)
    }

    package func everyIdentity(after: Identity?, limit: Int) async throws -> [Identity] {
        try await store.everyIdentity(after: after, limit: limit).map(opened)
    }

    package func unverified(limit: Int) async throws -> [Identity] {
        try await store.unverified(limit: limit).map(opened)
    }

    package func identitiesWithMailFrom(checkedBefore moment: Timestamp, limit: Int) async throws -> [Identity] {
        try await store.identitiesWithMailFrom(checkedBefore: moment, limit: limit).map(opened)
    }

    package func identity(verificationToken: String) async throws -> Identity? {
        try await store.identity(verificationToken: verificationToken).map(opened)
    }

    @discardableResult
    package func change(
        _ name: IdentityName, in account: AccountID, recording fact: Fact?, _ body: @escaping Change
    ) async throws -> Identity {
        let changed = try await store.change(name, in: account, recording: fact) { stored in
            let before = try opened(stored)
            var after = before
            try body(&after)
            guard after != before else { return }
            // A key that stays is not sealed anew: each sealing looks different.
            if after.dkim?.privateKey == before.dkim?.privateKey, let key = stored.dkim?.privateKey {
                after.dkim?.privateKey = key
                stored = after
            } else {
                stored = try sealed(after)
            }
        }
        return try opened(changed)
    }

    package func record(_ fact: Fact) async throws { try await store.record(fact) }

    package func delete(_ name: IdentityName, in account: AccountID, recording fact: Fact) async throws -> Bool {
        try await store.delete(name, in: account, recording: fact)
    }

    private static func isClear(_ identity: Identity) -> Bool {
        identity.dkim.map { !$0.privateKey.exposed.starts(with: mark) } ?? false
    }

    private func sealed(_ identity: Identity) throws -> Identity {
        guard let key = identity.dkim?.privateKey else { return identity }
        var identity = identity
        identity.dkim?.privateKey = SecretBytes(Self.mark + Array(try sealer.seal(key, for: Self.purpose).utf8))
        return identity
    }

    private func opened(_ identity: Identity) throws -> Identity {
        guard let key = identity.dkim?.privateKey else { return identity }
        guard !Self.isClear(identity) else { throw UnsealedKey(name: identity.name) }
        let text = String(decoding: key.exposed.dropFirst(Self.mark.count), as: UTF8.self)
        var identity = identity
        identity.dkim?.privateKey = try sealer.open(text, for: Self.purpose)
        return identity
    }
}

/// A key lies in clear though all were sealed at the start.
struct UnsealedKey: Error, CustomStringConvertible {
    let name: IdentityName

    var description: String { "the DKIM key of \(name) is not sealed: restart the server to seal it" }
}
