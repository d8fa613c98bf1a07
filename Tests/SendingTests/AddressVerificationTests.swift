// SPDX-License-Identifier: Apache-2.0

import Access
import Mail
import Queue
import Sending
import Testing

@Suite("Verification of addresses by mail")
struct AddressVerificationTests {
    private func outside() throws -> Guardrails {
        var guardrails = Guardrails()
        guardrails.recipientDomains = [try Domain(parsing: "example.com")]
        return guardrails
    }

    @Test("mails nobody outside the operator's recipients, and records who tried")
    func guardrail() async throws {
        let house = try await IdentityHouse(guardrails: try outside())
        do {
            try await house.create("x@outside.example")
            Issue.record("an identity was made")
        } catch IdentityFailure.outsideGuardrail(let refusal) {
            #expect(refusal.guardrail == "recipient-domains")
        }
        #expect(await house.refusals == ["recipient-domains"])
        #expect(try await house.stored("x@outside.example") == nil)
        try await house.create("x@example.com")
        #expect(await house.spool.deliveries.map(\.recipients.description) == ["[x@example.com]"])
    }

    @Test("the limit holds for asking again too")
    func guardrailOnResending() async throws {
        let house = try await IdentityHouse(guardrails: try outside())
        try await house.put("x@outside.example", .pending)
        let waiting = try #require(await house.stored("x@outside.example"))
        await #expect(throws: IdentityFailure.self) { try await house.directory.sendLink(for: waiting) }
        #expect(await house.refusals == ["recipient-domains"])
        #expect(await house.spool.messages.isEmpty)
    }

    @Test("one mail a minute to one address, however it is asked for")
    func interval() async throws {
        let house = try await IdentityHouse()
        let identity = try await house.create("x@example.com")
        try await house.directory.sendLink(for: identity)
        house.clock.advance(59)
        try await house.directory.sendLink(for: identity)
        _ = try await house.directory.delete(identity.name, operation: "x", by: house.caller)
        let again = try await house.create("x@example.com")
        #expect(await house.spool.messages.count == 1)
        #expect(try await house.directory.confirm(token: again.verificationToken) == nil, "it was mailed to nobody")
        try await house.create("y@example.com")
        #expect(await house.spool.messages.count == 2)
        house.clock.advance(1)
        try await house.directory.sendLink(for: again)
        #expect(await house.spool.messages.count == 3)
        #expect(try await house.directory.confirm(token: again.verificationToken) == again.name)
        house.clock.advance(60)
        let verified = try #require(await house.stored("x@example.com"))
        try await house.directory.sendLink(for: verified)
        #expect(await house.spool.messages.count == 3)
    }

    @Test("counts as one recipient, and makes no identity where the quota has no room for its mail")
    func quota() async throws {
        let house = try await IdentityHouse(perDay: 1)
        try await house.create("x@example.com")
        await #expect(throws: SendRefusal.dailyQuotaExceeded) { try await house.create("y@example.com") }
        #expect(try await house.stored("y@example.com") == nil)
        #expect(await house.refusals == ["quota"])
        await #expect(throws: IdentityFailure.self) { try await house.create("x@example.com") }
    }

    @Test("what could not be stored is not counted")
    func withdrawn() async throws {
        let house = try await IdentityHouse(perDay: 1)
        await house.spool.fail(.noSpace)
        await #expect(throws: (any Error).self) { try await house.create("x@example.com") }
        await house.spool.fail(nil)
        let waiting = try #require(await house.stored("x@example.com"))
        try await house.directory.sendLink(for: waiting)
        #expect(await house.spool.messages.count == 1)
    }

    @Test("a link is good for a day, for the identity it was mailed for")
    func confirmation() async throws {
        let house = try await IdentityHouse()
        let identity = try await house.create("x@example.com")
        house.clock.advance(AddressVerification.lifetime)
        #expect(try await house.directory.confirm(token: identity.verificationToken) == nil)
        #expect(try await house.stored("x@example.com")?.isVerified == false)
        try await house.directory.sendLink(for: identity)
        #expect(try await house.directory.confirm(token: identity.verificationToken) == identity.name)
        let domain = try await house.create("example.com")
        #expect(try await house.directory.confirm(token: domain.verificationToken) == nil)
    }
}
