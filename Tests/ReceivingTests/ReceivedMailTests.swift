// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Testing

@testable import Receiving

@Suite("Inbound mail, as it comes")
struct ReceivedMailTests {
    /// As Postfix writes it.
    private func postfixReport(_ recipient: String = "bob@rome.example", token: String) -> String {
        """
        From: MAILER-DAEMON@mx.rome.example (Mail Delivery System)\r
        Subject: Undelivered Mail Returned to Sender\r
        Auto-Submitted: auto-replied\r
        MIME-Version: 1.0\r
        Content-Type: multipart/report; report-type=delivery-status; boundary="B/mx"\r
        \r
        --B/mx\r
        Content-Description: Notification\r
        Content-Type: text/plain; charset=us-ascii\r
        \r
        I'm sorry to have to inform you that your message could not be delivered.\r
        \r
        --B/mx\r
        Content-Description: Delivery report\r
        Content-Type: message/delivery-status\r
        \r
        Reporting-MTA: dns; mx.rome.example\r
        X-Postfix-Queue-ID: 4F2B41234\r
        X-Postfix-Sender: rfc822; x@bounce.example\r
        Arrival-Date: Tue, 24 Nov 2026 07:42:53 +0000 (UTC)\r
        \r
        Final-Recipient: rfc822; \(recipient)\r
        Original-Recipient: rfc822;\(recipient)\r
        Action: failed\r
        Status: 5.2.2\r
        Diagnostic-Code: X-Postfix; mailbox is full\r
        \r
        --B/mx\r
        Content-Description: Undelivered Message Headers\r
        Content-Type: text/rfc822-headers\r
        \r
        Received: by mx.rome.example\r
        X-Postern-Report: \(token)\r
        From: ada@example.com\r
        \r
        --B/mx--\r

        """
    }

    private func feedback(_ recipient: String?, token: String) -> String {
        let named = recipient.map { "Original-Rcpt-To: <\($0)>\r\n" } ?? ""
        return """
            From: <fbl@loop.example>\r
            MIME-Version: 1.0\r
            Content-Type: multipart/report; report-type=feedback-report; boundary="F"\r
            \r
            --F\r
            \r
            This is a feedback report.\r
            --F\r
            Content-Type: message/feedback-report\r
            \r
            Feedback-Type: abuse\r
            User-Agent: Loop/2\r
            Version: 1\r
            \(named)Arrival-Date: Tue, 24 Nov 2026 07:42:53 +0100\r
            \r
            --F\r
            Content-Type: message/rfc822\r
            \r
            From: ada@example.com\r
            X-Postern-Report: \(token)\r
            \r
            Hello\r
            --F--\r

            """
    }

    private let desk = try! Mailbox(parsing: "postmaster@bounce.example")

    @Test("a report of Postfix becomes a bounce with what it says")
    func postfix() async throws {
        let house = await House()
        let mail = house.mail(to: house.returnPath, postfixReport(token: "-"))
        #expect(await house.reception.receive(mail).code == 250)
        #expect(await house.reception.receive(mail).code == 250)
        guard case .bounced(let outcome) = await house.written.first else { return #expect(Bool(false)) }
        #expect(outcome.recipients == ["bob@rome.example"] && outcome.attempt == 0)
        #expect(outcome.peer == "mx.rome.example" && outcome.reply == "mailbox is full")
        #expect(await house.written.count == 1)
    }

    @Test("one that lost the envelope is known by what it returns; the operator sees it where it counts for nothing")
    func lostEnvelope() async throws {
        let house = await House()
        #expect(await house.reception.receive(house.mail(to: desk, postfixReport(token: "\(house.token)"))).code == 250)
        #expect(await house.written.count == 1)
        #expect(await house.postmaster.mails.isEmpty)
        let forged = house.mail(to: desk, postfixReport("eve@oslo.example", token: "\(house.token)x"))
        #expect(await house.reception.receive(forged).code == 250)
        #expect(await house.written.count == 1)
        #expect(await house.postmaster.mails.count == 1)
        #expect(house.refused(.unsigned) == 1)
    }

    @Test("a complaint counts by the token in the mail it is about")
    func complaint() async throws {
        let house = await House()
        let desk = try Mailbox(parsing: "fbl@bounce.example")
        let mail = house.mail(to: desk, feedback("bob@rome.example", token: "\(house.token)"))
        #expect(await house.reception.receive(mail).code == 250)
        #expect(
            await house.written == [
                .complained(
                    Fact.Complained(
                        recipients: ["bob@rome.example"], feedbackType: "abuse", userAgent: "Loop/2",
                        arrivedAt: 1_795_502_573_000))
            ])
        #expect(
            await house.reception.receive(house.mail(to: desk, feedback("eve@oslo.example", token: "no"))).code == 250)
        #expect(await house.written.count == 1)
    }

    @Test("a complaint whose names were made unreadable, of a message to several, is of nobody")
    func redacted() async throws {
        let house = await House()
        let mail = house.mail(to: desk, feedback("[redacted]", token: "\(house.token)"))
        #expect(await house.reception.receive(mail).code == 250)
        guard case .complained(let complaint) = await house.written.first else { return #expect(Bool(false)) }
        #expect(complaint.recipients.isEmpty)
    }

    @Test("a machine's answer is taken and ignored", arguments: ["Auto-Submitted: auto-replied", "Precedence: bulk"])
    func automatic(_ field: String) async throws {
        let house = await House()
        let answer = "From: bob@rome.example\r\n\(field)\r\nSubject: Re: hello\r\n\r\nI am away.\r\n"
        let mail = house.mail(to: house.returnPath, from: .mailbox(try Mailbox(parsing: "bob@rome.example")), answer)
        #expect(await house.reception.receive(mail).code == 250)
        #expect(await house.written.isEmpty)
        #expect(house.counted(.autoReply) == 1)
    }

    @Test("a person is told that nobody reads there; what nobody sent is dropped")
    func person() async throws {
        let house = await House()
        let text = "From: bob@rome.example\r\nSubject: Re: hello\r\n\r\nThanks!\r\n"
        let person = house.mail(to: house.returnPath, from: .mailbox(try Mailbox(parsing: "bob@rome.example")), text)
        #expect(await house.reception.receive(person).code == 550)
        #expect(await house.reception.receive(house.mail(to: house.returnPath, text)).code == 250)
        #expect(await house.written.isEmpty)
        #expect(house.counted(.unreadable) == 2)
    }

    @Test("mail to the postmaster is kept, a bounded number an hour")
    func postmaster() async throws {
        let house = await House()
        let mail = house.mail(to: desk, "From: bob@rome.example\r\n\r\nYour server is odd.\r\n")
        for _ in 0..<300 { #expect(await house.reception.receive(mail).code == 250) }
        #expect(await house.reception.receive(mail).code == 451)
        #expect(await house.postmaster.mails.count == 300)
        house.clock.set(house.clock.now + 3600)
        #expect(await house.reception.receive(mail).code == 250)
    }

    @Test("nothing is acknowledged that could not be written down")
    func failure() async throws {
        let house = await House()
        await house.journal.fail(1)
        let mail = house.mail(to: house.returnPath, postfixReport(token: "-"))
        #expect(await house.reception.receive(mail).code == 451)
        #expect(await house.reception.receive(mail).code == 250)
        #expect(await house.written.count == 1)
        #expect(house.refused(.failure) == 1)
    }

    @Test(
        "whatever comes, it is answered",
        arguments: [
            "", "\r\n", "\u{0}\u{0}", "Content-Type: multipart/report; boundary=\r\n\r\n--\r\n--\r\n",
            String(repeating: "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n", count: 2_000),
            "Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\nContent-Type: message/delivery-status\r\n\r\n"
                + String(repeating: "Final-Recipient: rfc822; \r\nAction: failed\r\n\r\n", count: 5_000),
        ])
    func hostile(_ content: String) async throws {
        let house = await House()
        #expect(await house.reception.receive(house.mail(to: house.returnPath, content)).code == 250)
        #expect(await house.written.isEmpty)
    }
}
