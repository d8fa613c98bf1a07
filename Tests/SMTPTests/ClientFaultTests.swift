// SPDX-License-Identifier: Apache-2.0

import Mail
import SMTP
import Testing

/// What peers do wrong, and what is made of it.
@Suite("SMTP client session, faults")
struct ClientFaultTests {
    typealias Peer = ClientSessionTests.Peer

    static let pair = ["b@example.com", "c@example.com"]

    @Test(
        "falls back to HELO, also from refusals of EHLO that the RFC does not name",
        arguments: [500, 501, 502, 504, 550])
    func fallback(_ code: Int) throws {
        var peer = Peer()
        try peer.says("220 hi\r\n\(code) what\r\n")
        #expect(peer.written.hasSuffix("HELO me.example\r\n"))
        try peer.says("250 x\r\n")
        #expect(peer.isReady)
    }

    @Test(
        "a session that is refused before a mail fails",
        arguments: ["554 no\r\n", "421 later\r\n", "220 hi\r\n451 no\r\n"])
    func refused(_ text: String) throws {
        var peer = Peer()
        try peer.says(text)
        #expect(peer.failed != nil && peer.closes && !peer.isReady)
    }

    @Test(
        "what comes in clear after the 220 of STARTTLS ends the session", arguments: ["250 SIZE\r\n", "2", "250-x\r\n"])
    func injection(_ text: String) throws {
        for tls in [ClientSession.TLS.opportunistic, .require] {
            var peer = Peer(tls: tls)
            try peer.says("220 hi\r\n250-x\r\n250 STARTTLS\r\n220 go\r\n" + text)
            #expect(!peer.startsTLS && peer.closes)
            #expect(peer.failed?.enhanced == EnhancedStatusCode(4, 7, 5))
        }
    }

    @Test(
        "421 or a lost connection in the middle keeps what was refused and defers the rest", arguments: [true, false])
    func middle(_ says421: Bool) throws {
        var peer = try Peer.ready("250 PIPELINING")
        try peer.send(Self.pair + ["d@example.com"])
        try peer.says("250 ok\r\n550 5.1.1 no\r\n250 ok\r\n")
        if says421 {
            try peer.says("421 4.3.2 bye\r\n")
        } else {
            peer.perform(peer.session.lost(Reply(451, .init(4, 4, 2), "gone")))
        }
        #expect(peer.finished?.map(\.isPermanent) == [true, false, false])
        #expect(peer.finished?.map(\.isTransient) == [false, true, true])
        #expect(peer.closes && !peer.session.isReady)
    }

    @Test("a session that dies before it answered to anything of a mail has failed, so that another can try")
    func unheard() throws {
        for keywords in ["250 PIPELINING", "250 SIZE"] {
            var peer = try Peer.ready(keywords)
            try peer.send(Self.pair)
            try peer.says("421 idle for too long\r\n")
            #expect(peer.finished == nil && peer.failed?.code == 421)
        }
    }

    @Test("a connection lost after the final dot defers")
    func lostAfterDot() throws {
        var peer = try Peer.ready()
        try peer.send(Self.pair)
        for line in ["250 ok", "250 ok", "250 ok", "354 go"] { try peer.says(line + "\r\n") }
        peer.session.contentSent()
        peer.perform(peer.session.lost(Reply(451, .init(4, 4, 2), "gone")))
        #expect(peer.finished?.map(\.code) == [451, 451])
    }

    @Test(
        "an answer that fits nowhere is neither a delivery nor a bounce",
        arguments: [
            ["354 go"], ["250 ok", "354 go"], ["250 ok", "250 ok", "250 ok", "250 what"],
            ["250 ok", "250 ok", "250 ok", "354 go", "354 go"],
        ])
    func outOfStep(_ lines: [String]) throws {
        var peer = try Peer.ready()
        try peer.send(Self.pair)
        for line in lines {
            if peer.sendsContent { peer.session.contentSent() }
            try peer.says(line + "\r\n")
        }
        #expect(peer.closes && !peer.session.isReady)
        let replies = peer.finished ?? [peer.failed].compactMap(\.self)
        #expect(!replies.isEmpty && replies.allSatisfy(\.isTransient))
    }

    @Test("a verdict before the content is out ends the session; only a no is believed")
    func early() throws {
        for (line, codes) in [("552 5.3.4 too big\r\n", [552, 552]), ("250 done\r\n", [451, 451])] {
            var peer = try Peer.ready()
            try peer.send(Self.pair)
            for line in ["250 ok", "250 ok", "250 ok", "354 go"] { try peer.says(line + "\r\n") }
            #expect(peer.session.isSending)
            try peer.says(line)
            #expect(peer.finished?.map { Int($0.code) } == codes)
            #expect(peer.closes && !peer.session.isSending)
        }
    }

    @Test(
        "tells at once when everybody is refused, and clears the peer's envelope with the next mail",
        arguments: [true, false])
    func reset(_ pipelines: Bool) throws {
        var peer = try Peer.ready(pipelines ? "250 PIPELINING" : "250 SIZE")
        try peer.send(Self.pair)
        try peer.says("250 ok\r\n550 5.1.1 no\r\n450 4.2.1 not now\r\n")
        if pipelines { try peer.says("554 5.5.1 no valid recipients\r\n") }
        #expect(peer.finished?.map(\.code) == [550, 450])
        #expect(peer.session.isReady)
        peer.written = ""
        try peer.send(["e@example.com"])
        #expect(peer.written.hasPrefix("RSET\r\n"))
        try peer.says("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n")
        #expect(peer.written.contains("MAIL FROM:<a@example.com>") && peer.sendsContent)
        peer.session.contentSent()
        try peer.says("250 ok\r\n")
        #expect(peer.finished?.map(\.code) == [250])
    }

    @Test("a peer that takes DATA for nobody gets nothing")
    func dataForNobody() throws {
        var peer = try Peer.ready("250 PIPELINING")
        try peer.send(Self.pair)
        try peer.says("250 ok\r\n550 no\r\n550 no\r\n354 go\r\n")
        #expect(peer.written.hasSuffix("DATA\r\n.\r\n") && peer.closes && !peer.sendsContent)
        #expect(peer.finished?.map(\.code) == [550, 550])
    }

    @Test("a refused sender is every recipient's answer")
    func sender() throws {
        for keywords in ["250 PIPELINING", "250 SIZE"] {
            var peer = try Peer.ready(keywords)
            try peer.send(Self.pair)
            try peer.says("552 5.3.4 too big\r\n")
            if keywords.hasSuffix("PIPELINING") { try peer.says("503 x\r\n503 x\r\n503 x\r\n") }
            #expect(peer.finished?.map(\.code) == [552, 552])
            #expect(!peer.written.contains("RCPT") || keywords.hasSuffix("PIPELINING"))
        }
    }

    @Test("552 to a recipient is too many of them, unless it says what it means")
    func tooMany() throws {
        var peer = try Peer.ready()
        try peer.send(Self.pair)
        try peer.says("250 ok\r\n552 too many\r\n552 5.2.2 mailbox full\r\n")
        #expect(peer.finished?.map(\.code) == [452, 552])
    }

    @Test("waits as long as the RFC asks for, and for nothing while it is idle")
    func timeouts() throws {
        var peer = Peer()
        #expect(peer.session.timeout == .seconds(300))
        try peer.says("220 hi\r\n250 x\r\n")
        #expect(peer.session.timeout == nil)
        try peer.send(["b@example.com"])
        try peer.says("250 ok\r\n250 ok\r\n")
        #expect(peer.session.timeout == .seconds(120))
        try peer.says("354 go\r\n")
        #expect(peer.session.timeout == .seconds(180))
        peer.session.contentSent()
        #expect(peer.session.timeout == .seconds(600))
    }

    @Test("a peer without SMTPUTF8 is not sent what needs it, and the session goes on")
    func utf8() throws {
        var peer = try Peer.ready()
        try peer.send(["jürgen@example.com"])
        #expect(peer.finished?.first?.enhanced == EnhancedStatusCode(5, 6, 7))
        #expect(peer.written.isEmpty && peer.session.isReady)
    }

    @Test("what it says on the wire is bounded to a line, whatever the address holds")
    func quoting() throws {
        var peer = try Peer.ready()
        try peer.send(["\"a>b c\"@example.com"])
        try peer.says("250 ok\r\n")
        #expect(peer.written.hasSuffix("RCPT TO:<\"a>b c\"@example.com>\r\n"))
    }

    @Test("puts replies together however they are cut, and takes control characters out of them")
    func replies() throws {
        let bytes = Array("250-2.1.0 a\r\n250 2.1.0 b\u{7}\u{1B}[2J\r\n220\r\n451 5.1.1 odd\n".utf8)
        for piece in 1...bytes.count {
            var parser = ReplyParser()
            var found: [Reply] = []
            for start in stride(from: 0, to: bytes.count, by: piece) {
                parser.append(bytes[start..<min(start + piece, bytes.count)])
                while let reply = try parser.next() { found.append(reply) }
            }
            #expect(
                found == [
                    Reply(250, .init(2, 1, 0), "a", "b  [2J"), Reply(220, nil, ""), Reply(451, nil, "5.1.1 odd"),
                ])
            #expect(!parser.hasLeftover)
        }
    }

    @Test("stuffs any octets as one that goes octet by octet would")
    func stuffing() {
        var seed: UInt64 = 7
        let alphabet: [UInt8] = [13, 10, 46, 97, 98, 0, 141, 138]
        for length in 0..<300 {
            let input = (0..<length).map { _ in
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return alphabet[Int(seed >> 60) % alphabet.count]
            }
            let expected = Self.stuffed(input)
            for piece in [1, 3, 8, 9, 64, 300] {
                var stuffer = DotStuffer()
                var output: [UInt8] = []
                for start in stride(from: 0, to: length, by: piece) {
                    Array(input[start..<min(start + piece, length)]).withUnsafeBytes {
                        stuffer.stuff($0, into: &output)
                    }
                }
                stuffer.finish(into: &output)
                #expect(output == expected)
            }
        }
    }

    private static func stuffed(_ input: [UInt8]) -> [UInt8] {
        var lines: [[UInt8]] = [[]]
        var index = 0
        while index < input.count {
            if input[index] == 13 || input[index] == 10 {
                if input[index] == 13, index + 1 < input.count, input[index + 1] == 10 { index += 1 }
                lines.append([])
            } else {
                lines[lines.count - 1].append(input[index])
            }
            index += 1
        }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.flatMap { ($0.first == 46 ? [46] : []) + $0 + [13, 10] } + [46, 13, 10]
    }
}
