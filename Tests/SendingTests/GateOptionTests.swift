// SPDX-License-Identifier: Apache-2.0

import Access
import Journal
import Mail
import Queue
import Sending
import Testing

@Suite("Options of sets, identities and accounts at the gate")
struct GateOptionTests {
    private static let marketing = DeclaredAddress(
        address: "192.0.2.7", hostname: "m1.example.com", pool: "marketing",
        account: AccountID("111122223333") ?? .unknown)

    @Test("a message carries what its set asks of delivery, and stays as long as the set says")
    func terms() async throws {
        let house = try await GateHouse(declared: [Self.marketing])
        try await house.set("strict") {
            $0.delivery = DeliveryOptions(tlsPolicy: .require, pool: "marketing", maximumSeconds: 300)
        }
        try await house.submit("From: ada@example.com\r\nX-SES-CONFIGURATION-SET: strict\r\nTLS-Required: No\r\n\r\n")
        let message = try #require(await house.spool.messages.first)
        #expect(
            message.terms
                == DeliveryTerms(
                    configurationSet: "strict", configurationSetOwner: house.account,
                    pool: PoolID(account: house.account, name: "marketing"), tls: .encrypted, identity: "example.com"))
        #expect(message.expiresAt - message.acceptedAt == 300)
        #expect(await house.spool.deliveries.map(\.lane.pool?.name) == ["marketing"])
        #expect(String(decoding: message.content.header, as: UTF8.self).contains("TLS-Required: No\r\n"))
    }

    @Test(
        "mail without a pool of its own leaves from the account's default pool where that holds an address",
        arguments: [
            ("", nil), (DedicatedIPPool.byDefault, DedicatedIPPool.byDefault), ("marketing", nil),
        ] as [(String, String?)])
    func defaultPool(_ declared: String, _ expected: String?) async throws {
        let address = DeclaredAddress(
            address: "192.0.2.8", hostname: "h", pool: declared.isEmpty ? nil : declared,
            account: Self.marketing.account)
        let house = try await GateHouse(declared: [address])
        try await house.set("shared") { $0.delivery.pool = DedicatedIPPool.shared }
        try await house.submit()
        try await house.submit(configurationSet: "shared")
        #expect(await house.spool.messages.map(\.terms.pool?.name) == [expected, nil])
    }

    @Test("the operator's guardrail counts whatever a set says")
    func guardrail() async throws {
        var guardrails = Guardrails()
        guardrails.requiresDeliveryTLS = true
        let house = try await GateHouse(guardrails: guardrails)
        try await house.set("loose") { $0.delivery.tlsPolicy = .optional }
        try await house.submit(configurationSet: "loose")
        #expect(await house.spool.messages.map(\.terms.tls) == [.encrypted])
    }

    @Test("a paused account and a paused set take nothing, and everything again once they are not")
    func pauses() async throws {
        let house = try await GateHouse()
        try await house.set("news")
        try await house.sets.setSending(false, of: "news", operation: "x", by: house.caller)
        await #expect(throws: SendRefusal.configurationSetPaused("news")) {
            try await house.submit(configurationSet: "news")
        }
        try await house.submit()
        try await house.accounts.change(operation: "x", by: house.caller) { $0.sendingEnabled = false }
        await #expect(throws: SendRefusal.accountPaused(house.account)) { try await house.submit() }
        try await house.accounts.change(operation: "x", by: house.caller) { $0.sendingEnabled = true }
        house.clock.advance(5)
        try await house.sets.setSending(true, of: "news", operation: "x", by: house.caller)
        try await house.submit(configurationSet: "news")
        #expect(await house.spool.messages.count == 2)
        #expect(try await house.sets.find("news", in: house.account)?.reputation.lastFreshStart == house.clock.now())
    }

    @Test("a set whose pool is gone is refused, never sent from elsewhere")
    func missingPool() async throws {
        let house = try await GateHouse()
        try await house.addresses.createPool(
            DedicatedIPPool(name: "gone", scaling: .standard), operation: "x", by: house.caller)
        try await house.set("s") { $0.delivery.pool = "gone" }
        await #expect(throws: RecordFailure.self) {
            try await house.addresses.deletePool(
                "gone", operation: "x", by: house.caller,
                unlessUsed: { try await house.sets.useOfPool($0, in: house.account) })
        }
        try await house.addresses.deletePool("gone", operation: "x", by: house.caller, unlessUsed: { _ in false })
        await #expect(throws: SendRefusal.sendingPoolMissing("gone")) {
            try await house.submit(configurationSet: "s")
        }
    }

    @Test(
        "MAIL FROM is the identity's own where that is verified, else ours, or the message is refused",
        arguments: [
            (VerificationStatus.success, MailFrom.Behavior.rejectMessage, "<token@bounce.example.com>"),
            (.pending, .useDefaultValue, "<token@bounces.mail.example>"),
            (.temporaryFailure, .useDefaultValue, "<token@bounces.mail.example>"),
            (.pending, .rejectMessage, nil), (.temporaryFailure, .rejectMessage, nil), (.failed, .rejectMessage, nil),
        ] as [(VerificationStatus, MailFrom.Behavior, String?)])
    func mailFrom(_ status: VerificationStatus, _ behavior: MailFrom.Behavior, _ expected: String?) async throws {
        let house = try await GateHouse(receivesReports: true, verified: ["ada@example.com"])
        let domain = try Domain(parsing: "bounce.example.com")
        try await house.put("example.com", .success) {
            $0.mailFrom = MailFrom(domain: domain, status: status, behavior: behavior, since: house.clock.now())
        }
        guard let expected else {
            await #expect(throws: SendRefusal.mailFromNotVerified(domain)) { try await house.submit() }
            return
        }
        // An address identity that says nothing follows its domain's.
        try await house.submit("From: ada@example.com\r\nX-Postern-Report: forged\r\n\r\n")
        let message = try #require(await house.spool.messages.first)
        #expect(message.returnPath.description == expected)
        #expect(message.reversePath.description == "<ada@example.com>")
        let header = String(decoding: message.content.header, as: UTF8.self)
        #expect(header.contains("\r\nX-Postern-Report: token-111122223333\r\n"))
        #expect(!header.contains("forged"))
    }

    @Test("where no reports are received MAIL FROM is the sender, and no token stands in the header")
    func noReports() async throws {
        let house = try await GateHouse()
        try await house.submit("From: ada@example.com\r\nX-Postern-Report: forged\r\n\r\n")
        let message = try #require(await house.spool.messages.first)
        #expect(message.returnPath == message.reversePath)
        #expect(!String(decoding: message.content.header, as: UTF8.self).contains("X-Postern-Report"))
    }

    @Test("what is asked now and what was asked then: the stricter holds")
    func stricter() async throws {
        let house = try await GateHouse(declared: [Self.marketing])
        let source = DeliveryOptionsSource(
            configurationSets: house.sets, addresses: house.addresses, guardrails: Guardrails())
        try await house.set("s") { $0.delivery = DeliveryOptions(tlsPolicy: .require, pool: "marketing") }
        try await house.set("t")
        try await house.submit(configurationSet: "s")
        try await house.submit(configurationSet: "t")
        let (strict, loose) = (await house.spool.messages[0], await house.spool.messages[1])
        try await house.sets.setDelivery(of: "s", operation: "x", by: house.caller) { $0 = DeliveryOptions() }
        try await house.sets.setDelivery(of: "t", operation: "x", by: house.caller) {
            $0 = DeliveryOptions(tlsPolicy: .require, pool: "marketing")
        }
        #expect(try await source.terms(for: strict) == strict.terms)
        var expected = loose.terms
        expected.tls = .encrypted
        expected.pool = PoolID(account: house.account, name: "marketing")
        #expect(try await source.terms(for: loose) == expected)
        _ = try await house.sets.delete("t", operation: "x", by: house.caller)
        #expect(try await source.terms(for: loose) == loose.terms)
    }
}

@Suite("Suppressed recipients at the gate")
struct GateSuppressionTests {
    private func bounced(_ house: GateHouse) async -> [Fact.Outcome] {
        await house.spool.facts.compactMap { if case .bounced(let outcome) = $0.event { outcome } else { nil } }
    }

    @Test("are accepted and bounced in one transaction, and owed nothing; the others get their mail")
    func some() async throws {
        let house = try await GateHouse()
        let bob = try Mailbox(parsing: "Bob@example.net")
        try await house.suppression.put(bob, .bounce, operation: "PutSuppressedDestination", by: house.caller)
        let id = try await house.submit(to: ["eve@example.net", "Bob@EXAMPLE.NET", "bob@example.net"])
        #expect(
            await house.spool.deliveries.map { $0.recipients.map(\.description) }
                == [["eve@example.net", "bob@example.net"]])
        let facts = await house.spool.facts
        #expect(facts.map(\.message) == [id, id])
        guard case .accepted(let accepted)? = facts.first?.event else {
            Issue.record("not accepted")
            return
        }
        #expect(accepted.recipients == ["eve@example.net", "Bob@example.net", "bob@example.net"])
        let outcome = try #require(await bounced(house).first)
        #expect(outcome.recipients == ["Bob@example.net"])
        #expect(
            outcome.verdict
                == Fact.Verdict(
                    type: "Permanent", subType: "OnAccountSuppressionList", party: "recipient", delay: "",
                    rule: "suppression-list"))
    }

    @Test("a message that is owed to nobody is not stored, and counts in the quota")
    func all() async throws {
        let house = try await GateHouse(perDay: 1)
        let bob = try Mailbox(parsing: "bob@example.net")
        try await house.suppression.put(bob, .complaint, operation: "x", by: house.caller)
        try await house.submit()
        #expect(await house.spool.messages.isEmpty)
        #expect(await bounced(house).map(\.recipients) == [["bob@example.net"]])
        await #expect(throws: SendRefusal.dailyQuotaExceeded) { try await house.submit(to: ["eve@example.net"]) }
    }

    @Test(
        "the set's reasons stand before the account's; an empty list is none",
        arguments: [
            (nil, [SuppressionReason.bounce, .complaint], true), (nil, [.complaint], false), (nil, [], false),
            ([], [.bounce], false), ([.bounce], [], true), ([.complaint], [.bounce], false),
        ] as [([SuppressionReason]?, [SuppressionReason], Bool)])
    func reasons(_ set: [SuppressionReason]?, _ account: [SuppressionReason], _ isSuppressed: Bool) async throws {
        let house = try await GateHouse()
        try await house.suppression.put(
            try Mailbox(parsing: "bob@example.net"), .bounce, operation: "x", by: house.caller)
        try await house.accounts.change(operation: "x", by: house.caller) { $0.suppressedReasons = account }
        try await house.set("s") { $0.suppressedReasons = set }
        try await house.submit(configurationSet: "s")
        #expect(await house.spool.messages.isEmpty == isSuppressed)
    }

    @Test("the list is asked once a second at most for an account that has none, and feels its own change at once")
    func cached() async throws {
        let house = try await GateHouse()
        for _ in 0..<5 { try await house.submit() }
        try await house.submit(to: ["eve@example.net", "x@example.net"])
        #expect(await house.list.questions == 1)
        try await house.suppression.put(
            try Mailbox(parsing: "bob@example.net"), .bounce, operation: "x", by: house.caller)
        for _ in 0..<5 { try await house.submit() }
        #expect(await house.list.questions == 2)
        #expect(await house.spool.messages.count == 6)
        house.clock.advance(1)
        try await house.submit()
        #expect(await house.list.questions == 3)
        _ = try await house.suppression.delete(
            try Mailbox(parsing: "bob@example.net"), operation: "x", by: house.caller)
        try await house.submit()
        #expect(await house.spool.messages.count == 7)
    }
}
