// SPDX-License-Identifier: Apache-2.0

import Mail
import SMTP
import Testing

@Suite("SMTP client session")
struct ClientSessionTests {
    /// Feeds a peer's words and keeps what the client wrote and concluded.
    struct Peer {
        var session: ClientSession
        var parser = ReplyParser()
        var written = ""
        var finished: [Reply]?
        var failed: Reply?
        var isInsecure = false
        var isReady = false
        var startsTLS = false
        var sendsContent = false
        var closes = false

        init(tls: ClientSession.TLS = .opportunistic) { session = ClientSession(hostname: "me.example", tls: tls) }

        mutating func says(_ text: String) throws {
            parser.append(text.utf8)
            while let reply = try parser.next() { perform(session.receive(reply, hasMore: parser.hasLeftover)) }
        }

        /// A session that may take a mail.
        static func ready(_ keywords: String = "250 SIZE") throws -> Peer {
            var peer = Peer()
            try peer.says("220 hi\r\n250-x\r\n\(keywords)\r\n")
            peer.written = ""
            return peer
        }

        mutating func send(_ recipients: [String]) throws {
            let list = try recipients.map { try Mailbox(parsing: $0) }
            perform(
                session.send(
                    .init(reversePath: .mailbox(try Mailbox(parsing: "a@example.com")), recipients: list, size: 9)))
        }

        mutating func perform(_ actions: [ClientSession.Action]) {
            for action in actions {
                switch action {
                case .write(let bytes): written += String(decoding: bytes, as: UTF8.self)
                case .startTLS: startsTLS = true
                case .ready: isReady = true
                case .sendContent: sendsContent = true
                case .close: closes = true
                case .finished(let replies): finished = replies
                case .failed(let reply): failed = reply
                case .insecure(let reply):
                    failed = reply
                    isInsecure = true
                }
            }
        }
    }

    @Test("pipelines an envelope and gives each recipient its own reply")
    func pipelined() throws {
        var peer = Peer()
        try peer.says("220 hi\r\n250-x\r\n250-PIPELINING\r\n250 SIZE 1000\r\n")
        try peer.send(["b@example.com", "c@example.com"])
        #expect(
            peer.written
                == "EHLO me.example\r\nMAIL FROM:<a@example.com> SIZE=9\r\nRCPT TO:<b@example.com>\r\nRCPT TO:<c@example.com>\r\nDATA\r\n"
        )
        try peer.says("250 ok\r\n250 ok\r\n550 5.1.1 no\r\n354 go\r\n")
        #expect(peer.sendsContent)
        peer.session.contentSent()
        try peer.says("250 2.0.0 queued\r\n")
        #expect(peer.finished?.map(\.code) == [250, 550])
        #expect(peer.session.isReady)
    }

    @Test("writes down what was said, the beginning and the end of it")
    func transcript() throws {
        var peer = try Peer.ready("250 PIPELINING")
        #expect(peer.session.takeTranscript().lines() == ["0 greeting: 220 hi", "0 EHLO: 250 x PIPELINING"])
        try peer.send((1...40).map { "u\($0)@example.com" })
        try peer.says(String(repeating: "250 ok\r\n", count: 41) + "354 go\r\n")
        peer.session.contentSent()
        try peer.says("250 \(String(repeating: "ü", count: 400))\r\n")
        let lines = peer.session.takeTranscript().lines(offset: 7)
        #expect(lines.count == Transcript.maximumLines && lines.prefix(2) == ["7 MAIL: 250 ok", "7 RCPT 1: 250 ok"])
        #expect(Array(lines[24...26]) == ["… 14 more", "7 RCPT 38: 250 ok", "7 RCPT 39: 250 ok"])
        #expect(lines.last?.hasPrefix("7 .: 250 üü") == true && lines.last?.hasSuffix("ü…") == true)
        #expect(lines.allSatisfy { $0.utf8.count <= Transcript.maximumLength })
        #expect(peer.session.takeTranscript().isEmpty)
    }

    @Test("goes step by step without PIPELINING, and falls back to HELO")
    func plain() throws {
        var peer = Peer()
        try peer.says("220 hi\r\n502 what\r\n250 x\r\n")
        try peer.send(["b@example.com"])
        for line in ["250 ok", "250 ok", "354 go"] { try peer.says(line + "\r\n") }
        peer.session.contentSent()
        try peer.says("451 4.3.0 later\r\n")
        #expect(
            peer.written.hasSuffix(
                "HELO me.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"))
        #expect(peer.finished?.map(\.code) == [451])
    }

    @Test("never goes on in clear where TLS is required")
    func stripped() throws {
        var peer = Peer(tls: .require)
        try peer.says("220 hi\r\n250-x\r\n250 SIZE\r\n")
        #expect(peer.failed?.enhanced == EnhancedStatusCode(4, 7, 10))
        #expect(!peer.isReady && peer.isInsecure)
        var refused = Peer(tls: .require)
        try refused.says("220 hi\r\n250-x\r\n250 STARTTLS\r\n454 no\r\n")
        #expect(refused.failed?.code == 454)
    }

    @Test("forgets what it learnt before TLS")
    func afterTLS() throws {
        var peer = Peer()
        try peer.says("220 hi\r\n250-x\r\n250-PIPELINING\r\n250 STARTTLS\r\n220 go\r\n")
        #expect(peer.startsTLS)
        let next = peer.session.tlsEstablished()
        peer.perform(next)
        try peer.says("250 x\r\n")
        try peer.send(["b@example.com"])
        #expect(!peer.written.contains("RCPT"))
    }

    @Test("does not take nonsense for a reply", arguments: ["hello\r\n", "99 x\r\n", "250x\r\n", "250-a\r\n550 b\r\n"])
    func nonsense(_ text: String) {
        var parser = ReplyParser()
        parser.append(text.utf8)
        #expect(throws: SyntaxError.self) { while try parser.next() != nil {} }
    }

    @Test("bounds a reply that never ends")
    func endless() {
        var parser = ReplyParser()
        parser.append(String(repeating: "250-x\r\n", count: 200).utf8)
        #expect(throws: SyntaxError.self) { _ = try parser.next() }
        var long = ReplyParser()
        long.append(String(repeating: "x", count: 5_000).utf8)
        #expect(throws: SyntaxError.self) { _ = try long.next() }
    }

    @Test(
        "stuffs dots and leaves no line end that two servers read differently",
        arguments: [
            ("a\r\n.b\r\n", "a\r\n..b\r\n.\r\n"), ("", ".\r\n"), ("a", "a\r\n.\r\n"), (".", "..\r\n.\r\n"),
            ("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"), ("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n"), ("a\r", "a\r\n.\r\n"),
        ])
    func stuffing(_ text: String, _ expected: String) {
        for piece in 1...max(text.utf8.count, 1) {
            var stuffer = DotStuffer()
            var output: [UInt8] = []
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: piece) {
                Array(bytes[start..<min(start + piece, bytes.count)]).withUnsafeBytes {
                    stuffer.stuff($0, into: &output)
                }
            }
            stuffer.finish(into: &output)
            #expect(String(decoding: output, as: UTF8.self) == expected)
        }
    }
}
