// SPDX-License-Identifier: Apache-2.0

import Authentication
import Delivery
import Glibc
import Mail
import NIOCore
import NIOPosix
import NIOSSL
import Queue
import SMTP
import Testing

@testable import SMTPTransport

@Suite("SMTP transport over sockets", .timeLimit(.minutes(1)))
struct NIOTransportTests {
    typealias Script = ScriptedServer.Script

    static func transport(
        trust: [String] = [], _ change: (inout NIOTransport.Settings) -> Void = { _ in }
    ) throws -> NIOTransport {
        let judge = PeerJudge(roots: try TrustRoots(pem: trust)) { Timestamp(seconds: 1_700_000_000) }
        var settings = NIOTransport.Settings(judge: judge)
        change(&settings)
        return try NIOTransport(settings, group: MultiThreadedEventLoopGroup.singleton)
    }

    static func target(
        _ server: ScriptedServer, _ requirement: TLSRequirement = .opportunistic, name: String = "mx.example",
        from address: String? = nil
    ) -> Target {
        Target(
            host: "127.0.0.1", port: server.port, serverName: name,
            egress: Egress(address: address, hostname: "me.example", pool: nil), requirement: requirement)
    }

    static func mail(_ recipients: [String] = ["b@example.com"], body: Content.Body = .memory(Array("Hi\r\n".utf8)))
        throws
        -> OutgoingMail
    {
        OutgoingMail(
            returnPath: .mailbox(try Mailbox(parsing: "a@example.com")),
            recipients: try recipients.map { try Mailbox(parsing: $0) }, header: Array("Subject: x\r\n\r\n".utf8),
            body: body, size: 16)
    }

    @Test("sends mails one after the other over one session and says good-bye")
    func session() async throws {
        try await ScriptedServer.with(Script()) { server in
            let connection = try await Self.transport().open(Self.target(server))
            #expect(connection.peer == "mx.example [127.0.0.1]:\(server.port)" && connection.security == .clear)
            for _ in 0..<2 {
                #expect(
                    try await connection.send(Self.mail(["b@example.com", "c@example.com"])).replies.map(\.code) == [
                        250, 250,
                    ])
                #expect(connection.isUsable)
            }
            connection.close()
            while server.record.lines.last != "QUIT" { await Task.yield() }
            #expect(server.record.connections == 1)
            #expect(
                server.record.contents.map { String(decoding: $0, as: UTF8.self) }
                    == Array(repeating: "Subject: x\r\n\r\nHi\r\n.\r\n", count: 2))
        }
    }

    @Test("each recipient has its own answer, and the session survives a mail nobody takes", arguments: [true, false])
    func recipients(_ pipelines: Bool) async throws {
        var script = Script()
        if !pipelines { script.keywords = ["SIZE"] }
        script.replies = ["RCPT TO:<x@": "550 5.1.1 no\r\n", "RCPT TO:<y@": "450 4.2.1 later\r\n"]
        try await ScriptedServer.with(script) { server in
            let connection = try await Self.transport().open(Self.target(server))
            let mixed = try await connection.send(
                Self.mail(["x@example.com", "y@example.com", "z@example.com"])
            ).replies
            #expect(mixed.map(\.code) == [550, 450, 250])
        }
        script.replies["DATA"] = "554 5.5.1 nobody\r\n"
        try await ScriptedServer.with(script) { server in
            let connection = try await Self.transport().open(Self.target(server))
            #expect(try await connection.send(Self.mail(["x@example.com"])).replies.map(\.code) == [550])
            #expect(connection.isUsable)
            #expect(try await connection.send(Self.mail(["x@example.com"])).replies.map(\.code) == [550])
            #expect(server.record.lines.contains("RSET"))
        }
    }

    @Test(
        "a body with bare line ends and dots leaves as one message",
        arguments: ["a\n.\nMAIL FROM:<e@vil>\n", "a\r.\rb", "a\r\n.\r\nb"])
    func smuggling(_ body: String) async throws {
        try await ScriptedServer.with(Script()) { server in
            let connection = try await Self.transport().open(Self.target(server))
            let mail = try Self.mail(body: .memory(Array(body.utf8)))
            #expect(try await connection.send(mail).replies.map(\.code) == [250])
            let content = try #require(server.record.contents.first)
            #expect(server.record.contents.count == 1 && server.record.lines.last == "DATA")
            for (index, octet) in content.enumerated() {
                if octet == 10 { #expect(index > 0 && content[index - 1] == 13) }
                if octet == 13 { #expect(content[index + 1] == 10) }
            }
        }
    }

    @Test("streams a body from a file, whatever its line ends are cut by")
    func file() async throws {
        var body: [UInt8] = []
        for line in 0..<60_000 { body += Array((line % 7 == 0 ? ".line \(line)\r\n" : "line \(line)\r\n").utf8) }
        try await Self.withFile(Array("junk".utf8) + body) { path in
            try await ScriptedServer.with(Script()) { server in
                let connection = try await Self.transport().open(Self.target(server))
                let mail = try Self.mail(body: .file(path: path, offset: 4, length: body.count))
                #expect(try await connection.send(mail).replies.map(\.code) == [250])
                var stuffer = DotStuffer()
                var expected: [UInt8] = []
                for part in [mail.header, body] { part.withUnsafeBytes { stuffer.stuff($0, into: &expected) } }
                stuffer.finish(into: &expected)
                #expect(server.record.contents.first == expected)
            }
        }
    }

    @Test("a file that is gone or too short is a temporary failure, and the session ends")
    func missingFile() async throws {
        for body in [
            Content.Body.file(path: "/nowhere", offset: 0, length: 9),
            .file(path: "/etc/hostname", offset: 0, length: 99_999),
        ] {
            try await ScriptedServer.with(Script()) { server in
                let connection = try await Self.transport().open(Self.target(server))
                #expect(try await connection.send(Self.mail(body: body)).replies.map(\.code) == [451])
                #expect(!connection.isUsable)
            }
        }
    }

    @Test("a peer that refuses in the middle of the content gets nothing more on this session")
    func earlyVerdict() async throws {
        var script = Script()
        script.earlyVerdict = (100_000, "552 5.3.4 too big\r\n")
        try await Self.withFile([UInt8](repeating: 97, count: 20_000_000)) { path in
            try await ScriptedServer.with(script) { server in
                let connection = try await Self.transport().open(Self.target(server))
                let mail = try Self.mail(body: .file(path: path, offset: 0, length: 20_000_000))
                #expect(try await connection.send(mail).replies.map(\.code) == [552])
                #expect(!connection.isUsable)
                await #expect(throws: ConnectionFailure.self) { try await connection.send(Self.mail()) }
            }
        }
    }

    @Test("a connection lost after the final dot defers; one lost before any answer has failed")
    func lost() async throws {
        var script = Script()
        script.closesAfterContent = true
        try await ScriptedServer.with(script) { server in
            let connection = try await Self.transport().open(Self.target(server))
            #expect(try await connection.send(Self.mail()).replies.map(\.code) == [451])
            #expect(!connection.isUsable)
        }
        script.closesAfter = ["MAIL"]
        try await ScriptedServer.with(script) { server in
            let connection = try await Self.transport().open(Self.target(server))
            await #expect(throws: ConnectionFailure.self) { try await connection.send(Self.mail()) }
        }
    }

    @Test("421 and nonsense end the session and defer", arguments: ["421 4.3.2 bye\r\n", "what?\r\n", "354 hm\r\n"])
    func nonsense(_ reply: String) async throws {
        var script = Script()
        script.replies = ["RCPT": reply]
        try await ScriptedServer.with(script) { server in
            let connection = try await Self.transport().open(Self.target(server))
            let replies = try await connection.send(Self.mail()).replies
            #expect(replies.count == 1 && replies.allSatisfy(\.isTransient))
            #expect(!connection.isUsable)
        }
    }

    @Test("a peer that does not answer is given up in time")
    func silence() async throws {
        var script = Script()
        script.replies = ["DATA": ""]
        try await ScriptedServer.with(script) { server in
            let transport = try Self.transport { $0.timeouts.dataInitiation = .milliseconds(50) }
            let connection = try await transport.open(Self.target(server))
            #expect(try await connection.send(Self.mail()).replies.map(\.code) == [451])
            #expect(!connection.isUsable)
        }
        script.greeting = ""
        try await ScriptedServer.with(script) { server in
            let transport = try Self.transport { $0.timeouts.greeting = .milliseconds(50) }
            await #expect(throws: ConnectionFailure.self) { try await transport.open(Self.target(server)) }
            let brief = try Self.transport { $0.firstContact.greeting = .milliseconds(50) }
            await #expect(throws: ConnectionFailure.self) {
                try await brief.open(Self.target(server), patience: .brief)
            }
        }
    }

    @Test("a host that cannot be reached, or a name that is none, is a failure and leaks nothing")
    func unreachable() async throws {
        let transport = try Self.transport { $0.connectTimeout = .seconds(2) }
        for host in ["127.0.0.1", "no-such-host.invalid"] {
            let target = Target(
                host: host, port: 1, serverName: host, egress: Egress(address: nil, hostname: "me", pool: nil),
                requirement: .opportunistic)
            await #expect(throws: ConnectionFailure.self) { try await transport.open(target) }
        }
    }

    @Test("cancelling ends what is under way: a mail, and a session that is being opened")
    func cancellation() async throws {
        var script = Script()
        script.replies = ["RCPT": "", "DATA": ""]
        try await ScriptedServer.with(script) { server in
            let connection = try await Self.transport().open(Self.target(server))
            let sending = Task { try await connection.send(Self.mail()) }
            while server.record.lines.last != "DATA" { await Task.yield() }
            sending.cancel()
            #expect(((try? await sending.value.replies) ?? [Reply(451)]).map(\.code) == [451])
            #expect(!connection.isUsable)
        }
        script.greeting = ""
        try await ScriptedServer.with(script) { server in
            let opening = Task { try await Self.transport().open(Self.target(server)) }
            while server.record.connections == 0 { await Task.yield() }
            opening.cancel()
            await #expect(throws: ConnectionFailure.self) { try await opening.value }
        }
    }

    @Test("comes from the address of its egress, and says its name", arguments: ["127.0.0.2", "127.0.0.3"])
    func egress(_ address: String) async throws {
        try await ScriptedServer.with(Script()) { server in
            let connection = try await Self.transport().open(Self.target(server, from: address))
            #expect(try await connection.send(Self.mail()).replies.map(\.code) == [250])
            #expect(connection.localAddress == address)
            #expect(server.record.peers == [address] && server.record.lines.first == "EHLO me.example")
        }
    }

    @Test("an address that this machine does not have is our fault", arguments: ["192.0.2.7", "not-an-address"])
    func absent(_ address: String) async throws {
        try await ScriptedServer.with(Script()) { server in
            let failure = await #expect(throws: ConnectionFailure.self) {
                try await Self.transport().open(Self.target(server, from: address))
            }
            #expect(failure?.kind == .ours)
            #expect(failure?.reply.isTransient == true && failure?.reply.description.contains(address) == true)
            #expect(address.contains("n") || failure?.reply.description.hasSuffix("is not on this machine") == true)
            #expect(server.record.connections == 0)
        }
    }

    @Test("writes down what the peer said, and what it was asked")
    func transcript() async throws {
        var script = Script()
        script.replies = ["RCPT TO:<x@": "550 5.1.1 no\r\n"]
        try await ScriptedServer.with(script) { server in
            let connection = try await Self.transport().open(Self.target(server))
            #expect(
                connection.opening.lines().map(Self.words) == [
                    "greeting: 220 mx.example ready", "EHLO: 250 mx.example PIPELINING SIZE 50000000 HELP",
                ])
            let sent = try await connection.send(Self.mail(["x@example.com", "b@example.com"]))
            #expect(
                sent.transcript.lines().map(Self.words) == [
                    "MAIL: 250 ok", "RCPT 1: 550 5.1.1 no", "RCPT 2: 250 ok", "DATA: 354 go", ".: 250 2.0.0 queued",
                ])
        }
        script.replies = ["EHLO": "421 4.7.0 too many\r\n"]
        try await ScriptedServer.with(script) { server in
            let failure = await #expect(throws: ConnectionFailure.self) {
                try await Self.transport().open(Self.target(server))
            }
            #expect(failure?.kind == .refused && failure?.said?.code == 421)
            #expect(failure?.transcript.lines().last.map(Self.words) == "EHLO: 421 4.7.0 too many")
        }
    }

    private static func words(_ line: String) -> String { String(line.drop { $0 != " " }.dropFirst()) }

    @Test("a peer that drips, or writes lines without end, is given up in bounded time")
    func drip() async throws {
        var script = Script()
        script.drips = true
        try await ScriptedServer.with(script) { server in
            let transport = try Self.transport { $0.timeouts.opening = .milliseconds(100) }
            let failure = await #expect(throws: ConnectionFailure.self) {
                try await transport.open(Self.target(server))
            }
            #expect(failure?.reply.description.contains("in time") == true)
        }
        script.drips = false
        script.greeting = String(repeating: "x", count: 10_000_000)
        try await ScriptedServer.with(script) { server in
            let failure = await #expect(throws: ConnectionFailure.self) {
                try await Self.transport().open(Self.target(server))
            }
            #expect(failure?.reply.enhanced == EnhancedStatusCode(4, 5, 0))
        }
    }

    @Test(
        "SIZE that is a lie or nonsense changes nothing", arguments: ["SIZE 1", "SIZE 99999999999999999999", "SIZE -"])
    func size(_ keyword: String) async throws {
        var script = Script()
        script.keywords = [keyword]
        script.replies = ["MAIL": "552 5.3.4 too big\r\n"]
        try await ScriptedServer.with(script) { server in
            let connection = try await Self.transport().open(Self.target(server))
            #expect(try await connection.send(Self.mail()).replies.map(\.code) == [552])
            #expect(connection.isUsable)
        }
    }

    static func withFile<Result>(_ bytes: [UInt8], _ body: (String) async throws -> Result) async throws -> Result {
        var name = Array("/tmp/postern-body-XXXXXX".utf8CString)
        close(mkstemp(&name))
        let path = name.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        defer { unlink(path) }
        let file = try OutputFile(path: path + ".new")
        try file.write(bytes)
        try file.replace(path)
        return try await body(path)
    }
}

extension NIOTransport {
    func open(_ target: Target) async throws -> any Connection { try await open(target, patience: .full) }
}
