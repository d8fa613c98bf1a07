// SPDX-License-Identifier: Apache-2.0

import Mail
import SMTP
import Testing

@Suite("SMTP server: AUTH and STARTTLS")
struct ServerAuthenticationTests {
    /// Under TLS, greeted, not signed in.
    private static func ready(_ change: (inout ServerSettings) -> Void = { _ in }) -> Driver {
        var driver = Driver(trusted: false, change: change)
        driver.send("EHLO x\r\nSTARTTLS\r\n")
        driver.send("EHLO x\r\n")
        driver.replies = []
        return driver
    }

    @Test(
        "takes PLAIN and LOGIN, with and without an initial response",
        arguments: [
            ("AUTH PLAIN AHVzZXIAcmlnaHQ=\r\n", [235]), ("auth plain\r\nAHVzZXIAcmlnaHQ=\r\n", [334, 235]),
            ("AUTH LOGIN\r\ndXNlcg==\r\ncmlnaHQ=\r\n", [334, 334, 235]),
            ("AUTH LOGIN dXNlcg==\r\ncmlnaHQ=\r\n", [334, 235]),
            ("AUTH PLAIN AHVzZXIAd3Jvbmc=\r\n", [535]), ("AUTH LOGIN dXNlcg==\r\nd3Jvbmc=\r\n", [334, 535]),
            // An empty user or password reaches whoever decides, who says no.
            ("AUTH PLAIN AAA=\r\n", [535]), ("AUTH LOGIN\r\n\r\n\r\n", [334, 334, 535]),
        ] as [(String, [UInt16])], [1, 1_000])
    func mechanisms(_ exchange: (text: String, replies: [UInt16]), _ piece: Int) {
        var driver = Self.ready()
        ServerContentTests.send(exchange.text + "NOOP\r\n", to: &driver, by: piece)
        #expect(driver.replies == exchange.replies + [250])
    }

    @Test(
        "refuses what is no response, and goes on with commands",
        arguments: [
            ("AUTH PLAIN\r\n*\r\n", [334, 501]), ("AUTH LOGIN\r\n*\r\n", [334, 501]),
            ("AUTH LOGIN dXNlcg==\r\n*\r\n", [334, 501]),
            ("AUTH PLAIN *\r\n", [501]), ("AUTH PLAIN =\r\n", [501]), ("AUTH PLAIN !!!!\r\n", [501]),
            ("AUTH PLAIN AHVzZXI\r\n", [501]), ("AUTH PLAIN dXNlcg==\r\n", [501]), ("AUTH PLAIN AGEAYgBj\r\n", [501]),
            ("AUTH LOGIN\r\nnot base64\r\n", [334, 501]), ("AUTH LOGIN /w==\r\n", [501]),
            ("AUTH PLAIN AP8A/w==\r\n", [501]),
            ("AUTH CRAM-MD5\r\n", [504]), ("AUTH XOAUTH2 AHVzZXIAcmlnaHQ=\r\n", [504]), ("AUTH\r\n", [501]),
            ("AUTH PLAIN a b\r\n", [501]),
        ] as [(String, [UInt16])])
    func malformed(_ text: String, _ replies: [UInt16]) {
        var driver = Self.ready()
        driver.send(text + "NOOP\r\n")
        #expect(driver.replies == replies + [250])
    }

    @Test(
        "is back at commands after a response that is no line",
        arguments: ["AHVz\n", "AH\rVz\r\n", "AH\0Vz\r\n", String(repeating: "A", count: 13_000) + "\r\n"],
        [false, true])
    func brokenResponse(_ response: String, _ isSplit: Bool) {
        var driver = Self.ready()
        driver.send("AUTH PLAIN\r\n")
        if isSplit {
            driver.send(String(response.prefix(12_500)))
            driver.send(String(response.dropFirst(12_500)))
        } else {
            driver.send(response)
        }
        driver.send("NOOP\r\n")
        #expect(driver.replies == [334, 500, 250])
    }

    @Test("takes a response as long as RFC 4954 wants, and no longer")
    func longResponse() {
        var driver = Self.ready()
        driver.send("AUTH PLAIN\r\n" + String(repeating: "A", count: 12_284) + "\r\n")
        #expect(driver.replies == [334, 501])
        driver.replies = []
        for _ in 0..<100 { driver.send(String(repeating: "A", count: 10_000)) }
        #expect(driver.replies.isEmpty)
        driver.send("\r\nNOOP\r\n")
        #expect(driver.replies == [500, 250])
    }

    @Test("knows the phases in which AUTH is possible")
    func phases() {
        var driver = Driver(trusted: false)
        driver.send("EHLO x\r\nSTARTTLS\r\n")
        driver.replies = []
        driver.send("AUTH PLAIN AHVzZXIAcmlnaHQ=\r\n")
        #expect(driver.replies == [503], "not before EHLO")
        driver.send("EHLO x\r\nAUTH PLAIN AHVzZXIAcmlnaHQ=\r\nAUTH PLAIN AHVzZXIAcmlnaHQ=\r\n")
        #expect(driver.replies.suffix(2) == [235, 503], "not twice")
        driver.send("MAIL FROM:<a@example.com>\r\nAUTH PLAIN AHVzZXIAcmlnaHQ=\r\n")
        #expect(driver.replies.suffix(2) == [250, 503], "not in a transaction")
        driver.send("EHLO y\r\nMAIL FROM:<a@example.com>\r\n")
        #expect(driver.replies.suffix(2) == [250, 250], "EHLO signs nobody out")
        var trusted = Driver()
        trusted.send("EHLO x\r\nAUTH PLAIN AHVzZXIAcmlnaHQ=\r\n")
        #expect(trusted.replies.last == 503, "not where nobody needs it")
    }

    @Test("makes what was pipelined wait for the answer")
    func pending() {
        var session = ServerSession(ServerSettings(hostname: "mail.example.com"), isSecure: true)
        session.append(Array("EHLO x\r\nAUTH PLAIN AHVzZXIAcmlnaHQ=\r\nMAIL FROM:<a@example.com>\r\n".utf8))
        var codes: [UInt16] = []
        var asked: [String] = []
        while let action = session.next() {
            switch action {
            case .reply(let reply): codes.append(reply.code)
            case .authenticate(let user, let password): asked.append("\(user):\(password)")
            default: Issue.record("\(action)")
            }
        }
        #expect(codes == [220, 250] && asked == ["user:right"])
        session.append(Array("RCPT TO:<b@example.com>\r\n".utf8))
        #expect(session.next() == nil)
        session.authenticated(.unavailable)
        while case .reply(let reply)? = session.next() { codes.append(reply.code) }
        #expect(codes.dropFirst(2) == [454, 530, 503])
    }

    @Test("counts failures over the whole session and ends it once")
    func guesses() {
        var driver = Self.ready()
        for _ in 0..<100_000 where !driver.isClosed { driver.send("AUTH PLAIN AHUAdw==\r\nEHLO x\r\n") }
        #expect(driver.replies == [535, 250, 535, 250, 535, 421])
    }

    @Test("says good-bye once when two limits are reached together")
    func twoLimits() {
        var driver = Self.ready { $0.maximumErrors = 3 }
        driver.send("AUTH PLAIN AHUAdw==\r\nAUTH PLAIN AHUAdw==\r\nAUTH PLAIN AHUAdw==\r\n")
        #expect(driver.replies == [535, 535, 535, 421])
    }

    @Test(
        "lets nothing follow STARTTLS in clear",
        arguments: ["RSET\r\n", "EHLO evil\r\n", "\r\n", "x", "\0", "AUTH PLAIN AHVzZXIAcmlnaHQ=\r\n"])
    func injection(_ more: String) {
        var driver = Driver(trusted: false)
        driver.send("EHLO x\r\nSTARTTLS\r\n" + more)
        #expect(driver.replies == [220, 250, 501])
        #expect(driver.isClosed && !driver.session.isSecure)
    }

    @Test("drops octets in clear that come while TLS is being set up")
    func lateInjection() {
        var session = ServerSession(ServerSettings(hostname: "mail.example.com"), isSecure: false)
        session.append(Array("EHLO x\r\nSTARTTLS\r\n".utf8))
        while session.next() != nil {}
        session.append(Array("EHLO evil\r\nAUTH PLAIN AHVzZXIAcmlnaHQ=\r\n".utf8))
        #expect(session.next() == nil)
        session.tlsEstablished()
        #expect(session.next() == nil)
        #expect(session.isSecure && session.clientName.isEmpty)
    }

    @Test("offers what is to be had, before and after TLS, and forgets EHLO in between")
    func offers() {
        var session = ServerSession(ServerSettings(hostname: "mail.example.com"), isSecure: false)
        func offered(_ session: inout ServerSession) -> [String] {
            session.append(Array("EHLO x\r\n".utf8))
            var lines: [String] = []
            while case .reply(let reply)? = session.next() { lines = reply.lines }
            return lines
        }
        let always = ["PIPELINING", "SIZE 41943040", "8BITMIME", "ENHANCEDSTATUSCODES", "CHUNKING", "SMTPUTF8"]
        #expect(Set(offered(&session)) == Set(["mail.example.com", "STARTTLS"] + always))
        session.append(Array("STARTTLS\r\n".utf8))
        while session.next() != nil {}
        session.tlsEstablished()
        #expect(Set(offered(&session)) == Set(["mail.example.com", "AUTH PLAIN LOGIN"] + always))
        session.append(Array("STARTTLS\r\n".utf8))
        guard case .reply(let reply)? = session.next() else { return #expect(Bool(false)) }
        #expect(reply.code == 503, "TLS is on already")
    }

    @Test("has nothing but EHLO, STARTTLS, NOOP, HELP and QUIT in clear")
    func inClear() {
        for line in ["MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>", "DATA", "AUTH LOGIN", "RSET"] {
            var driver = Driver(trusted: false)
            driver.send("EHLO x\r\n\(line)\r\n")
            #expect(driver.replies.last == 530, "\(line)")
        }
    }
}
