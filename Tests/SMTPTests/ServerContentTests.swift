// SPDX-License-Identifier: Apache-2.0

import Mail
import SMTP
import Testing

@Suite("SMTP server: content")
struct ServerContentTests {
    static let envelope = "EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n"
    /// The ten endings of the SMTP smuggling papers.
    static let endings = [
        "\n.\n", "\r.\r", "\r.\n", "\n.\r", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r\n.\r", "\r\n\0.\r\n", "\r\n.\0\r\n",
    ]
    static let second = "MAIL FROM:<a@example.com>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nx\r\n"

    static func texts(_ driver: Driver) -> [String] { driver.messages.map { String(decoding: $0.1, as: UTF8.self) } }

    static func send(_ text: String, to driver: inout Driver, by piece: Int) {
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            driver.send(Array(bytes[start..<min(start + piece, bytes.count)]))
        }
    }

    @Test("stays in step after an ambiguous end, whatever the pieces", arguments: endings, [1, 2, 3, 5, 4_096])
    func inStep(_ ending: String, _ piece: Int) {
        for isTrusted in [true, false] {
            var driver = Driver(trusted: isTrusted)
            if !isTrusted {
                driver.send("EHLO x\r\nSTARTTLS\r\n")
                driver.send("EHLO x\r\nAUTH PLAIN AHVzZXIAcmlnaHQ=\r\n")
            }
            Self.send(Self.envelope, to: &driver, by: piece)
            driver.replies = []
            Self.send("DATA\r\nA: b\r\n\r\nbody" + ending + Self.second + ".\r\nNOOP\r\n", to: &driver, by: piece)
            #expect(driver.replies == [354, 550, 250])
            #expect(driver.messages.isEmpty && driver.content.isEmpty)
            // The very next message is taken as if nothing had been.
            Self.send(Self.envelope + "DATA\r\nclean\r\n.\r\n", to: &driver, by: piece)
            #expect(Self.texts(driver) == ["clean\r\n"])
            #expect(driver.messages.allSatisfy { $0.0.forwardPaths.map(\.description) == ["<b@example.com>"] })
        }
    }

    @Test("refuses an ambiguous end split over two chunks, wherever it is split", arguments: endings)
    func splitChunks(_ ending: String) {
        let content = Array(("A: b\r\n\r\nbody" + ending + Self.second + ".\r\n").utf8)
        for cut in 0...content.count {
            var driver = Driver()
            driver.send(Self.envelope)
            driver.replies = []
            driver.send(Array("BDAT \(cut)\r\n".utf8) + content[..<cut])
            driver.send(Array("BDAT \(content.count - cut) LAST\r\n".utf8) + content[cut...] + Array("NOOP\r\n".utf8))
            #expect(driver.replies == [250, 550, 250], "cut at \(cut)")
            #expect(driver.messages.isEmpty && driver.content.isEmpty)
        }
    }

    @Test("keeps a dot on its own in a chunk: BDAT knows no end but its count")
    func dotInChunk() {
        var driver = Driver()
        driver.send(Self.envelope)
        let content = "A: b\r\n\r\n.\r\n..x\r\n" + Self.second + ".\r\n"
        driver.send("BDAT \(content.utf8.count) LAST\r\n" + content)
        #expect(Self.texts(driver) == [content])
    }

    @Test(
        "removes the dot that was stuffed, and no other, however the content comes",
        arguments: [
            (".\r\n", ""), ("\r\n.\r\n", "\r\n"), ("..\r\n.\r\n", ".\r\n"), ("...\r\n.\r\n", "..\r\n"),
            (".x\r\n.\r\n", "x\r\n"),
            ("a.\r\n.\r\n", "a.\r\n"), ("a\r\n..\r\n\r\n.\r\n", "a\r\n.\r\n\r\n"), ("..\r\n..\r\n.\r\n", ".\r\n.\r\n"),
            ("..\r\n\r\n..b\r\n.\r\n", ".\r\n\r\n.b\r\n"), ("\r\n\r\n\r\n.\r\n", "\r\n\r\n\r\n"),
        ], [1, 2, 3, 100])
    func dots(_ pair: (wire: String, content: String), _ piece: Int) {
        var driver = Driver()
        driver.send(Self.envelope)
        Self.send("DATA\r\n" + pair.wire + "NOOP\r\n", to: &driver, by: piece)
        #expect(Self.texts(driver) == [pair.content])
        #expect(driver.replies.suffix(3) == [354, 250, 250])
    }

    @Test(
        "refuses every lone CR, LF and NUL",
        arguments: [
            "\n", "\r", "\0", "a\nb\r\n", "a\rb\r\n", "a\0\r\n", "\r\r\n", "a\r\n\n", "\n\r\n", "\r\n\r\r\n",
            "..\n\r\n", ".\0\r\n",
            ".\r\r\n",
        ])
    func bare(_ text: String) {
        for way in ["DATA", "BDAT"] {
            var driver = Driver()
            driver.send(Self.envelope)
            driver.replies = []
            let content = "A: b\r\n\r\n" + text
            let ending = text.hasSuffix("\r\n") ? ".\r\n" : "\r\n.\r\n"
            driver.send(way == "DATA" ? "DATA\r\n" + content + ending : "BDAT \(content.utf8.count) LAST\r\n" + content)
            driver.send("NOOP\r\n")
            #expect(driver.replies == (way == "DATA" ? [354, 550, 250] : [550, 250]), "\(way)")
            #expect(driver.messages.isEmpty)
        }
    }

    @Test("reads like a reader of one octet at a time, on random line ends and dots")
    func reference() {
        var generator = SplitMix(state: 772)
        let pool = ["\r\n", ".", "a", "\r\n.", "..", "\r", "\n", "\0", "\r\n\r\n", "bc"]
        for round in 0..<5_000 {
            let safe = round % 2 == 0
            let count = Int.random(in: 0...12, using: &generator)
            let text = (0..<count).map { _ in pool[Int.random(in: 0..<pool.count, using: &generator)] }
                .filter { !safe || !["\r", "\n", "\0"].contains($0) }.joined()
            let wire = Array((text + "\r\n.\r\n").utf8)
            var driver = Driver()
            driver.send(Self.envelope + "DATA\r\n")
            let piece = Int.random(in: 1...8, using: &generator)
            for start in stride(from: 0, to: wire.count, by: piece) {
                driver.send(Array(wire[start..<min(start + piece, wire.count)]))
            }
            let (content, end) = Self.slowly(wire)
            // Octets behind the first end are commands, and none of them is a message.
            let clean = Self.isClean(wire[..<end])
            #expect(driver.messages.map(\.1) == (clean ? [content] : []), "\(wire)")
        }
    }

    // Up to the first CRLF.CRLF (the content starts a line), unstuffed; and where that end ends.
    private static func slowly(_ wire: [UInt8]) -> (content: [UInt8], end: Int) {
        var content: [UInt8] = []
        var index = 0
        while index < wire.count {
            let startsLine = index == 0 || index > 1 && wire[index - 2] == 13 && wire[index - 1] == 10
            if startsLine, wire[index] == 46 {
                if wire[(index + 1)...].starts(with: [13, 10]) { return (content, index + 3) }
                index += 1
                continue
            }
            content.append(wire[index])
            index += 1
        }
        return (content, wire.count)
    }

    private static func isClean(_ wire: ArraySlice<UInt8>) -> Bool {
        let all = Array(wire)
        return all.indices.allSatisfy { index in
            switch all[index] {
            case 0: false
            case 13: index + 1 < all.count && all[index + 1] == 10
            case 10: index > 0 && all[index - 1] == 13
            default: true
            }
        }
    }

    @Test(
        "says whether any octet is above 127",
        arguments: [("a\r\n", false), ("é\r\n", true), ("\r\né", true), ("", false)])
    func eightBit(_ text: String, _ expected: Bool) throws {
        var settings = ServerSettings(hostname: "mail.example.com")
        settings.requiresAuthentication = false
        settings.requiresTLS = false
        var session = ServerSession(settings, isSecure: false)
        session.append(Array((Self.envelope + "BDAT \(text.utf8.count) LAST\r\n" + text).utf8))
        var found: Bool?
        while found == nil, let action = session.next() {
            if case .submit(_, let is8Bit) = action { found = is8Bit }
        }
        #expect(try #require(found) == expected)
    }

    @Test("takes lines of any length, in pieces, and unaltered")
    func longLines() {
        var driver = Driver()
        let line = String(repeating: "x", count: 1_000_000) + "\r\n"
        driver.send(Self.envelope + "DATA\r\n")
        Self.send(line + line + ".\r\n", to: &driver, by: 65_536)
        #expect(Self.texts(driver) == [line + line])
    }
}
