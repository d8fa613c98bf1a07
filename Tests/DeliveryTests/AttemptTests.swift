// SPDX-License-Identifier: Apache-2.0

import Authentication
import Journal
import Mail
import Queue
import SMTP
import Testing

@testable import Delivery

@Suite("Attempt")
struct AttemptTests {
    @Test("every recipient gets its own outcome, and only the deferred one is tried again")
    func outcomes() async throws {
        var world = World()
        world.transport = ScriptedTransport(steps: [
            .replies([
                Reply(550, .init(5, 1, 1), "no"), Reply(450, .init(4, 2, 1), "later"), Reply(250, .init(2, 0, 0), "ok"),
            ])
        ])
        let delivery = try await world.delivery(["x@b.example", "y@b.example", "z@b.example"])
        let settlement = await world.settle(delivery)
        #expect(settlement.summary == ["bounced x@b.example", "deferred y@b.example", "delivered z@b.example"])
        #expect(settlement.retry?.recipients.map(\.description) == ["y@b.example"])
        #expect(settlement.retry?.lastReply == "450 4.2.1 later")
        #expect(settlement.retry?.dueAt == world.clock.now() + 60)
        #expect(settlement.outcomes.map { $0.next != nil } == [false, true, false])
        #expect(settlement.outcomes.allSatisfy { $0.attempt == 1 && $0.peer == "relay.example:25" })
    }

    @Test("recipients with one reply share a fact")
    func shared() async throws {
        let world = World()
        let settlement = await world.settle(try await world.delivery(["x@b.example", "y@b.example"]))
        #expect(settlement.facts.count == 1 && settlement.retry == nil)
        #expect(settlement.outcomes.first?.recipients == ["x@b.example", "y@b.example"])
    }

    @Test("a peer's answer of another kind, or too few of them, is neither delivery nor bounce")
    func doubtful() async throws {
        var world = World()
        world.transport = ScriptedTransport(steps: [.replies([Reply(354, nil, "go")]), .replies([])])
        for id in 1...2 {
            let settlement = await world.settle(try await world.delivery(id: Int64(id)))
            #expect(settlement.summary == ["deferred b@b.example"])
            #expect(settlement.retry?.recipients.count == 1)
        }
    }

    @Test("asks the next exchanger where one cannot be reached, and no other once one has answered")
    func nextHost() async throws {
        var world = World()
        world.route = .mx(port: 25)
        world.dns.hosts = ["m1.example": ["192.0.2.1"], "m2.example": ["192.0.2.2"]]
        world.dns.exchangers["b.example"] = StubDNS.mx((10, "m1.example"), (20, "m2.example"))
        world.transport = ScriptedTransport(
            refusing: ["192.0.2.1": ConnectionFailure("refused")], steps: [.replies([Reply(451, nil, "later")])])
        let settlement = await world.settle(try await world.delivery())
        #expect(world.transport.opened == ["192.0.2.1", "192.0.2.2"])
        #expect(settlement.summary == ["deferred b@b.example"])
        #expect(settlement.outcomes.first?.peer == "m2.example [192.0.2.2]:25")
    }

    @Test("a host that refuses the session is never a bounce")
    func greeting() async throws {
        var world = World()
        world.transport = ScriptedTransport(
            refusing: ["relay.example": ConnectionFailure(reply: Reply(554, nil, "not you"))])
        let settlement = await world.settle(try await world.delivery())
        #expect(settlement.summary == ["deferred b@b.example"])
        #expect(settlement.outcomes.first?.reply.contains("554 not you") == true)
    }

    @Test("null MX bounces at once")
    func nullMX() async throws {
        var world = World()
        world.route = .mx(port: 25)
        world.dns.exchangers["b.example"] = StubDNS.mx((0, ""))
        let settlement = await world.settle(try await world.delivery())
        #expect(settlement.summary == ["bounced b@b.example"] && settlement.retry == nil)
        #expect(settlement.outcomes.first?.reply.hasPrefix("556 5.1.10 ") == true)
        #expect(world.transport.opened.isEmpty)
    }

    @Test("a relay that is ourselves bounces, with the reason, before anything is opened")
    func ownRelay() async throws {
        var world = World()
        world.isOurs = { address, _ in address == "relay.example" }
        let settlement = await world.settle(try await world.delivery())
        #expect(settlement.summary == ["bounced b@b.example"] && settlement.retry == nil)
        #expect(
            settlement.outcomes.first?.reply == "554 5.4.6 The relay relay.example:25 is this server itself")
        #expect(world.transport.opened.isEmpty)
    }

    @Test("recipients of several domains each go their own way, and their facts say which")
    func domains() async throws {
        var world = World()
        world.route = .mx(port: 25)
        world.dns.hosts = ["b.example": ["192.0.2.1"], "c.example": ["192.0.2.2"]]
        let settlement = await world.settle(try await world.delivery(["x@c.example", "y@b.example"]))
        #expect(Set(settlement.outcomes.map(\.peer)) == ["b.example [192.0.2.1]:25", "c.example [192.0.2.2]:25"])
        #expect(world.transport.sent.map(\.mail.recipients.count) == [1, 1])
    }

    @Test("what outlived its time bounces with the last reply, without another try")
    func expired() async throws {
        let world = World()
        let delivery = try await world.delivery(lastReply: "450 4.2.1 later", attempts: 7)
        world.clock.advance(1000)
        let settlement = await world.settle(delivery)
        #expect(settlement.summary == ["bounced b@b.example"] && settlement.retry == nil)
        let reply = try #require(settlement.outcomes.first?.reply)
        #expect(reply.hasPrefix("554 4.4.7 ") && reply.hasSuffix("450 4.2.1 later"))
        #expect(world.transport.opened.isEmpty)
    }

    @Test("the last retry is not later than the end")
    func lastRetry() async throws {
        var world = World()
        world.transport = ScriptedTransport(steps: [.replies([Reply(450, nil, "later")])])
        let delivery = try await world.delivery()
        world.clock.advance(980)
        #expect(await world.settle(delivery).retry?.dueAt == delivery.expiresAt)
    }

    @Test("what goes wrong inside is temporary")
    func inside() async throws {
        var world = World()
        world.keys.error = .unavailable("store")
        let settlement = await world.settle(try await world.delivery())
        #expect(settlement.summary == ["deferred b@b.example"])
        #expect(settlement.outcomes.first?.reply == "451 4.3.0 Temporary failure inside this server")
    }

    @Test("a long reply is cut before it is written down")
    func longReply() async throws {
        var world = World()
        let lines = (0..<100).map { _ in String(repeating: "x", count: 2000) }
        world.transport = ScriptedTransport(steps: [.replies([Reply(code: 450, enhanced: nil, lines: lines)])])
        let settlement = await world.settle(try await world.delivery())
        #expect((settlement.retry?.lastReply.count ?? .max) <= Outcomes.maximumReplyLength + 1)
    }

    @Test("captured mail is whole, signed and described")
    func capture() async throws {
        var world = World()
        world.route = .capture
        world.keys.signer = try Self.signer()
        let settlement = await world.settle(try await world.delivery(["x@b.example", "y@c.example"]))
        #expect(settlement.summary == ["delivered x@b.example", "delivered y@c.example"])
        let kept = try #require(world.inbox.all.first)
        let text = String(decoding: kept.content, as: UTF8.self)
        #expect(text.hasPrefix("DKIM-Signature: ") && text.hasSuffix(World.header + "Hello\r\n"))
        #expect(kept.summary.subject == "hé" && kept.summary.size == kept.content.count)
    }

    @Test("a message is signed once for all its deliveries under one key")
    func signedOnce() async throws {
        var world = World()
        world.keys.signer = try Self.signer()
        let attempt = world.attempt()
        let delivery = try await world.delivery()
        // Time goes on between the tries: a second signature would have another t=.
        for _ in 0..<2 {
            _ = await attempt.run(world.assignment(delivery)).0
            world.clock.advance(2)
        }
        let headers = world.transport.sent.map(\.mail.header)
        #expect(headers.count == 2 && headers[0] == headers[1])
        #expect(headers[0].count > World.header.utf8.count)
        #expect(world.transport.sent[0].mail.size == headers[0].count + "Hello\r\n".utf8.count)
    }

    @Test("signatures asked for at one time are one, and a failure is not kept")
    func signedTogether() async throws {
        let world = World()
        let delivery = try await world.delivery()
        let message = try #require(try await world.spool.message(delivery.message))
        let pool = SigningPool()
        let signer = try Self.signer()
        let fields = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for second in 0..<20 {
                group.addTask { try await pool.field(for: message, by: signer, at: Timestamp(seconds: Int64(second))) }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(fields.count == 1)
        let broken = SpooledMessage(
            id: MessageID(region: "us-east-1", at: world.clock.now(), random: (8, 8)), account: message.account,
            acceptedAt: message.acceptedAt, expiresAt: message.expiresAt, reversePath: .null, signingDomain: nil,
            content: Content(header: message.content.header, body: .file(path: "/nowhere", offset: 0, length: 1)))
        for _ in 0..<2 {
            await #expect(throws: SpoolFailure.self) {
                try await pool.field(for: broken, by: signer, at: world.clock.now())
            }
        }
    }

    private static func signer() throws -> DKIMSigner {
        DKIMSigner(
            domain: try Domain(parsing: "example.com"), selector: "s",
            key: try DKIMKey(ed25519: (0..<32).map { UInt8($0) }))
    }
}
