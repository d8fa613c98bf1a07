// SPDX-License-Identifier: Apache-2.0

import Mail
import SMTP
import Testing

@Suite("SMTP server: limits and order")
struct ServerLimitTests {
    private static let envelope = ServerContentTests.envelope

    @Test("takes a line as long as the limit and no longer, whatever the pieces", arguments: [1, 7, 100_000])
    func lines(_ piece: Int) {
        for (length, code) in [(2_046, 250), (2_047, 250), (2_048, 500), (2_049, 500), (90_000, 500)] as [(Int, UInt16)]
        {
            var driver = Driver()
            // `length` octets and CR; LF is not counted.
            ServerContentTests.send(
                "NOOP " + String(repeating: "x", count: length - 5) + "\r\nNOOP\r\n", to: &driver, by: piece)
            #expect(driver.replies == [220, code, 250], "\(length)")
        }
    }

    @Test(
        "refuses lines that another server might read as two",
        arguments: ["NOOP\n", "NO\rOP\r\n", "NOOP\0\r\n", "\n", "NOOP\r\r\n"])
    func broken(_ line: String) {
        var driver = Driver()
        driver.send(line + "NOOP\r\n")
        #expect(driver.replies == [220, 500, 250])
    }

    @Test(
        "parts from a client of HTTP before its body is read as commands", arguments: ["POST / HTTP/1.1", "x y http/2"])
    func otherProtocol(_ line: String) {
        var driver = Driver()
        driver.send("\(line)\r\nHost: x\r\n\r\nEHLO x\r\nMAIL FROM:<a@example.com>\r\n")
        #expect(driver.replies == [220, 421] && driver.isClosed)
    }

    @Test("counts 100 000 recipients off without keeping them")
    func recipientFlood() {
        var driver = Driver { $0.maximumErrors = .max }
        driver.send("EHLO x\r\nMAIL FROM:<a@example.com>\r\n")
        driver.replies = []
        let hundred = String(repeating: "RCPT TO:<b@example.com>\r\n", count: 100)
        for _ in 0..<1_000 { driver.send(hundred) }
        #expect(driver.replies.count(where: { $0 == 250 }) == 50)
        #expect(driver.replies.count(where: { $0 == 452 }) == 99_950)
        driver.send("DATA\r\n.\r\n")
        #expect(driver.messages.map(\.0.forwardPaths.count) == [50])
    }

    @Test("parts from a client that floods it, and reads no more")
    func errorFlood() {
        var driver = Driver()
        driver.send(
            "EHLO x\r\nMAIL FROM:<a@example.com>\r\n" + String(repeating: "RCPT TO:<b@example.com>\r\n", count: 100_000)
        )
        #expect(driver.replies.count == 3 + 50 + 20 + 1)
        #expect(driver.replies.last == 421 && driver.isClosed)
        #expect(driver.session.next() == nil)
    }

    @Test("takes a declared and a counted size up to the limit")
    func sizes() {
        for (size, code) in [(100, 250), (101, 552)] as [(Int, UInt16)] {
            var driver = Driver { $0.maximumMessageSize = 100 }
            driver.send("EHLO x\r\nMAIL FROM:<a@example.com> SIZE=\(size)\r\n")
            #expect(driver.replies.last == code)
            driver = Driver { $0.maximumMessageSize = 100 }
            driver.send(Self.envelope + "DATA\r\n" + String(repeating: "x", count: size - 2) + "\r\n.\r\nNOOP\r\n")
            #expect(driver.replies.suffix(2) == [code, 250])
            #expect(driver.messages.count == (code == 250 ? 1 : 0) && driver.content.isEmpty)
        }
    }

    @Test("forgets what a message too long had so far")
    func tooLong() {
        var driver = Driver { $0.maximumMessageSize = 1_000_000 }
        driver.send(Self.envelope + "DATA\r\n")
        for _ in 0..<100 { driver.send(String(repeating: "0123456\r\n", count: 10_000)) }
        #expect(driver.content.isEmpty)
        driver.send(".\r\n")
        #expect(driver.replies.last == 552)
        driver.send(Self.envelope + "DATA\r\nsmall\r\n.\r\n")
        #expect(ServerContentTests.texts(driver) == ["small\r\n"])
    }

    @Test(
        "knows its order",
        arguments: [
            ("RCPT TO:<b@example.com>\r\n", [503]), ("DATA\r\n", [503]),
            ("MAIL FROM:<a@example.com>\r\nDATA\r\n", [250, 503]),
            ("MAIL FROM:<a@example.com>\r\nMAIL FROM:<a@example.com>\r\n", [250, 503]),
            ("MAIL FROM:<a@example.com>\r\nRSET\r\nRCPT TO:<b@example.com>\r\n", [250, 250, 503]),
            ("MAIL FROM:<a@example.com>\r\nEHLO y\r\nRCPT TO:<b@example.com>\r\n", [250, 250, 503]),
            ("MAIL FROM:<a@example.com>\r\nRCPT TO:<bad>\r\nDATA\r\n", [250, 553, 503]),
            (
                "MAIL FROM:<a@example.com>\r\nRCPT TO:<bad>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n",
                [250, 553, 250, 354]
            ),
        ] as [(String, [UInt16])])
    func order(_ text: String, _ replies: [UInt16]) {
        var driver = Driver()
        driver.send("EHLO x\r\n")
        driver.replies = []
        driver.send(text)
        #expect(driver.replies == replies)
    }

    @Test("starts anew after each message and each refusal")
    func anew() {
        var driver = Driver()
        driver.send(Self.envelope + "DATA\r\none\r\n.\r\nRCPT TO:<c@example.com>\r\n")
        #expect(driver.replies.suffix(2) == [250, 503])
        driver.send("MAIL FROM:<a@example.com>\r\nRCPT TO:<c@example.com>\r\nDATA\r\ntwo\r\n.\r\n")
        #expect(
            driver.messages.map { $0.0.forwardPaths.map(\.description) } == [["<b@example.com>"], ["<c@example.com>"]])
        #expect(ServerContentTests.texts(driver) == ["one\r\n", "two\r\n"])
    }

    @Test(
        "wants SMTPUTF8 for addresses beyond ASCII",
        arguments: [
            ("MAIL FROM:<é@example.com>\r\n", 553), ("MAIL FROM:<é@example.com> SMTPUTF8\r\n", 250),
            ("MAIL FROM:<a@example.com>\r\nRCPT TO:<é@example.com>\r\n", 553),
            ("MAIL FROM:<a@example.com> SMTPUTF8\r\nRCPT TO:<é@example.com>\r\n", 250),
        ] as [(String, UInt16)])
    func internationalized(_ text: String, _ code: UInt16) {
        var driver = Driver()
        driver.send("EHLO x\r\n" + text)
        #expect(driver.replies.last == code)
    }

    @Test("takes no octets for an address that are no UTF-8: another address would get the mail")
    func notUnicode() {
        var driver = Driver()
        driver.send("EHLO x\r\nMAIL FROM:<a@example.com> SMTPUTF8\r\n")
        driver.replies = []
        for octets in [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]] {
            driver.send(Array("RCPT TO:<".utf8) + octets + Array("@example.com>\r\n".utf8))
        }
        #expect(driver.replies.allSatisfy { (500...599).contains($0) })
    }

    @Test("survives any octets, in any pieces, in both modes")
    func noise() {
        var generator = SplitMix(state: 2_026)
        let words = [
            "EHLO x\r\n", "MAIL FROM:<a@example.com>\r\n", "RCPT TO:<b@example.com>\r\n", "DATA\r\n", ".\r\n",
            "BDAT 3\r\n",
            "BDAT 2 LAST\r\n", "AUTH PLAIN\r\n", "AUTH LOGIN dXNlcg==\r\n", "cmlnaHQ=\r\n", "*\r\n", "STARTTLS\r\n",
            "RSET\r\n",
            "\r", "\n", "\0", "\u{FF}", "x",
        ]
        for round in 0..<3_000 {
            var driver = Driver(trusted: round % 2 == 0)
            for _ in 0..<40 where !driver.isClosed {
                driver.send(words[Int.random(in: 0..<words.count, using: &generator)])
            }
            for (envelope, content) in driver.messages {
                #expect(!envelope.forwardPaths.isEmpty)
                let pairs = zip([0] + content, content + [0])
                #expect(!content.contains(0) && pairs.allSatisfy { ($0 == 13) == ($1 == 10) })
            }
        }
    }
}
