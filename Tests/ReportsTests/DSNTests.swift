// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail
import Reports
import Settings
import Testing

@Suite("Delivery status notifications")
struct DSNTests {
    static func bytes(_ text: String) -> [UInt8] { LineEnds.normalised(Array(text.utf8)) }

    static let failed = """
        Return-Path: <>
        From: MAILER-DAEMON@mx.example.net
        Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

        --b1
        Content-Type: text/plain

        Sorry.
        --b1
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example.net
        Original-Envelope-Id: abc
        Arrival-Date: Tue, 24 Nov 2026 07:42:53 +0000

        Original-Recipient: rfc822; Ada@example.org
        Final-Recipient: rfc822; <ada@example.org>
        Action: Failed (permanent)
        Status: 5.1.1 (bad mailbox)
        Remote-MTA: dns; mx.example.org
        Diagnostic-Code: smtp; 550 5.1.1
         no such user
        Last-Attempt-Date: Tue, 24 Nov 2026 07:43:00 +0000

        Final-Recipient: rfc822; bob@example.org
        Action: delayed
        Status: 4.2.2

        --b1
        Content-Type: message/rfc822

        Message-ID: <m1@example.com>
        X-Token: t1

        body: no field
        --b1--
        """

    @Test("reads RFC 3464")
    func reads() {
        let expected = DSN(
            reportingMTA: "mx.example.net", originalEnvelopeID: "abc", arrivalDate: "Tue, 24 Nov 2026 07:42:53 +0000",
            recipients: [
                .init(
                    originalRecipient: "Ada@example.org", finalRecipient: "ada@example.org", action: .failed,
                    status: .init(5, 1, 1), remoteMTA: "mx.example.org", diagnostic: "550 5.1.1 no such user",
                    lastAttempt: "Tue, 24 Nov 2026 07:43:00 +0000"),
                .init(finalRecipient: "bob@example.org", action: .delayed, status: .init(4, 2, 2)),
            ],
            returned: ReportFields([
                .init(name: "Message-ID", value: "<m1@example.com>"), .init(name: "X-Token", value: "t1"),
            ]))
        #expect(DSN(parsing: Self.bytes(Self.failed)) == expected)
        // As a client of ours may have stored it: with bare LF.
        #expect(DSN(parsing: Array(Self.failed.utf8)) == expected)
    }

    @Test("says what a failure means")
    func verdicts() throws {
        let rules = try ReplyRulesFile.shipped()
        let report = try #require(DSN(parsing: Self.bytes(Self.failed)))
        #expect(report.recipients.map { $0.verdict(rules).bounce } == [.noEmail, .mailboxFull])
    }

    @Test("reads addresses beyond ASCII (RFC 6533)")
    func utf8() throws {
        let status = """
            Reporting-MTA: dns; mx

            Final-Recipient: utf-8; Dörte@Sörensen.example
            Original-Recipient: utf-8; D\\x{F6}rte@example
            Action: failed
            Status: 5.1.1

            """
        let text = """
            Content-Type: multipart/report; report-type=delivery-status; boundary=b

            --b
            Content-Type: message/global-delivery-status
            Content-Transfer-Encoding: base64

            \(String(decoding: Base64.encode(Array(status.utf8)), as: UTF8.self))
            --b--
            """
        let report = try #require(DSN(parsing: Self.bytes(text)))
        #expect(report.recipients.map(\.finalRecipient) == ["Dörte@Sörensen.example"])
        #expect(report.recipients.map(\.originalRecipient) == ["Dörte@example"])
    }

    @Test("reads qmail's letter")
    func qmail() {
        let text = """
            From: MAILER-DAEMON@mx.example.net
            Subject: failure notice

            Hi. This is the qmail-send program at mx.example.net.
            I'm afraid I wasn't able to deliver your message to the following addresses.
            This is a permanent error; I've given up. Sorry it didn't work out.

            <ada@example.org>:
            Sorry, no mailbox here by that name. (#5.1.1)

            <bob@example.org>:
            192.0.2.1 failed after I sent the message.
            Remote host said: 552 over quota

            --- Below this line is a copy of the message.

            Return-Path: <token@example.com>
            Message-ID: <m1@example.com>

            body
            """
        #expect(
            DSN(parsing: Self.bytes(text))
                == DSN(
                    reportingMTA: "mx.example.net",
                    recipients: [
                        .init(
                            finalRecipient: "ada@example.org", action: .failed, status: .init(5, 1, 1),
                            diagnostic: "Sorry, no mailbox here by that name. (#5.1.1)"),
                        .init(
                            finalRecipient: "bob@example.org", action: .failed,
                            diagnostic: "192.0.2.1 failed after I sent the message. Remote host said: 552 over quota"),
                    ],
                    returned: ReportFields([
                        .init(name: "Return-Path", value: "<token@example.com>"),
                        .init(name: "Message-ID", value: "<m1@example.com>"),
                    ])))
    }

    @Test("reads Exim's letter")
    func exim() {
        let text = """
            X-Failed-Recipients: ada@example.org
            Subject: Mail delivery failed: returning message to sender

            This message was created automatically by mail delivery software.

              ada@example.org
                SMTP error from remote mail server after RCPT TO:<ada@example.org>:
                550 5.1.1 User unknown

            ------ This is a copy of the message, including all the headers. ------

            Message-ID: <m1@example.com>
            """
        #expect(
            DSN(parsing: Self.bytes(text))
                == DSN(
                    reportingMTA: nil,
                    recipients: [
                        .init(
                            finalRecipient: "ada@example.org", action: .failed, status: .init(5, 1, 1),
                            diagnostic:
                                "SMTP error from remote mail server after RCPT TO:<ada@example.org>: 550 5.1.1 User unknown"
                        )
                    ],
                    returned: ReportFields([.init(name: "Message-ID", value: "<m1@example.com>")])))
    }

    @Test(
        "is nil for other mail",
        arguments: [
            "", "\r\n", "Subject: x\n\nhello",
            "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n--b--",
            "Content-Type: multipart/report\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b\n",
            "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;\nAction: failed\n",
            "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b\nAction: eaten\n",
        ])
    func others(_ text: String) { #expect(DSN(parsing: Self.bytes(text)) == nil) }

    @Test("what is composed reads back", arguments: [DSN.Action.failed, .delayed])
    func roundTrip(_ action: DSN.Action) throws {
        let report = DSN(
            reportingMTA: "mx.example.com", originalEnvelopeID: "e1", arrivalDate: "Tue, 24 Nov 2026 07:42:53 +0000",
            recipients: [
                .init(
                    originalRecipient: "ada@example.org", finalRecipient: "ada@example.org", action: action,
                    status: .init(action == .failed ? 5 : 4, 1, 1), remoteMTA: "mx.example.org",
                    diagnostic: "550 5.1.1 no such user", lastAttempt: "Tue, 24 Nov 2026 07:43:00 +0000"),
                .init(finalRecipient: "Dörte@example.org", action: action, status: .init(4, 0, 0)),
            ],
            returned: ReportFields([
                .init(name: "Subject", value: "hé"), .init(name: "Message-ID", value: "<m1@example.com>"),
            ]))
        let letterhead = DSN.Letterhead(
            from: try Mailbox(parsing: "postmaster@example.com"), to: try Mailbox(parsing: "ada@example.com"),
            date: Timestamp(seconds: 1_764_000_000), messageID: "r1@example.com")
        let message = try report.compose(
            letterhead, returnedHeader: Array("Subject: hé\nMessage-ID: <m1@example.com>\n".utf8), random: { 7 })
        #expect(message.allSatisfy { $0 < 0x80 })
        #expect(LineEnds.firstBare(in: message) == nil)
        #expect(DSN(parsing: message) == report)
        #expect(AutomaticMail(message: message, reversePath: nil) == .report)
    }

    @Test("a value that would add a field is refused or made harmless")
    func injection() throws {
        let letterhead = DSN.Letterhead(
            from: try Mailbox(parsing: "a@example.com"), to: try Mailbox(parsing: "b@example.com"),
            date: Timestamp(seconds: 0), messageID: "r1@example.com")
        let report = DSN(
            reportingMTA: "mx",
            recipients: [.init(finalRecipient: "a@b\r\nAction: delivered", action: .failed, diagnostic: "x\r\n\r\ny")])
        let read = try #require(DSN(parsing: try report.compose(letterhead, returnedHeader: [], random: { 7 })))
        #expect(
            read.recipients == [
                .init(
                    finalRecipient: "a@b??Action: delivered", action: .failed, status: .init(5, 0, 0),
                    diagnostic: "x????y")
            ])
    }

    @Test(
        "reads dates",
        arguments: [
            ("Tue, 24 Nov 2026 07:42:53 +0000", 1_795_506_173), ("24 Nov 2026 08:42 +0100", 1_795_506_120),
            ("Thu, 1 Jan 1970 00:00:00 GMT", 0), ("29 Feb 2024 00:00:00 -0030 (x)", 1_709_166_600),
            ("31 Foo 2024 00:00:00 +0000", nil), ("", nil), ("1 Jan 99999 00:00:00 +0000", nil),
            ("1 Jan 2024 25:00:00", nil),
        ] as [(String, Int64?)])
    func dates(_ text: String, _ seconds: Int64?) { #expect(ReportDate.parse(text)?.seconds == seconds) }
}
