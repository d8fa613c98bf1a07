// SPDX-License-Identifier: Apache-2.0

import Mail
import SMTP
import Testing

@Suite("SMTP server: BDAT")
struct ServerChunkingTests {
    private static let envelope = ServerContentTests.envelope

    private static func texts(_ driver: Driver) -> [String] { ServerContentTests.texts(driver) }

    @Test("joins chunks to one message, however the octets arrive", arguments: [1, 2, 5, 1_000])
    func pieces(_ piece: Int) {
        var driver = Driver()
        let wire = Self.envelope + "BDAT 6\r\nA: b\r\nBDAT 0\r\nBDAT 4\r\n\r\nhiBDAT 2\r\n\r\nBDAT 0 LAST\r\nNOOP\r\n"
        ServerContentTests.send(wire, to: &driver, by: piece)
        #expect(Self.texts(driver) == ["A: b\r\n\r\nhi\r\n"])
        #expect(driver.replies.suffix(6) == [250, 250, 250, 250, 250, 250])
        #expect(!driver.isClosed)
    }

    @Test("takes a message of no octets for what it is")
    func empty() {
        var driver = Driver()
        driver.send(Self.envelope + "BDAT 0 LAST\r\nNOOP\r\n")
        #expect(Self.texts(driver) == [""])
        #expect(driver.replies.suffix(2) == [250, 250])
    }

    @Test("never reads a chunk as commands, even when it is not wanted")
    func unwanted() {
        let chunk = "MAIL FROM:<evil@example.com>\r\n"
        for start in ["EHLO x\r\n", "EHLO x\r\nMAIL FROM:<a@example.com>\r\n"] {
            var driver = Driver()
            driver.send(start)
            driver.replies = []
            driver.send("BDAT \(chunk.utf8.count) LAST\r\n" + chunk)
            #expect(driver.replies == [503])
            #expect(driver.isClosed, "nobody knows whether the chunk comes")
        }
        var stranger = Driver(trusted: false)
        stranger.send("EHLO x\r\nBDAT \(chunk.utf8.count) LAST\r\n" + chunk)
        #expect(stranger.replies == [220, 250, 530])
        #expect(stranger.isClosed)
    }

    @Test(
        "never reads a chunk as commands when its length cannot be read",
        arguments: ["BDAT 99999999999999999999 LAST", "BDAT 30 LAST x", "BDAT 0x1e LAST", "BDAT", "BDAT -30"])
    func unreadable(_ line: String) {
        var driver = Driver()
        driver.send(Self.envelope)
        driver.replies = []
        driver.send(line + "\r\nRSET\r\n" + ServerContentTests.second + ".\r\n")
        #expect(driver.messages.isEmpty)
        #expect(driver.isClosed)
    }

    @Test("lets DATA and MAIL not in between chunks, and RSET forget them")
    func mixed() {
        var driver = Driver()
        driver.send(Self.envelope + "BDAT 3\r\nabcDATA\r\nMAIL FROM:<c@example.com>\r\n")
        #expect(driver.replies.suffix(3) == [250, 503, 503])
        driver.send("RSET\r\n" + Self.envelope + "BDAT 5 LAST\r\nnew\r\n")
        #expect(Self.texts(driver) == ["new\r\n"])
        driver.send(Self.envelope + "BDAT 3\r\nabcEHLO y\r\nBDAT 1 LAST\r\n")
        #expect(driver.replies.last == 503 && driver.content.isEmpty)
    }

    @Test("refuses content that ends inside a line end")
    func halfLineEnd() {
        var driver = Driver()
        driver.send(Self.envelope + "BDAT 2 LAST\r\na\rNOOP\r\n")
        #expect(driver.replies.suffix(2) == [550, 250])
        #expect(driver.messages.isEmpty)
    }

    @Test("counts chunks together against the limit and stays in step")
    func tooLong() {
        var driver = Driver { $0.maximumMessageSize = 10 }
        driver.send(Self.envelope + "BDAT 10\r\n0123456789BDAT 1\r\nxBDAT 20000000 LAST\r\n")
        for _ in 0..<20 { driver.send([UInt8](repeating: 97, count: 1_000_000)) }
        #expect(driver.replies.last == 552 && driver.messages.isEmpty && driver.content.isEmpty)
        driver.send(Self.envelope + "BDAT 10 LAST\r\n0123456789")
        #expect(Self.texts(driver) == ["0123456789"])
    }

    @Test("waits for a length nobody can send without keeping what comes")
    func endless() {
        var driver = Driver { $0.maximumMessageSize = 1_000 }
        driver.send(Self.envelope + "BDAT \(Int.max) LAST\r\n")
        for _ in 0..<50 { driver.send([UInt8](repeating: 97, count: 100_000)) }
        #expect(driver.content.isEmpty && driver.messages.isEmpty && driver.session.isInContent)
    }
}
