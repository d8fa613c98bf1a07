// SPDX-License-Identifier: Apache-2.0

import Delivery
import Mail
import NIOSSL
import SMTP
import Testing

@testable import SMTPTransport

@Suite("STARTTLS to other servers", .timeLimit(.minutes(1)))
struct STARTTLSTests {
    typealias Script = ScriptedServer.Script
    typealias Base = NIOTransportTests

    private func script(minimum: TLSVersion = .tlsv12, maximum: TLSVersion? = nil) throws -> Script {
        var script = Script()
        script.keywords.append("STARTTLS")
        script.tls = try Certificates.server(minimum: minimum, maximum: maximum)
        return script
    }

    @Test("is used where it is offered, without asking who is there", arguments: [TLSVersion.tlsv12, .tlsv13])
    func opportunistic(_ version: TLSVersion) async throws {
        try await ScriptedServer.with(script(maximum: version)) { server in
            let connection = try await Base.transport().open(Base.target(server, .opportunistic, name: "other.example"))
            #expect(connection.tls == (version == .tlsv13 ? "TLSv1.3" : "TLSv1.2"))
            #expect(try await connection.send(Base.mail()).map(\.code) == [250])
            #expect(server.record.isSecure == [true])
            #expect(server.record.lines.prefix(3) == ["EHLO me.example", "STARTTLS", "EHLO me.example"])
            #expect(server.record.lines.contains("MAIL FROM:<a@example.com>"), "what was offered in clear is forgotten")
        }
    }

    @Test("is not used where it is not wanted")
    func none() async throws {
        try await ScriptedServer.with(script()) { server in
            let connection = try await Base.transport().open(Base.target(server, .none))
            #expect(try await connection.send(Base.mail()).map(\.code) == [250])
            #expect(server.record.isSecure == [false])
        }
    }

    @Test("required: the certificate must be for the host, from an authority that is trusted")
    func required() async throws {
        try await Certificates.withAuthorityFile { authority in
            try await ScriptedServer.with(script()) { server in
                let connection = try await Base.transport(trust: [authority]).open(Base.target(server, .require))
                #expect(try await connection.send(Base.mail()).map(\.code) == [250])
                #expect(server.record.isSecure == [true])
            }
            for (trust, name) in [([authority], "other.example"), ([], "mx.example"), ([authority], "127.0.0.1")] {
                try await ScriptedServer.with(script()) { server in
                    let transport = try Base.transport(trust: trust)
                    let failure = await #expect(throws: ConnectionFailure.self) {
                        try await transport.open(Base.target(server, .require, name: name))
                    }
                    #expect(failure?.reply.enhanced == EnhancedStatusCode(4, 7, 5))
                    #expect(server.record.connections == 1 && !server.record.lines.contains { $0.hasPrefix("MAIL") })
                }
            }
        }
    }

    @Test("required: nothing is sent in clear when it is stripped, refused or broken")
    func stripped() async throws {
        var stripped = try script()
        stripped.keywords = ["PIPELINING"]
        var refused = try script()
        refused.replies = ["STARTTLS": "454 4.7.0 not now\r\n"]
        var broken = try script()
        broken.breaksHandshake = true
        for script in [stripped, refused, broken] {
            try await ScriptedServer.with(script) { server in
                let transport = try Base.transport()
                await #expect(throws: ConnectionFailure.self) {
                    try await transport.open(Base.target(server, .require))
                }
                #expect(server.record.connections == 1 && !server.record.lines.contains { $0.hasPrefix("MAIL") })
            }
        }
    }

    @Test("opportunistic: a broken handshake is followed by one connection in clear")
    func fallback() async throws {
        var script = try script()
        script.breaksHandshake = true
        try await ScriptedServer.with(script) { server in
            let connection = try await Base.transport().open(Base.target(server, .opportunistic))
            #expect(connection.tls == nil && server.record.connections == 2)
            #expect(try await connection.send(Base.mail()).map(\.code) == [250])
        }
    }

    @Test("nothing below TLS 1.2 is spoken")
    func old() async throws {
        try await ScriptedServer.with(script(minimum: .tlsv1, maximum: .tlsv11)) { server in
            let transport = try Base.transport()
            await #expect(throws: ConnectionFailure.self) { try await transport.open(Base.target(server, .require)) }
            let connection = try await transport.open(Base.target(server, .opportunistic))
            #expect(connection.tls == nil)
        }
    }

    @Test("a reply injected before the handshake ends it", arguments: [ClientSession.TLS.require, .opportunistic])
    func injection(_ tls: ClientSession.TLS) async throws {
        var script = try script()
        script.injection = "250 ok\r\n250 ok\r\n"
        try await ScriptedServer.with(script) { server in
            let transport = try Base.transport()
            let failure = await #expect(throws: ConnectionFailure.self) {
                try await transport.open(Base.target(server, tls))
            }
            #expect(failure?.reply.enhanced == EnhancedStatusCode(4, 7, 5))
            #expect(!server.record.lines.contains { $0.hasPrefix("MAIL") })
        }
    }
}
