// SPDX-License-Identifier: Apache-2.0

import Authentication
import Crypto
import Delivery
import Mail
import NIOSSL
import Reports
import SMTP
import Testing

@testable import SMTPTransport

@Suite("STARTTLS to other servers", .timeLimit(.minutes(1)))
struct STARTTLSTests {
    typealias Script = ScriptedServer.Script
    typealias Base = NIOTransportTests

    private static let clear = TLSRequirement(mode: .none, policy: .relayNone)
    private static let encrypted = TLSRequirement(mode: .encrypted, policy: .configurationSet)

    private static func verified(_ name: String = "mx.example") -> TLSRequirement {
        TLSRequirement(mode: .verified(names: [name]), policy: .enforce)
    }

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
            let security = connection.security
            #expect(security.version == (version == .tlsv13 ? "TLSv1.3" : "TLSv1.2"))
            #expect(security.cipher?.hasPrefix(version == .tlsv13 ? "TLS_AES_" : "TLS_ECDHE_ECDSA_") == true)
            #expect(security.certificate == .unverified && security.givenUp == nil)
            #expect(try await connection.send(Base.mail()).replies.map(\.code) == [250])
            #expect(server.record.isSecure == [true])
            #expect(server.record.lines.prefix(3) == ["EHLO me.example", "STARTTLS", "EHLO me.example"])
            #expect(server.record.lines.contains("MAIL FROM:<a@example.com>"), "what was offered in clear is forgotten")
        }
    }

    @Test("is not used where it is not wanted")
    func none() async throws {
        try await ScriptedServer.with(script()) { server in
            let connection = try await Base.transport().open(Base.target(server, Self.clear))
            #expect(try await connection.send(Base.mail()).replies.map(\.code) == [250])
            #expect(server.record.isSecure == [false])
        }
    }

    @Test("required: the certificate must be for the host, from an authority that is trusted")
    func required() async throws {
        try await Certificates.withAuthority { authority in
            try await ScriptedServer.with(script()) { server in
                let connection = try await Base.transport(trust: [authority]).open(Base.target(server, Self.verified()))
                #expect(try await connection.send(Base.mail()).replies.map(\.code) == [250])
                #expect(server.record.isSecure == [true] && connection.security.certificate == .verified)
            }
            for (trust, name) in [([authority], "other.example"), ([], "mx.example"), ([authority], "127.0.0.1")] {
                try await ScriptedServer.with(script()) { server in
                    let transport = try Base.transport(trust: trust)
                    let failure = await #expect(throws: ConnectionFailure.self) {
                        try await transport.open(Base.target(server, Self.verified(name), name: name))
                    }
                    #expect(failure?.reply.enhanced == EnhancedStatusCode(4, 7, 5))
                    guard case .insecure(let reason) = failure?.kind else {
                        Issue.record("not told as a fault of TLS")
                        return
                    }
                    #expect(
                        reason.type == (trust.isEmpty ? .certificateNotTrusted : .certificateHostMismatch))
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
                    try await transport.open(Base.target(server, Self.verified()))
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
            #expect(connection.security.version == nil && server.record.connections == 2)
            #expect(try await connection.send(Base.mail()).replies.map(\.code) == [250])
        }
    }

    @Test("nothing below TLS 1.2 is spoken")
    func old() async throws {
        try await ScriptedServer.with(script(minimum: .tlsv1, maximum: .tlsv11)) { server in
            let transport = try Base.transport()
            await #expect(throws: ConnectionFailure.self) {
                try await transport.open(Base.target(server, Self.verified()))
            }
            let connection = try await transport.open(Base.target(server, .opportunistic))
            #expect(connection.security.version == nil && connection.security.givenUp != nil)
        }
    }

    @Test("a reply injected before the handshake ends it", arguments: [true, false])
    func injection(_ isRequired: Bool) async throws {
        var script = try script()
        script.injection = "250 ok\r\n250 ok\r\n"
        try await ScriptedServer.with(script) { server in
            let transport = try Base.transport()
            let failure = await #expect(throws: ConnectionFailure.self) {
                try await transport.open(Base.target(server, isRequired ? Self.encrypted : .opportunistic))
            }
            #expect(failure?.reply.enhanced == EnhancedStatusCode(4, 7, 5))
            #expect(!server.record.lines.contains { $0.hasPrefix("MAIL") })
        }
    }

    @Test("encrypted: any certificate will do, clear text never")
    func encrypted() async throws {
        try await ScriptedServer.with(script()) { server in
            let connection = try await Base.transport().open(Base.target(server, Self.encrypted, name: "x.example"))
            #expect(connection.security.version == "TLSv1.3" && connection.security.certificate == .unverified)
        }
        var broken = try script()
        broken.breaksHandshake = true
        try await ScriptedServer.with(broken) { server in
            let failure = await #expect(throws: ConnectionFailure.self) {
                try await Base.transport().open(Base.target(server, Self.encrypted))
            }
            #expect(failure?.reply.enhanced == EnhancedStatusCode(4, 7, 5))
            #expect(failure?.transcript.lines().count == 3 && server.record.connections == 1)
        }
    }

    @Test("DANE: the certificate is the one that the DNS vouches for, whoever signed it")
    func dane() async throws {
        let digest = Array(SHA256.hash(data: try Certificates.leafDER()))
        for (data, isGood) in [(digest, true), ([UInt8](repeating: 0, count: 32), false)] {
            let association = try #require(
                CertificateAssociation(usage: 3, selector: 0, matching: 1, data: data))
            let requirement = TLSRequirement(
                mode: .dane(associations: [association], names: ["other.example"]), policy: .dane)
            try await ScriptedServer.with(script()) { server in
                let target = Base.target(server, requirement, name: "other.example")
                let connection = try? await Base.transport().open(target)
                #expect(connection?.security.certificate == (isGood ? .dane : nil))
            }
        }
    }

    @Test("a policy in testing is judged and changes nothing", arguments: ["mx.example", "other.example"])
    func testing(_ name: String) async throws {
        try await Certificates.withAuthority { authority in
            try await ScriptedServer.with(script()) { server in
                let requirement = TLSRequirement(mode: .opportunistic, policy: .testing, tested: [name])
                let transport = try Base.transport(trust: [authority])
                let security = try await transport.open(Base.target(server, requirement)).security
                #expect(security.certificate == .unverified && security.version == "TLSv1.3")
                #expect((security.tested == .verified) == (name == "mx.example"))
            }
        }
    }

    @Test("what must stay under TLS goes to a peer that promises it, and to no other", arguments: [true, false])
    func requireTLS(_ offers: Bool) async throws {
        var script = try script()
        script.secureKeywords = offers ? ["PIPELINING", "REQUIRETLS"] : ["PIPELINING"]
        try await ScriptedServer.with(script) { server in
            let connection = try await Base.transport().open(Base.target(server, Self.encrypted))
            #expect(connection.offersRequireTLS == offers)
            let mail = try Base.mail()
            let replies = try await connection.send(
                OutgoingMail(
                    returnPath: mail.returnPath, recipients: mail.recipients, header: mail.header, body: mail.body,
                    size: mail.size, requiresTLS: true)
            ).replies
            #expect(replies.map(\.enhanced) == (offers ? [.init(2, 0, 0)] : [.init(5, 7, 30)]))
            #expect(server.record.lines.contains("MAIL FROM:<a@example.com> REQUIRETLS") == offers)
        }
    }
}
