// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Reports
import Testing

@testable import Receiving

@Suite("Whom the inbound listener takes mail for")
struct AdmissionTests {
    @Test("return paths of ours, at any domain that leads here")
    func returnPaths() async throws {
        let house = await House()
        #expect(await house.reception.admit(house.returnPath, from: "192.0.2.1") == nil)
        let elsewhere = try Mailbox(localPart: house.returnPath.localPart, domain: Domain(parsing: "mail.example.org"))
        #expect(await house.reception.admit(elsewhere, from: "192.0.2.1") == nil)
    }

    @Test(
        "the operator's addresses and feedback addresses",
        arguments: ["postmaster@bounce.example", "Abuse@bounce.example", "fbl@bounce.example", "loops@example.com"])
    func roles(_ address: String) async throws {
        let house = await House()
        #expect(await house.reception.admit(try Mailbox(parsing: address), from: "192.0.2.1") == nil)
    }

    @Test(
        "nobody else: it is no relay",
        arguments: [
            "bob@rome.example", "postmaster@rome.example", "fbl@example.com", "b+@bounce.example",
            "mailer-daemon@bounce.example", "bob%rome.example@bounce.example", "\"bob@rome.example\"@bounce.example",
        ])
    func strangers(_ address: String) async throws {
        let house = await House()
        let reply = await house.reception.admit(try Mailbox(parsing: address), from: "192.0.2.1")
        #expect(reply?.code == 550 && reply?.enhanced == .init(5, 7, 1))
    }

    @Test("no token that was made elsewhere, of a message nobody knows, or that is too old")
    func tokens() async throws {
        let house = await House()
        let stranger = ReturnPathKeys([.init(number: 3, secret: SecretBytes([9]), madeAt: Timestamp(seconds: 0))])
        let forged = stranger.token(for: House.id, account: House.account)!.returnPath(at: House.domain)!.mailbox!
        #expect(await house.reception.admit(forged, from: "")?.code == 550)
        let other = MessageID(region: "us-east-1", at: House.acceptedAt, random: (1, 1))
        let unknown = house.keys.token(for: other, account: House.account)!.returnPath(at: House.domain)!.mailbox!
        #expect(await house.reception.admit(unknown, from: "")?.code == 550)
        house.clock.set(House.acceptedAt + 30 * 86_400)
        #expect(await house.reception.admit(house.returnPath, from: "") == nil)
        house.clock.set(House.acceptedAt + (30 * 86_400 + 1))
        #expect(await house.reception.admit(house.returnPath, from: "")?.code == 550)
        #expect([house.refused(.forged), house.refused(.unknown), house.refused(.expired)] == [1, 1, 1])
        #expect(await house.written.isEmpty)
    }
}

@Suite("Delivery reports")
struct DeliveryReportTests {
    private func part(
        _ recipient: String, original: String? = nil, _ action: DSN.Action = .failed,
        _ diagnostic: String = "550 5.1.1 no such user"
    ) -> DSN.Recipient {
        .init(
            originalRecipient: original, finalRecipient: recipient, action: action, status: EnhancedStatusCode(5, 1, 1),
            diagnostic: diagnostic)
    }

    private func report(_ parts: DSN.Recipient..., token: ReturnPathToken? = nil) -> DSN {
        DSN(reportingMTA: "mx.rome.example", recipients: parts, returned: House.returned(token))
    }

    private func bounce(_ recipient: String, _ reply: String = "550 5.1.1 no such user") -> Fact.Event {
        .bounced(
            Fact.Outcome(
                recipients: [recipient], attempt: 0, peer: "mx.rome.example", reply: reply, tls: nil, milliseconds: 0,
                verdict: Fact.Verdict(
                    type: "Undetermined", subType: "Undetermined", party: "peer", delay: "Undetermined", rule: "none")))
    }

    @Test("a failure at the return path is a bounce")
    func failed() async throws {
        let house = await House()
        #expect(try await house.reception.take(report(part("bob@rome.example")), house.mail(to: house.returnPath)))
        #expect(await house.written == [bounce("bob@rome.example")])
        #expect(house.counted(.bounce) == 1)
    }

    @Test("so is one that bears the token in what it returns only")
    func headerToken() async throws {
        let house = await House()
        let mail = house.mail(to: try Mailbox(parsing: "postmaster@bounce.example"))
        #expect(try await house.reception.take(report(part("bob@rome.example"), token: house.token), mail))
        #expect(await house.written == [bounce("bob@rome.example")])
    }

    @Test("the name we used counts before the name at the end; another case is the same recipient")
    func names() async throws {
        let house = await House()
        let mail = house.mail(to: house.returnPath)
        let forwarded = report(part("robert@elsewhere.example", original: "bob@rome.example"), part("EVE@Oslo.example"))
        #expect(try await house.reception.take(forwarded, mail))
        #expect(await house.written == [bounce("bob@rome.example"), bounce("eve@oslo.example")])
    }

    @Test("nobody who was no recipient is bounced")
    func wrongRecipient() async throws {
        let house = await House()
        let mail = house.mail(to: house.returnPath)
        #expect(try await house.reception.take(report(part("victim@rome.example"), part("not an address")), mail))
        #expect(await house.written.isEmpty)
        #expect(house.refused(.recipient) == 2)
    }

    @Test("without a token, or with a forged one, nothing counts")
    func unsigned() async throws {
        let house = await House()
        let mail = house.mail(to: try Mailbox(parsing: "postmaster@bounce.example"))
        #expect(try await !house.reception.take(report(part("bob@rome.example")), mail))
        let forged = ReturnPathToken(message: House.id, key: 3, signature: Array(repeating: 0, count: 12))
        #expect(try await !house.reception.take(report(part("bob@rome.example"), token: forged), mail))
        #expect(await house.written.isEmpty)
        #expect([house.refused(.unsigned), house.refused(.forged)] == [1, 1])
    }

    @Test("the same report counts once, also when it comes many times at once")
    func duplicates() async throws {
        let house = await House()
        let mail = house.mail(to: house.returnPath)
        let twice = report(part("bob@rome.example"), part("bob@rome.example"))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = try? await house.reception.take(twice, mail) } }
        }
        #expect(await house.written == [bounce("bob@rome.example")])
        #expect(house.counted(.duplicate) == 39)
    }

    @Test("delays are written down, each once, a few of them, and none after the bounce")
    func delays() async throws {
        let house = await House()
        let mail = house.mail(to: house.returnPath)
        for number in [1, 1, 2] + Array(3...20) {
            let late = part("bob@rome.example", .delayed, "451 4.3.0 later \(number)")
            #expect(try await house.reception.take(report(late), mail))
        }
        #expect(await house.written.count == 10)
        #expect([house.counted(.delay), house.counted(.duplicate), house.refused(.excess)] == [10, 1, 10])
        #expect(try await house.reception.take(report(part("bob@rome.example")), mail))
        #expect(try await house.reception.take(report(part("bob@rome.example", .delayed, "451 4.3.0 new")), mail))
        #expect(await house.written.count == 11)
    }

    @Test("a delivery is noted and is no fact")
    func delivered() async throws {
        let house = await House()
        #expect(
            try await house.reception.take(
                report(part("bob@rome.example", .delivered)), house.mail(to: house.returnPath)))
        #expect(await house.written.isEmpty)
        #expect(house.counted(.delivery) == 1)
    }

    @Test("what a stranger wrote is kept on one line, bounded; parts beyond fifty are not read")
    func bounds() async throws {
        let house = await House()
        let long = part("bob@rome.example", .failed, "550 5.1.1 a\r\nb\u{0}" + String(repeating: "x", count: 5_000))
        let many = DSN(
            reportingMTA: String(repeating: "r", count: 900),
            recipients: [long] + Array(repeating: part("victim@rome.example"), count: 900))
        #expect(try await house.reception.take(many, house.mail(to: house.returnPath)))
        guard case .bounced(let outcome) = await house.written.first else { return #expect(Bool(false)) }
        #expect(outcome.reply.count == 1_001 && !outcome.reply.contains("\r") && !outcome.reply.contains("\u{0}"))
        #expect(outcome.peer.count == 256)
        #expect([house.refused(.recipient), house.refused(.excess)] == [49, 1])
    }

    @Test("a write that fails is no yes, and the report counts when it comes again")
    func failedWrite() async throws {
        let house = await House()
        await house.journal.fail(1)
        let mail = house.mail(to: house.returnPath)
        await #expect(throws: (any Error).self) {
            _ = try await house.reception.take(report(part("bob@rome.example")), mail)
        }
        #expect(house.counted(.bounce) == 0)
        #expect(try await house.reception.take(report(part("bob@rome.example")), mail))
        #expect(await house.written == [bounce("bob@rome.example")])
    }
}

@Suite("Complaints")
struct ComplaintTests {
    private func report(
        _ type: ARF.FeedbackType = .abuse, _ recipients: String..., token: ReturnPathToken?
    ) -> ARF {
        ARF(feedbackType: type, userAgent: "Loop/1", originalRecipients: recipients, original: House.returned(token))
    }

    private func complaint(_ recipients: String..., type: String = "abuse") -> Fact.Event {
        .complained(Fact.Complained(recipients: recipients, feedbackType: type, userAgent: "Loop/1"))
    }

    private let desk = try! Mailbox(parsing: "fbl@bounce.example")

    @Test("counts for the recipient it names, once")
    func named() async throws {
        let house = await House()
        for _ in 0..<2 {
            #expect(
                try await house.reception.take(
                    report(.abuse, "bob@rome.example", token: house.token), house.mail(to: desk)))
        }
        #expect(await house.written == [complaint("bob@rome.example")])
        #expect([house.counted(.complaint), house.counted(.duplicate)] == [1, 1])
    }

    @Test("names nobody: the only recipient is meant, where there is one")
    func only() async throws {
        let house = await House(recipients: ["bob@rome.example"])
        #expect(try await house.reception.take(report(token: house.token), house.mail(to: desk)))
        #expect(await house.written == [complaint("bob@rome.example")])
    }

    @Test("names none of several: it is recorded once, and of nobody")
    func nobody() async throws {
        let house = await House()
        for _ in 0..<2 {
            #expect(try await house.reception.take(report(token: house.token), house.mail(to: desk)))
        }
        #expect(await house.written == [complaint()])
        #expect(house.counted(.complaintOfNobody) == 1)
    }

    @Test("without a token nothing counts, nor for who was no recipient")
    func refused() async throws {
        let house = await House()
        #expect(try await !house.reception.take(report(.abuse, "bob@rome.example", token: nil), house.mail(to: desk)))
        #expect(
            try await house.reception.take(
                report(.abuse, "victim@rome.example", token: house.token), house.mail(to: desk)))
        #expect(await house.written.isEmpty)
        #expect([house.refused(.unsigned), house.refused(.recipient)] == [1, 1])
    }

    @Test("feedback that is no complaint is none", arguments: [ARF.FeedbackType.notSpam, .authFailure])
    func otherFeedback(_ type: ARF.FeedbackType) async throws {
        let house = await House()
        #expect(
            try await house.reception.take(report(type, "bob@rome.example", token: house.token), house.mail(to: desk)))
        #expect(await house.written.isEmpty)
        #expect(house.counted(.feedback) == 1)
    }
}
