// SPDX-License-Identifier: Apache-2.0

import Access
import DNS
import Journal
import Mail
import Sending
import Synchronization
import Testing

@Suite("Changes of identities")
struct IdentityChangeTests {
    private static let resource = "arn:aws:ses:us-east-1:111122223333:identity/example.com"
    private static let document = """
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},\
        "Action":"ses:SendEmail","Resource":"\(resource)"}]}
        """

    @Test("twenty policies put at one time are twenty policies")
    func parallel() async throws {
        let house = try await IdentityHouse()
        let name = try house.name("example.com")
        try await house.put("example.com", .success)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try await house.directory.putPolicy(
                        Self.document, named: "p\(number)", on: name, .new, operation: "CreateEmailIdentityPolicy",
                        by: house.caller)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await house.stored("example.com")?.policies.count == 20)
        await #expect(throws: IdentityPolicyFailure.limitExceeded) {
            try await house.directory.putPolicy(
                Self.document, named: "one-more", on: name, .new, operation: "x", by: house.caller)
        }
    }

    @Test("a look at the DNS brings no revoked policy back, and undoes no set, tag or signing")
    func verifierWritesItsOwn() async throws {
        let house = try await IdentityHouse()
        let identity = try await house.create("example.com")
        let name = identity.name
        try await house.directory.putPolicy(
            Self.document, named: "delegate", on: name, .new, operation: "x", by: house.caller)
        let before = try #require(await house.stored("example.com"))
        let directory = house.directory
        let caller = house.caller
        let dns = ScriptedDNS(
            texts: ["_amazonses.example.com": identity.verificationToken],
            meanwhile: {
                try? await directory.deletePolicy(named: "delegate", on: name, operation: "x", by: caller)
                try? await directory.setConfigurationSet("fixed", of: name, operation: "x", by: caller)
                try? await directory.changeTags(of: name, operation: "x", by: caller) { $0["a"] = "b" }
                try? await directory.setSigning(false, of: name, operation: "x", by: caller)
            })
        let verifier = IdentityVerifier(
            store: house.store, book: house.book, dns: dns, feedbackHost: house.feedbackHost, now: house.clock.now)
        let after = try await verifier.check(before)
        #expect(after.isVerified)
        #expect(after.policies.isEmpty)
        #expect(after.configurationSet == "fixed")
        #expect(after.tags == ["a": "b"])
        #expect(after.dkim?.signingEnabled == false)
        #expect(try await house.stored("example.com") == after)
    }

    @Test("a look that was under way verifies no identity that was made anew, and one that is gone stops no round")
    func superseded() async throws {
        let house = try await IdentityHouse()
        let old = try await house.create("example.com")
        try await house.put("gone.example", .pending)
        _ = try await house.directory.delete(old.name, operation: "x", by: house.caller)
        let new = try await house.create("example.com")
        let dns = ScriptedDNS(texts: ["_amazonses.example.com": old.verificationToken])
        let verifier = IdentityVerifier(
            store: house.store, book: house.book, dns: dns, feedbackHost: house.feedbackHost, now: house.clock.now)
        #expect(try await verifier.check(old) == old)
        #expect(try await house.stored("example.com") == new)
        _ = try await house.directory.delete(new.name, operation: "x", by: house.caller)
        #expect(try await verifier.check(new) == new)
    }

    @Test("what was verified stays so when the DNS is out of order")
    func staysVerified() async throws {
        let house = try await IdentityHouse()
        let identity = try await house.create("example.com")
        let dns = ScriptedDNS(texts: ["_amazonses.example.com": identity.verificationToken])
        let seeing = IdentityVerifier(
            store: house.store, book: house.book, dns: dns, feedbackHost: house.feedbackHost, now: house.clock.now)
        let verified = try await seeing.check(identity)
        let blind = IdentityVerifier(
            store: house.store, book: house.book, dns: ScriptedDNS(), feedbackHost: house.feedbackHost,
            now: house.clock.now)
        house.clock.advance(IdentityVerifier.patience + 1)
        let later = try await blind.check(verified)
        #expect(later.isVerified)
        #expect(later.verificationError == .hostNotFound)
        #expect(later.dkim?.status == .failed)
    }
}

@Suite("The book of identities")
struct IdentityBookTests {
    /// Lets something happen between the reading of a record and its arrival.
    private final class Slow: IdentityStore {
        let store: MemoryIdentities
        let meanwhile: @Sendable () async -> Void

        init(_ store: MemoryIdentities, meanwhile: @escaping @Sendable () async -> Void) {
            self.store = store
            self.meanwhile = meanwhile
        }

        func identity(_ name: IdentityName, in account: AccountID) async throws -> Identity? {
            let identity = try await store.identity(name, in: account)
            await meanwhile()
            return identity
        }

        func create(_ identity: Identity, recording fact: Fact) async throws {}
        func identities(in account: AccountID, after: String?, limit: Int) async throws -> [Identity] { [] }
        func everyIdentity(after: Identity?, limit: Int) async throws -> [Identity] { [] }
        func unverified(limit: Int) async throws -> [Identity] { [] }
        func identitiesWithMailFrom(checkedBefore moment: Timestamp, limit: Int) async throws -> [Identity] { [] }
        func identity(verificationToken: String) async throws -> Identity? { nil }
        func change(
            _ name: IdentityName, in account: AccountID, recording fact: Fact?, _ body: @escaping Change
        ) async throws -> Identity { throw IdentityFailure.notFound(name) }
        func record(_ fact: Fact) async throws {}
        func delete(_ name: IdentityName, in account: AccountID, recording fact: Fact) async throws -> Bool { false }
    }

    @Test("an answer that was under way when the name was forgotten is not kept")
    func generations() async throws {
        let house = try await IdentityHouse()
        try await house.put("example.com", .success)
        let (name, account) = (try house.name("example.com"), house.account)
        let held = Held()
        let slow = Slow(house.store) {
            guard let book = held.take() else { return }
            _ = try? await house.store.change(name, in: account, recording: nil) { $0.configurationSet = "new" }
            book.forget(name, in: account)
        }
        let book = IdentityBook(store: slow, now: house.clock.now)
        held.put(book)
        #expect(try await book.identity(name, in: account)?.configurationSet == nil)
        #expect(try await book.identity(name, in: account)?.configurationSet == "new")
    }

    @Test("keeps an answer for a second, and not for longer after the clock was set back", arguments: [-3_600.0, 1])
    func age(_ step: Double) async throws {
        let house = try await IdentityHouse()
        try await house.put("example.com", .success)
        let (name, account) = (try house.name("example.com"), house.account)
        _ = try await house.book.identity(name, in: account)
        try await house.store.change(name, in: account, recording: nil) { $0.configurationSet = "new" }
        house.clock.advance(0.5)
        #expect(try await house.book.identity(name, in: account)?.configurationSet == nil)
        house.clock.advance(step)
        #expect(try await house.book.identity(name, in: account)?.configurationSet == "new")
    }

    @Test(
        "only what is verified stands before what is wider",
        arguments: [
            ([("example.com", .success), ("noreply@example.com", .pending)], "example.com"),
            ([("example.com", .success), ("noreply@example.com", .failed)], "example.com"),
            ([("example.com", .success), ("noreply@example.com", .success)], "noreply@example.com"),
            ([("com", .pending), ("example.com", .success)], "example.com"),
            ([("mail.example.com", .pending), ("example.com", .success)], "example.com"),
            ([("example.com", .pending), ("noreply@example.com", .pending)], "noreply@example.com"),
            ([("example.com", .pending)], "example.com"),
        ] as [([(String, VerificationStatus)], String)])
    func covering(_ identities: [(String, VerificationStatus)], _ expected: String) async throws {
        let house = try await IdentityHouse()
        for (name, status) in identities { try await house.put(name, status) }
        let mailbox = try Mailbox(parsing: "noreply+x@example.com")
        let found = try await house.book.identity(covering: mailbox, in: house.account)
        #expect(found?.name.description == expected)
    }
}

/// A book, once.
private final class Held: Sendable {
    private let book = Mutex<IdentityBook?>(nil)

    func put(_ new: IdentityBook) { book.withLock { $0 = new } }

    func take() -> IdentityBook? {
        book.withLock { held in
            defer { held = nil }
            return held
        }
    }
}
