// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail
import Reports
import Testing

/// Reports come from strangers: nothing here may trap, hang or grow.
@Suite("Hostile reports")
struct HostileReportTests {
    private func read(_ message: [UInt8]) -> (DSN?, ARF?, AutomaticMail?) {
        (DSN(parsing: message), ARF(parsing: message), AutomaticMail(message: message, reversePath: nil))
    }

    @Test("a line of ten megabytes")
    func longLine() {
        let line = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000_000)
        #expect(read(Array("Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: ".utf8) + line).0 == nil)
        #expect(read(Array("Subject: ".utf8) + line).2 == nil)
        let status =
            Array("Content-Type: message/delivery-status\r\n\r\nAction: failed\r\nFinal-Recipient: x;".utf8) + line
        #expect(
            (DSN(parsing: status)?.recipients.first?.finalRecipient.utf8.count ?? 0) <= ReportFields.maximumValueLength)
    }

    @Test("a hundred thousand parts")
    func manyParts() {
        let parts = String(repeating: "--b\r\nContent-Type: message/delivery-status\r\n\r\nx\r\n", count: 100_000)
        let result = read(Array("Content-Type: multipart/report; boundary=b\r\n\r\n\(parts)--b--\r\n".utf8))
        #expect(result.0 == nil)
    }

    @Test("a hundred thousand recipients")
    func manyRecipients() {
        let groups = String(repeating: "Final-Recipient: rfc822; a@b\r\nAction: failed\r\n\r\n", count: 100_000)
        let report = DSN(parsing: Array("Content-Type: message/delivery-status\r\n\r\n\(groups)".utf8))
        #expect(report?.recipients.count == DSN.maximumRecipients)
    }

    @Test("reports in reports")
    func nested() {
        var message = "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\n"
        for level in 0..<200 {
            message =
                "Content-Type: multipart/report; boundary=b\(level)\r\n\r\n--b\(level)\r\n\(message)\r\n--b\(level)--\r\n"
        }
        #expect(DSN(parsing: Array(message.utf8)) == nil)
    }

    @Test(
        "what is cut off, empty or full of NULs",
        arguments: [
            "Content-Type: multipart/report; report-type=delivery-status\r\n\r\n--\r\n--\r\n",
            "Content-Type: multipart/report; boundary=\"\"\r\n\r\n--\r\nContent-Type: message/delivery-status\r\n\r\nx",
            "Content-Type: message/delivery-status\r\n\r\n\0\0\0: \0\r\n \0\r\n\0",
            "Content-Type: message/delivery-status\r\n\r\n:\r\n: x\r\n ;\r\nFinal-Recipient:;;;\r\n",
            "Content-Type: message/feedback-report\r\n\r\nFeedback-Type:\r\n\0", "\0", "\r", "\n\n\n",
            "X-Failed-Recipients: ,,,@,\r\n\r\n",
            "\r\nHi. This is the", "\r\nHi. This is the at \r\n\r\n<>:\r\n<:\r\n>:\r\n---",
        ])
    func odd(_ text: String) {
        let result = read(Array(text.utf8))
        #expect(result.1 == nil)
        #expect(result.0?.recipients.count ?? 0 <= 1)
    }

    @Test("random octets", arguments: 0..<20)
    func random(_ seed: UInt64) {
        var state = seed
        let pieces = [
            "Content-Type: multipart/report; boundary=b\r\n", "\r\n", "--b\r\n",
            "Content-Type: message/delivery-status\r\n",
            "Final-Recipient: utf-8; \\x{", "Action: failed\r\n", "Hi. This is the", "\0", "é", "--b--", "<a@b>:\r\n",
            ";", "\n",
        ].map { Array($0.utf8) }
        var message: [UInt8] = []
        for _ in 0..<2_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            message += pieces[Int(state >> 33) % pieces.count]
        }
        #expect((read(message).0?.recipients.count ?? 0) <= DSN.maximumRecipients)
    }
}
