// SPDX-License-Identifier: Apache-2.0

import Access
import Journal
import Mail
import Queue
import Sending
import Testing

@Suite("The gate")
struct GateTests {
    private let house: GateHouse
    private var spool: MemorySpool { house.spool }

    init() async throws {
        house = try await GateHouse(verified: ["example.com", "solo@alone.example"], perDay: 60)
        try await house.put("pending.example", .pending)
    }

    @discardableResult
    private func submit(
        _ text: String, from: String? = "ada@example.com", to: [String] = ["bob@example.net"],
        configurationSet: String? = nil
    ) async throws -> MessageID {
        try await house.submit(text, from: from, to: to, configurationSet: configurationSet)
    }

    @Test("stores what is due to whom, rewritten as SES does it")
    func accepts() async throws {
        let text =
            "From: Ada <ada@sub.example.com>\r\nBcc: eve@example.org\r\nMessage-ID: <theirs@x>\r\nDate: never\r\n"
            + "X-SES-CONFIGURATION-SETX: kept\r\nx-ses-message-tags: a=b, c=d\r\nReturn-Path: <r@example.com>\r\n\r\nbody\r\n"
        let id = try await submit(text, to: ["b@one.example", "c@two.example", "d@one.example", "b@one.example"])
        let message = try #require(await spool.messages.first)
        let header = String(decoding: message.content.header, as: UTF8.self)
        #expect(
            header
                == "Received: by mail.example.com with ESMTPSA id\r\n \(id); Tue, 14 Nov\r\n 2023 22:13:20 +0000\r\n"
                + "From: Ada <ada@sub.example.com>\r\nX-SES-CONFIGURATION-SETX: kept\r\n"
                + "Message-ID: <\(id)@mail.example.com>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\n")
        #expect(message.content.body == .memory(Array("body\r\n".utf8)))
        #expect(message.expiresAt - message.acceptedAt == 60)
        #expect(await spool.deliveries.map(\.destination) == ["one.example", "two.example"])
        #expect(await spool.deliveries.map(\.recipients.count) == [2, 1])
        guard case .accepted(let fact)? = await spool.facts.first?.event else {
            Issue.record("no fact")
            return
        }
        #expect(fact.tags == ["a": "b", "c": "d"])
        #expect(fact.recipients.count == 3)
    }

    @Test(
        "refuses, with the control that said no, and keeps nothing but the record",
        arguments: [
            ("Subject: x\r\n\r\n", "ada@example.com", "message-syntax"),
            ("From: ada@example.com, eve@example.com\r\n\r\n", "ada@example.com", "message-syntax"),
            ("From: Team: ada@example.com;\r\n\r\n", "ada@example.com", "message-syntax"),
            ("From: ada@example.com\r\nFrom: eve@example.com\r\n\r\n", "ada@example.com", "message-syntax"),
            ("From: ada@example.com\r\n\r\n", "", "message-syntax"),
            ("From: ada@example.com\nX: y\r\n\r\n", "ada@example.com", "message-syntax"),
            ("From: ada@example.com\r\n\r\na\nb", "ada@example.com", "message-syntax"),
            ("From: ada@other.example\r\n\r\n", "ada@example.com", "identity-verification"),
            ("From: ada@example.com\r\n\r\n", "ada@other.example", "identity-verification"),
            ("From: ada@example.com\r\nSender: eve@other.example\r\n\r\n", "ada@example.com", "identity-verification"),
            (
                "From: ada@example.com\r\nSender: ada@example.com, eve@other.example\r\n\r\n", "ada@example.com",
                "message-syntax"
            ),
            ("From: ada@example.com\r\nSender: Team: ada@example.com;\r\n\r\n", "ada@example.com", "message-syntax"),
            (
                "From: ada@example.com\r\nResent-From: eve@other.example\r\n\r\n", "ada@example.com",
                "identity-verification"
            ),
            ("From: ada@pending.example\r\n\r\n", "ada@pending.example", "identity-verification"),
            ("From: other@alone.example\r\n\r\n", "other@alone.example", "identity-verification"),
            ("From: ada@evilexample.com\r\n\r\n", "ada@evilexample.com", "identity-verification"),
            ("From: ada@example.com\r\nX-SES-CONFIGURATION-SET: none\r\n\r\n", "ada@example.com", "configuration-set"),
            (
                "From: ada@example.com\r\n" + String(repeating: "Received: x\r\n", count: 101) + "\r\n",
                "ada@example.com",
                "mail-loop"
            ),
        ])
    func refuses(_ text: String, _ from: String, _ control: String) async throws {
        await #expect(throws: SendRefusal.self) { try await submit(text, from: from) }
        #expect(await spool.messages.isEmpty)
        guard case .refused(let fact)? = await spool.facts.first?.event else {
            Issue.record("no record")
            return
        }
        #expect(fact.control == control)
    }

    @Test("takes a labelled address for the address, and its own recipients where none are given")
    func labels() async throws {
        _ = try await submit(
            "From: solo+news@alone.example\r\nTo: a@example.net\r\nBcc: b@example.net\r\n\r\n", from: nil, to: [])
        #expect(await spool.deliveries.flatMap(\.recipients).map(\.description) == ["a@example.net", "b@example.net"])
        #expect(await spool.messages.first?.reversePath.description == "<solo+news@alone.example>")
        await #expect(throws: SendRefusal.noRecipients) { try await submit("From: ada@example.com\r\n\r\n", to: []) }
    }

    @Test("never goes over the quota, and counts recipients")
    func quota() async throws {
        let many = (0..<50).map { "r\($0)@example.net" }
        _ = try await submit("From: ada@example.com\r\n\r\n", to: many)
        await #expect(throws: SendRefusal.dailyQuotaExceeded) {
            try await submit("From: ada@example.com\r\n\r\n", to: Array(many.prefix(11)))
        }
        _ = try await submit("From: ada@example.com\r\n\r\n", to: Array(many.prefix(10)))
        await #expect(throws: SendRefusal.tooManyRecipients(limit: 50)) {
            try await submit("From: ada@example.com\r\n\r\n", to: many + ["one@example.net"])
        }
    }

    @Test("the mailbox simulator costs nothing of the day")
    func simulatorIsFree() async throws {
        let simulated = (0..<50).map { "success+\($0)@simulator.amazonses.com" }
        for _ in 0..<3 { _ = try await submit("From: ada@example.com\r\n\r\n", to: simulated) }
        let many = (0..<49).map { "r\($0)@example.net" }
        _ = try await submit("From: ada@example.com\r\n\r\n", to: many + simulated.prefix(1))
        await #expect(throws: SendRefusal.dailyQuotaExceeded) {
            try await submit("From: ada@example.com\r\n\r\n", to: Array(many.prefix(12) + simulated.prefix(1)))
        }
        _ = try await submit("From: ada@example.com\r\n\r\n", to: simulated)
    }

    @Test(
        "says that it could not store, and that it could not record a refusal",
        arguments: [SpoolFailure.noSpace, .unavailable("x")])
    func failures(_ failure: SpoolFailure) async throws {
        await spool.fail(failure)
        await #expect(throws: failure) { try await submit("From: ada@example.com\r\n\r\n") }
        await #expect(throws: failure) { try await submit("From: ada@other.example\r\n\r\n") }
    }

    @Test("what could not be stored or made 7-bit costs no quota")
    func quotaComesBack() async throws {
        let many = (0..<50).map { "r\($0)@example.net" }
        await spool.fail(.noSpace)
        await #expect(throws: SpoolFailure.noSpace) { try await submit("From: ada@example.com\r\n\r\n", to: many) }
        await spool.fail(nil)
        await #expect(throws: SendRefusal.self) {
            try await submit("From: ada@example.com\r\nCc: é@example.com\r\n\r\n", to: many)
        }
        _ = try await submit("From: ada@example.com\r\n\r\n", to: many)
    }

    @Test("makes 8-bit mail 7-bit")
    func sevenBit() async throws {
        _ = try await submit("From: ada@example.com\r\nSubject: Grüße\r\n\r\nhällo\r\n")
        let content = try #require(await spool.messages.first).content
        guard case .memory(let body) = content.body else { return }
        #expect((content.header + body).allSatisfy { $0 < 128 })
        #expect(String(decoding: body, as: UTF8.self) == "h=C3=A4llo\r\n")
    }
}
