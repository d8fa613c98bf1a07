// SPDX-License-Identifier: Apache-2.0

import DNS
import Journal
import Mail
import Queue
import Reports
import SMTP
import Testing

@testable import Delivery

@Suite("The way of an attempt")
struct WayTests {
    private static let account = AccountID("111122223333")

    private func pool(_ name: String) throws -> PoolID { PoolID(account: try #require(Self.account), name: name) }

    private func world(_ hosts: [String: [String]], _ records: (UInt16, String)...) -> World {
        var world = World()
        world.route = .mx(port: 25)
        world.dns.hosts = hosts
        world.dns.exchangers["b.example"] = StubDNS.answer(
            records.map { .init(preference: $0.0, exchange: $0.1) }, .found)
        return world
    }

    @Test("leaves from the address that was assigned, and the outcome says so")
    func egress() async throws {
        var world = World()
        world.egress = Egress(address: "192.0.2.7", hostname: "out7.example", pool: try pool("p"))
        world.transport = ScriptedTransport(
            security: .init(version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", certificate: .verified))
        let outcome = try #require(await world.settle(try await world.delivery()).outcomes.first)
        #expect(world.transport.targets.map(\.egress) == [world.egress])
        #expect(outcome.address == "192.0.2.7" && outcome.site == "site.example")
        #expect(outcome.cipher == "TLS_AES_256_GCM_SHA384" && outcome.certificate == "verified")
        #expect(outcome.tls == "TLSv1.3" && outcome.tlsPolicy == "opportunistic")
        #expect(outcome.replies == ["1 greeting: 220 hi", "3 .: 250 2.0.0 ok"])
        #expect(world.transport.sent[0].mail.returnPath.description == "<token@bounces.example.com>")
    }

    @Test("a way that is not of the delivery's pool is not taken")
    func otherPool() async throws {
        var world = World()
        let delivery = try await world.delivery()
        world.egress = Egress(address: "192.0.2.7", hostname: "out7.example", pool: try pool("p"))
        let (settlement, report) = await world.attempt().run(world.assignment(delivery))
        #expect(settlement.summary == ["deferred b@b.example"] && report.result == .untried)
        #expect(world.transport.opened.isEmpty)
    }

    @Test("what waits follows the pool that its configuration set has now, untried, with all its tries to come")
    func movesToPool() async throws {
        var world = World()
        world.options.pool = try pool("p")
        let delivery = try await world.delivery(lastReply: "451 later", attempts: 2)
        let (settlement, report) = await world.attempt().run(world.assignment(delivery))
        let moved = Settlement.move(of: delivery, to: try pool("p"))
        #expect(settlement == moved && report == PathReport(result: .untried, sent: 0))
        #expect(settlement.attempts == 2 && settlement.facts.isEmpty && settlement.retry?.lastReply == "451 later")
        #expect(settlement.retry?.lane == delivery.lane.rerouted(to: try pool("p")))
        #expect(world.transport.opened.isEmpty)
    }

    @Test("what is in the pool of now, or was rerouted by hand, stays where it is")
    func staysInPool() async throws {
        for accepted in [try pool("now"), try pool("then")] {
            var world = World()
            world.options.pool = try pool("now")
            world.egress = Egress(
                address: "192.0.2.7", hostname: "out7.example",
                pool: try pool(accepted.name == "now" ? "now" : "by-hand"))
            let settlement = await world.settle(try await world.delivery(accepted: accepted))
            #expect(settlement.summary == ["delivered b@b.example"])
        }
    }

    @Test("only addresses of our own family are tried", arguments: [("192.0.2.7", 0), ("2001:db8::7", 1)])
    func family(_ address: String, _ index: Int) async throws {
        var world = world(["m1.example": ["192.0.2.1", "2001:db8::1"]], (10, "m1.example"))
        world.egress = Egress(address: address, hostname: "out.example", pool: nil)
        _ = await world.settle(try await world.delivery())
        #expect(world.transport.opened == [["192.0.2.1", "2001:db8::1"][index]])
        world.dns.hosts = ["m1.example": [["2001:db8::1", "192.0.2.1"][index]]]
        let (settlement, report) = await world.attempt().run(world.assignment(try await world.delivery(id: 2)))
        #expect(settlement.summary == ["deferred b@b.example"] && report.result == .untried)
    }

    @Test("what is our own fault ends the search, and teaches nothing of the path")
    func ours() async throws {
        var world = world(
            ["m1.example": ["192.0.2.1"], "m2.example": ["192.0.2.2"]], (10, "m1.example"), (20, "m2.example"))
        world.transport = ScriptedTransport(refusing: ["192.0.2.1": ConnectionFailure("not here", kind: .ours)])
        let (settlement, report) = await world.attempt().run(world.assignment(try await world.delivery()))
        #expect(world.transport.opened == ["192.0.2.1"] && settlement.summary == ["deferred b@b.example"])
        #expect(report == PathReport(result: .untried, sent: 0))
    }

    @Test("a word about our address bounces nobody, and teaches the queue")
    func blocked() async throws {
        var world = World()
        world.transport = ScriptedTransport(steps: [
            .replies([Reply(550, .init(5, 7, 1), "blocked"), Reply(550, .init(5, 1, 1), "no such user")])
        ])
        let (settlement, report) = await world.attempt().run(
            world.assignment(try await world.delivery(["x@b.example", "y@b.example"])))
        #expect(settlement.summary == ["deferred x@b.example", "bounced y@b.example"])
        #expect(settlement.outcomes.map { $0.verdict?.delay } == ["IPFailure", "General"])
        #expect(
            report
                == PathReport(
                    result: .open, sent: 0,
                    lessons: [
                        Lesson(
                            act: .switchAddress, duration: 600, rule: "site.example relay.example",
                            reply: "550 5.7.1 blocked")
                    ]))
    }

    @Test("a greeting that blocks us is judged by the peer's own words")
    func greeting() async throws {
        var world = World()
        world.transport = ScriptedTransport(
            refusing: ["relay.example": ConnectionFailure(reply: Reply(554, .init(5, 7, 1), "blocked"))])
        let (settlement, report) = await world.attempt().run(world.assignment(try await world.delivery()))
        #expect(settlement.outcomes.first?.verdict?.rule == "block")
        #expect(report.lessons.map(\.reply) == ["554 5.7.1 blocked"])
        #expect(report.result == .unreachable(reply: settlement.retry?.lastReply ?? ""))
    }

    @Test("the transcript holds the hosts that failed before")
    func transcript() async throws {
        var world = world(
            ["m1.example": ["192.0.2.1"], "m2.example": ["192.0.2.2"]], (10, "m1.example"), (20, "m2.example"))
        world.transport = ScriptedTransport(refusing: ["192.0.2.1": ConnectionFailure("refused")])
        let outcome = try #require(await world.settle(try await world.delivery()).outcomes.first)
        #expect(
            outcome.replies == [
                "0 m1.example [192.0.2.1]:25: 451 4.4.1 refused", "1 greeting: 220 hi", "3 .: 250 2.0.0 ok",
            ])
    }

    @Test("goes in parts where a site takes so many recipients at a time")
    func parts() async throws {
        let world = World()
        let delivery = try await world.delivery((1...5).map { "u\($0)@b.example" })
        let (settlement, report) = await world.attempt().run(world.assignment(delivery, recipients: 2))
        #expect(world.transport.sent.map(\.mail.recipients.count) == [2, 2, 1])
        #expect(world.transport.opened.count == 1 && report.sent == 3)
        #expect(settlement.summary.count == 5 && settlement.retry == nil)
    }

    @Test("a posture that forbids a host leads to the next, and to a delay where there is none")
    func forbidden() async throws {
        var world = world(
            ["m1.example": ["192.0.2.1"], "m2.example": ["192.0.2.2"]], (10, "m1.example"), (20, "m2.example"))
        let failure = TLSFailure(.dnssecInvalid, "TLSA cannot be had")
        world.posture = Posture(forbidden: ["m1.example": failure])
        #expect(await world.settle(try await world.delivery()).outcomes.first?.peer == "m2.example [192.0.2.2]:25")
        world.posture = Posture(forbidden: ["m1.example": failure, "m2.example": failure])
        let (settlement, report) = await world.attempt().run(world.assignment(try await world.delivery(id: 2)))
        let outcome = try #require(settlement.outcomes.first)
        #expect(settlement.summary == ["deferred b@b.example"] && report.result == .untried)
        #expect(outcome.certificate == "TLSA cannot be had" && outcome.tlsPolicy == "DANE")
    }

    @Test("the posture hears of each session once, and of each that was not safe enough")
    func heard() async throws {
        var world = World()
        world.transport = ScriptedTransport(security: .init(version: "TLSv1.2"))
        let attempt = world.attempt()
        for id in 1...2 { _ = await attempt.run(world.assignment(try await world.delivery(id: Int64(id)))) }
        #expect(world.posture.sessions == ["relay.example TLSv1.2"])
        world.transport = ScriptedTransport(
            refusing: ["relay.example": ConnectionFailure(TLSFailure(.certificateExpired, "expired"), with: "relay")])
        let settlement = await world.settle(try await world.delivery(id: 3))
        #expect(settlement.summary == ["deferred b@b.example"])
        #expect(world.posture.sessions.last == "relay.example expired")
    }

    @Test("what must stay under TLS bounces where no host promises it, and waits where one was not asked")
    func requireTLS() async throws {
        var world = world(
            ["m1.example": ["192.0.2.1"], "m2.example": ["192.0.2.2"]], (10, "m1.example"), (20, "m2.example"))
        world.options.tls = .requireTLS
        world.transport = ScriptedTransport(security: .init(version: "TLSv1.3"))
        let bounced = await world.settle(try await world.delivery())
        #expect(bounced.summary == ["bounced b@b.example"] && world.transport.sent.isEmpty)
        #expect(bounced.outcomes.first?.reply.hasPrefix("550 5.7.30 ") == true)
        world.transport = ScriptedTransport(refusing: ["192.0.2.2": ConnectionFailure("refused")])
        #expect(await world.settle(try await world.delivery(id: 2)).summary == ["deferred b@b.example"])
        world.transport = ScriptedTransport(offersRequireTLS: true)
        #expect(await world.settle(try await world.delivery(id: 3)).summary == ["delivered b@b.example"])
        #expect(world.transport.sent.map(\.mail.requiresTLS) == [true])
        let insecure = ConnectionFailure(TLSFailure(.certificateNotTrusted, "no"), with: "m")
        world.transport = ScriptedTransport(refusing: ["192.0.2.1": insecure, "192.0.2.2": insecure])
        let refused = await world.settle(try await world.delivery(id: 4))
        #expect(refused.outcomes.first?.reply.hasPrefix("550 5.7.10 ") == true)
    }
}
