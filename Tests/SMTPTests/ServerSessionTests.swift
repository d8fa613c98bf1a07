// SPDX-License-Identifier: Apache-2.0

import Mail
import SMTP
import Testing

/// Drives a session as a door does, answering yes to everything.
struct Driver {
    var session: ServerSession
    var replies: [UInt16] = []
    var messages: [(Envelope, [UInt8])] = []
    var content: [UInt8] = []
    var isClosed = false
    /// What is said of recipients that are asked about; nothing takes them.
    var decisions: [String: Reply] = [:]
    var asked: [String] = []

    init(trusted: Bool = true, change: (inout ServerSettings) -> Void = { _ in }) {
        var settings = ServerSettings(hostname: "mail.example.com")
        settings.requiresAuthentication = !trusted
        settings.requiresTLS = !trusted
        change(&settings)
        session = ServerSession(settings, isSecure: false)
        pump()
    }

    mutating func send(_ text: String) { send(Array(text.utf8)) }

    mutating func send(_ bytes: [UInt8]) {
        session.append(bytes)
        pump()
    }

    private mutating func pump() {
        while !isClosed, let action = session.next() {
            switch action {
            case .reply(let reply): replies.append(reply.code)
            case .startTLS: session.tlsEstablished()
            case .authenticate(_, let password): session.authenticated(password == "right" ? .accepted : .refused)
            case .recipient(let path, _):
                asked.append(path.mailbox.description)
                session.decided(decisions[path.mailbox.description])
            case .content(let bytes): content += bytes
            case .discardContent: content = []
            case .submit(let envelope, _):
                messages.append((envelope, content))
                content = []
                session.submitted(Reply(250, nil, "Ok"))
            case .close: isClosed = true
            }
        }
    }
}

@Suite("SMTP server session")
struct ServerSessionTests {
    private static let envelope = "EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n"

    @Test("takes a pipelined message, whatever the pieces it comes in", arguments: [1, 2, 3, 7, 1_000])
    func pipelined(_ piece: Int) {
        var driver = Driver()
        let all = Array((Self.envelope + "DATA\r\nA: b\r\n\r\n..dot\r\n.x\r\n.\r\nQUIT\r\n").utf8)
        for start in stride(from: 0, to: all.count, by: piece) {
            driver.send(Array(all[start..<min(start + piece, all.count)]))
        }
        #expect(driver.messages.map { String(decoding: $0.1, as: UTF8.self) } == ["A: b\r\n\r\n.dot\r\nx\r\n"])
        #expect(driver.replies == [220, 250, 250, 250, 354, 250, 221])
        #expect(driver.isClosed)
    }

    @Test(
        "lets nothing but CRLF dot CRLF end a message",
        arguments: [
            "\n.\n", "\r.\r", "\r.\n", "\n.\r", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r\n.\r", "\r\n\0.\r\n",
            "\r\n.\0\r\n",
        ])
    func smuggling(_ ending: String) {
        let second = "MAIL FROM:<a@example.com>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nx\r\n.\r\n"
        for way in ["DATA", "BDAT"] {
            var driver = Driver()
            driver.send(Self.envelope)
            let content = "A: b\r\n\r\nbody" + ending + second
            driver.send(way == "DATA" ? "DATA\r\n" + content : "BDAT \(content.utf8.count) LAST\r\n" + content)
            #expect(driver.messages.isEmpty, "an ambiguous message is refused")
            #expect(driver.replies.contains(550))
        }
    }

    @Test("puts BDAT chunks together and stays in step")
    func chunks() {
        var driver = Driver()
        driver.send(Self.envelope + "BDAT 5\r\nA: b\rBDAT 5\r\n\n\r\nx\rBDAT 1 LAST\r\n\nNOOP\r\n")
        #expect(driver.messages.map { String(decoding: $0.1, as: UTF8.self) } == ["A: b\r\n\r\nx\r\n"])
        #expect(driver.replies.last == 250)
    }

    @Test(
        "answers out of order, malformed and forbidden commands",
        arguments: [
            ("MAIL FROM:<a@example.com>\r\n", 503), ("EHLO x\r\nRCPT TO:<a@example.com>\r\n", 503),
            ("EHLO x\r\nDATA\r\n", 503),
            ("EHLO\r\n", 501), ("NONSENSE\r\n", 500), ("EHLO x\r\nMAIL FROM:<>\r\n", 553),
            ("EHLO x\r\nMAIL FROM:<a>\r\n", 553),
            ("EHLO x\r\nMAIL FROM:<a@example.com> X=1\r\n", 555),
            ("EHLO x\r\nMAIL FROM:<a@example.com> SIZE=99999999\r\n", 552),
            ("EHLO x\nNOOP\r\n", 500), ("EHLO x\r\nEXPN a\r\n", 502), ("EHLO x\r\nVRFY a\r\n", 252),
            ("EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<@x.example:b@example.com>\r\n", 553),
            ("EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@[127.0.0.1]>\r\n", 553),
        ] as [(String, UInt16)])
    func refusals(_ text: String, _ code: UInt16) {
        var driver = Driver()
        driver.send(text)
        #expect(driver.replies.last == code || driver.replies.contains(code))
        #expect(driver.messages.isEmpty)
    }

    @Test("wants TLS before AUTH and AUTH before MAIL")
    func authentication() {
        var driver = Driver(trusted: false)
        driver.send("EHLO x\r\nAUTH PLAIN AHVzZXIAcmlnaHQ=\r\nMAIL FROM:<a@example.com>\r\n")
        #expect(driver.replies == [220, 250, 530, 530])
        driver.send("STARTTLS\r\n")
        driver.send("MAIL FROM:<a@example.com>\r\n")
        driver.send(
            "EHLO x\r\nMAIL FROM:<a@example.com>\r\nAUTH PLAIN AHVzZXIAcmlnaHQ=\r\nMAIL FROM:<a@example.com>\r\n")
        #expect(driver.replies.dropFirst(4) == [220, 503, 250, 530, 235, 250])
    }

    @Test("ends a session that follows STARTTLS with more, unread")
    func injection() {
        var driver = Driver(trusted: false)
        driver.send("EHLO x\r\nSTARTTLS\r\nRSET\r\n")
        #expect(driver.replies == [220, 250, 501])
        #expect(driver.isClosed)
    }

    @Test("ends a session of guesses")
    func guesses() {
        var driver = Driver(trusted: false)
        driver.send("EHLO x\r\nSTARTTLS\r\n")
        driver.send(
            "EHLO x\r\nAUTH LOGIN\r\ndXNlcg==\r\nd3Jvbmc=\r\nAUTH PLAIN AHUAdw==\r\nAUTH PLAIN *\r\nAUTH PLAIN AHUAdw==\r\n"
        )
        #expect(driver.replies.suffix(3) == [501, 535, 421])
        #expect(driver.isClosed)
    }

    @Test("bounds recipients, lines, sizes and errors")
    func bounds() {
        var driver = Driver { $0.maximumMessageSize = 100 }
        driver.send(Self.envelope + String(repeating: "RCPT TO:<b@example.com>\r\n", count: 49))
        #expect(driver.replies.last == 250)
        driver.send("RCPT TO:<b@example.com>\r\n")
        #expect(driver.replies.last == 452)
        driver.send("DATA\r\n" + String(repeating: "0123456789\r\n", count: 100) + ".\r\n")
        #expect(driver.replies.last == 552)
        driver.send(String(repeating: "x", count: 100_000) + "\r\nNOOP\r\n")
        #expect(driver.replies.suffix(2) == [500, 250])
        driver.send(String(repeating: "y\r\n", count: 30))
        #expect(driver.replies.last == 421)
        #expect(driver.isClosed)
    }
}
