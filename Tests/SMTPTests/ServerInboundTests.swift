// SPDX-License-Identifier: Apache-2.0

import Mail
import SMTP
import Testing

@Suite("SMTP server session of an inbound listener")
struct ServerInboundTests {
    private func driver(_ decisions: [String: Reply] = [:]) -> Driver {
        var driver = Driver { settings in
            settings.allowsNullReversePath = true
            settings.asksAboutRecipients = true
            settings.postmasterDomain = try? Domain(parsing: "bounce.example")
            settings.maximumErrors = 4
        }
        driver.decisions = decisions
        return driver
    }

    @Test("takes a report from nobody, in one piece and octet by octet", arguments: [1, 1_000])
    func nullReversePath(_ piece: Int) {
        var driver = driver()
        let text =
            "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<t@bounce.example>\r\nDATA\r\nA: b\r\n\r\nx\r\n.\r\nQUIT\r\n"
        let all = Array(text.utf8)
        for start in stride(from: 0, to: all.count, by: piece) {
            driver.send(Array(all[start..<min(start + piece, all.count)]))
        }
        #expect(driver.replies == [220, 250, 250, 250, 354, 250, 221])
        #expect(driver.messages.map(\.0.reversePath) == [.null])
        #expect(driver.asked == ["t@bounce.example"])
    }

    @Test("refuses whom the house refuses, and forgets them")
    func refused() {
        var driver = driver(["bob@example.org": Reply(550, .init(5, 7, 1), "Not here")])
        driver.send("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n")
        #expect(driver.replies == [220, 250, 250, 550, 503])
        driver.send("RCPT TO:<t@bounce.example>\r\nDATA\r\nx\r\n.\r\n")
        #expect(driver.messages.map { $0.0.forwardPaths.map(\.description) } == [["<t@bounce.example>"]])
    }

    @Test("who asks for one address after the other is sent away; our own trouble is not held against them")
    func probing() {
        var guessing = driver(["a@b.example": Reply(550, .init(5, 7, 1), "Not here")])
        guessing.send("EHLO x\r\nMAIL FROM:<>\r\n" + String(repeating: "RCPT TO:<a@b.example>\r\n", count: 9))
        #expect(guessing.replies == [220, 250, 250, 550, 550, 550, 550, 421])
        #expect(guessing.isClosed)
        var unlucky = driver(["a@b.example": Reply(451, .init(4, 3, 0), "Later")])
        unlucky.send("EHLO x\r\nMAIL FROM:<>\r\n" + String(repeating: "RCPT TO:<a@b.example>\r\n", count: 9))
        #expect(!unlucky.isClosed)
    }

    @Test("knows the postmaster without a domain", arguments: ["<postmaster>", "<Postmaster>"])
    func postmaster(_ path: String) {
        var driver = driver()
        driver.send("EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:\(path)\r\n")
        #expect(driver.replies == [220, 250, 250, 250])
        #expect(driver.asked == ["postmaster@bounce.example"])
        var submission = Driver()
        submission.send("EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:\(path)\r\n")
        #expect(submission.replies == [220, 250, 250, 553])
    }

    @Test("offers no AUTH and lets nobody use it")
    func noAuthentication() {
        var driver = driver()
        driver.send("EHLO x\r\nAUTH PLAIN AGEAYg==\r\n")
        #expect(driver.replies == [220, 250, 503])
    }
}
