// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail
import Reports
import Testing

@Suite("Feedback reports")
struct ARFTests {
    @Test("reads RFC 5965")
    func reads() {
        let text = """
            From: <abuse@example.net>
            Content-Type: multipart/report; report-type=feedback-report; boundary="b"

            --b
            Content-Type: text/plain

            A complaint.
            --b
            Content-Type: message/feedback-report

            Feedback-Type: Abuse
            User-Agent: SomeGenerator/1.0
            Version: 1
            Original-Mail-From: <token@example.com>
            Original-Rcpt-To: <ada@example.net>
            Original-Rcpt-To: <bob@example.net>
            Received-Date: Thu, 8 Mar 2005 14:00:00 EDT
            Source-IP: 192.0.2.1
            Reporting-MTA: dns; mail.example.net
            Reported-Domain: example.com

            --b
            Content-Type: message/rfc822

            Message-ID: <m1@example.com>

            Buy.
            --b--
            """
        #expect(
            ARF(parsing: DSNTests.bytes(text))
                == ARF(
                    feedbackType: .abuse, userAgent: "SomeGenerator/1.0", originalMailFrom: "token@example.com",
                    originalRecipients: ["ada@example.net", "bob@example.net"],
                    arrivalDate: "Thu, 8 Mar 2005 14:00:00 EDT",
                    sourceIP: "192.0.2.1", reportingMTA: "mail.example.net", reportedDomains: ["example.com"],
                    original: ReportFields([.init(name: "Message-ID", value: "<m1@example.com>")])))
    }

    @Test(
        "knows the types that SES knows",
        arguments: [
            ("abuse", ARF.FeedbackType.abuse), ("FRAUD", .fraud), ("virus", .virus), ("other", .other),
            ("not-spam", .notSpam),
            ("auth-failure", .authFailure), ("opt-out", .other),
        ])
    func types(_ word: String, _ type: ARF.FeedbackType) {
        let text = "Content-Type: message/feedback-report\n\nFeedback-Type: \(word)\n"
        #expect(ARF(parsing: DSNTests.bytes(text)) == ARF(feedbackType: type))
    }

    @Test(
        "is nil for other mail",
        arguments: ["", "Subject: x\n\ny", "Content-Type: message/feedback-report\n\nVersion: 1\n"])
    func others(_ text: String) { #expect(ARF(parsing: DSNTests.bytes(text)) == nil) }

    @Test("what is composed reads back")
    func roundTrip() throws {
        let report = ARF(
            feedbackType: .notSpam, userAgent: "Postern", originalMailFrom: "token@example.com",
            originalRecipients: ["ada@example.net"], arrivalDate: "Tue, 24 Nov 2026 07:42:53 +0000",
            sourceIP: "192.0.2.1",
            reportingMTA: "mx.example.net", originalEnvelopeID: "e1", reportedDomains: ["example.com"],
            original: ReportFields([.init(name: "Message-ID", value: "<m1@example.com>")]))
        let letterhead = DSN.Letterhead(
            from: try Mailbox(parsing: "fbl@example.net"), to: try Mailbox(parsing: "abuse@example.com"),
            date: Timestamp(seconds: 1_764_000_000), messageID: "r1@example.net")
        let message = try report.compose(
            letterhead, originalHeader: Array("Message-ID: <m1@example.com>\n".utf8), random: { 7 })
        #expect(ARF(parsing: message) == report)
        #expect(DSN(parsing: message) == nil)
    }
}
