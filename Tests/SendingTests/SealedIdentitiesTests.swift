// SPDX-License-Identifier: Apache-2.0

import Access
import Mail
import Sending
import Testing

@Suite("Sealed signing keys")
struct SealedIdentitiesTests {
    /// As every PKCS#8 key begins, after its length: version 0, rsaEncryption.
    private static let clear: [UInt8] = [2, 1, 0, 48, 13, 6, 9, 42, 134, 72, 134, 247, 13, 1, 1, 1]

    private func isClear(_ key: SecretBytes?) -> Bool {
        let bytes = key?.exposed ?? []
        return bytes.indices.contains { bytes[$0...].starts(with: Self.clear) }
    }

    @Test("lie sealed beneath and are whole above, whatever is changed")
    func seals() async throws {
        let house = try await IdentityHouse(over: { SealedIdentities($0, sealer: $1) })
        let identity = try await house.create("example.com")
        #expect(isClear(identity.dkim?.privateKey))
        let lying = try #require(await house.stored("example.com")).dkim?.privateKey
        #expect(!isClear(lying))
        try await house.directory.setSigning(false, of: identity.name, operation: "x", by: house.caller)
        #expect(try await house.stored("example.com")?.dkim?.privateKey == lying, "what stays is not sealed anew")
        #expect(try await house.stored("example.com")?.dkim?.signingEnabled == false)
        let read = try await house.directory.identity(identity.name, in: house.account)
        #expect(read?.dkim?.privateKey == identity.dkim?.privateKey)
        #expect(try await house.directory.identities(in: house.account, after: nil, limit: 9).first == read)
        #expect(try await house.book.identity(identity.name, in: house.account) == read)
        try await house.create("x@example.com")
        #expect(try await house.stored("x@example.com")?.dkim == nil)
    }

    @Test("a key that is replaced is sealed too")
    func replaces() async throws {
        let house = try await IdentityHouse()
        let sealed = SealedIdentities(house.store, sealer: house.access.sealer)
        let (one, other) = (try await house.create("one.example"), try await house.create("other.example"))
        #expect(try await sealed.sealOlderKeys())
        let changed = try await sealed.change(one.name, in: house.account, recording: nil) { $0.dkim = other.dkim }
        #expect(changed.dkim == other.dkim)
        #expect(try await !isClear(house.stored("one.example")?.dkim?.privateKey))
        #expect(try await sealed.identity(one.name, in: house.account)?.dkim == other.dkim)
    }

    @Test("older ones are sealed once, and read by nobody before")
    func olderKeys() async throws {
        let house = try await IdentityHouse()
        let identity = try await house.create("example.com")
        try await house.create("x@example.com")
        let sealed = SealedIdentities(house.store, sealer: house.access.sealer)
        await #expect(throws: (any Error).self) { try await sealed.identity(identity.name, in: house.account) }
        #expect(try await sealed.sealOlderKeys())
        #expect(try await !isClear(house.stored("example.com")?.dkim?.privateKey))
        #expect(try await sealed.identity(identity.name, in: house.account) == identity)
        #expect(try await !sealed.sealOlderKeys())
    }
}
