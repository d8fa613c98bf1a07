// SPDX-License-Identifier: Apache-2.0

import Journal
import Logging
import Mail
import Queue
import Testing

@testable import Receiving

/// What was sent, in place of a queue.
private actor Outbox: SystemMail {
    private(set) var mails: [SystemMessage] = []
    private var refuses = false

    func refuse() { refuses = true }

    func send(_ mail: SystemMessage) async throws -> MessageID {
        if refuses { throw SystemMailRefusal(description: "no") }
        mails.append(mail)
        return House.id
    }
}

private actor Cursors: CursorStore {
    private(set) var position: Int64 = 0

    func position(of reader: String, in stream: String) async throws -> Int64 { position }
    func advance(_ reader: String, in stream: String, to sequence: Int64) async throws { position = sequence }
}

private struct Forwarding: FeedbackForwarding {
    let isOn: Bool

    func isForwarded(_ message: Fact.Accepted, of account: AccountID) async throws -> Bool { isOn }
}

@Suite("Feedback by mail")
struct FeedbackTests {
    private let journal = Journal()
    private let outbox = Outbox()
    private let cursors = Cursors()
    private let clock = Clock()

    private func forwarder(isOn: Bool = true) -> FeedbackForwarder {
        let clock = clock
        return FeedbackForwarder(
            facts: journal, cursors: cursors, history: journal, forwarding: Forwarding(isOn: isOn), mail: outbox,
            domain: House.domain, hostname: "mail.example.com", now: { clock.now }, random: { 7 },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func bounce(_ reply: String = "550 5.1.1 no such user", times: Int = 1) async throws {
        let outcome = Fact.Outcome(
            recipients: ["bob@rome.example"], attempt: 0, peer: "mx.rome.example", reply: reply, tls: nil,
            milliseconds: 0,
            verdict: Fact.Verdict(
                type: "Permanent", subType: "NoEmail", party: "recipient", delay: "General", rule: "r"))
        try await journal.record(
            Array(
                repeating: Fact(at: clock.now, account: House.account, message: House.id, event: .bounced(outcome)),
                count: times))
    }

    private func drain(_ forwarder: FeedbackForwarder) async throws {
        while try await forwarder.read() {}
    }

    @Test("a bounce is mailed to the sender's reverse path, from nobody, once")
    func bounced() async throws {
        await journal.accept(House.id, recipients: ["bob@rome.example"])
        try await bounce()
        let forwarder = forwarder()
        try await drain(forwarder)
        try await drain(forwarder)
        let mails = await outbox.mails
        #expect(mails.map(\.to.description) == ["ada@example.com"])
        let mail = try #require(mails.first)
        #expect(mail.reversePath == .null)
        let text = String(decoding: mail.content, as: UTF8.self)
        #expect(text.contains("\r\nFinal-Recipient: rfc822; bob@rome.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"))
        #expect(text.contains("Message-ID: <\(House.id)@mail.example.com>"))
        #expect(
            text.contains("\r\nFrom: Mail Delivery System <MAILER-DAEMON@bounce.example>\r\n")
                || text.hasPrefix("From:"))
        #expect(text.contains("\r\nAuto-Submitted: auto-replied\r\n"))
        #expect(await cursors.position == 2)
    }

    @Test("a complaint too")
    func complained() async throws {
        await journal.accept(House.id, recipients: ["bob@rome.example"])
        let complaint = Fact.Complained(recipients: ["bob@rome.example"], feedbackType: "abuse", userAgent: "x")
        try await journal.record([
            Fact(at: clock.now, account: House.account, message: House.id, event: .complained(complaint))
        ])
        try await drain(forwarder())
        let text = String(decoding: try #require(await outbox.mails.first).content, as: UTF8.self)
        #expect(text.contains("Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"))
        #expect(text.contains("Original-Rcpt-To: <bob@rome.example>\r\n"))
    }

    @Test("nobody is told about mail from nobody, of the server's own, or where it is switched off")
    func silent() async throws {
        await journal.accept(House.id, recipients: ["bob@rome.example"], reversePath: "", door: "system")
        try await bounce()
        try await drain(forwarder())
        #expect(await outbox.mails.isEmpty)
        let other = FeedbackTests()
        await other.journal.accept(House.id, recipients: ["bob@rome.example"])
        try await other.bounce()
        try await other.drain(other.forwarder(isOn: false))
        #expect(await other.outbox.mails.isEmpty)
    }

    @Test("what happened more than a day ago is no news")
    func old() async throws {
        await journal.accept(House.id, recipients: ["bob@rome.example"])
        try await bounce()
        clock.set(clock.now + 86_401)
        try await drain(forwarder())
        #expect(await outbox.mails.isEmpty)
        #expect(await cursors.position == 2)
    }

    @Test("what the operator's limits forbid is left out, and holds nobody up")
    func refused() async throws {
        await journal.accept(House.id, recipients: ["bob@rome.example"])
        await outbox.refuse()
        try await bounce(times: 2)
        let forwarder = forwarder()
        try await drain(forwarder)
        #expect([forwarder.sent, forwarder.leftOut] == [0, 2])
        #expect(await cursors.position == 3)
    }

    @Test("an address gets so many an hour, and the next hour again")
    func rate() async throws {
        await journal.accept(House.id, recipients: ["bob@rome.example"])
        let forwarder = forwarder()
        try await bounce(times: 2_000)
        try await drain(forwarder)
        #expect([forwarder.sent, forwarder.leftOut] == [500, 1_500])
        clock.set(clock.now + 3600)
        try await bounce()
        try await drain(forwarder)
        #expect(forwarder.sent == 501)
    }

    @Test("a reply cannot write fields of its own, nor anything beyond ASCII")
    func hostile() async throws {
        await journal.accept(House.id, recipients: ["bob@rome.example"])
        try await bounce("550 5.1.1 x\r\n\r\n--=_\r\nAction: delivered\u{0} ü " + String(repeating: "y", count: 2_000))
        try await drain(forwarder())
        let body = try #require(await outbox.mails.first).content
        #expect(body.allSatisfy { $0 < 128 && $0 != 0 })
        let lines = String(decoding: body, as: UTF8.self).split(separator: "\r\n")
        #expect(!lines.contains("Action: delivered") && lines.allSatisfy { $0.utf8.count <= 998 })
    }
}
