// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import SMTP
import Testing

@testable import Delivery

@Suite("Connection reuse and dispatch")
struct ReuseTests {
    private let ok = [Reply(250, nil, "ok")]

    @Test("mails to one target share a session until it was idle for too long")
    func reuse() async throws {
        let world = World()
        let attempt = world.attempt()
        for id in 1...3 { _ = await attempt.run(world.assignment(try await world.delivery(id: Int64(id)))).0 }
        #expect(world.transport.sent.map(\.session) == [1, 1, 1])
        world.clock.advance(ConnectionPool.idleLifetime)
        _ = await attempt.run(world.assignment(try await world.delivery(id: 4))).0
        #expect(world.transport.sent.map(\.session) == [1, 1, 1, 2])
        #expect(world.transport.closed == 1)
    }

    @Test("a first contact is waited for briefly")
    func patience() async throws {
        let world = World()
        let attempt = world.attempt()
        let delivery = try await world.delivery()
        _ = await attempt.run(world.assignment(delivery, isFirstContact: true))
        world.clock.advance(ConnectionPool.idleLifetime)
        _ = await attempt.run(world.assignment(delivery))
        #expect(world.transport.patience == [.brief, .full])
    }

    @Test("a session carries so many mails and no more")
    func bounded() async throws {
        let world = World()
        let attempt = world.attempt()
        let delivery = try await world.delivery()
        for _ in 0...ConnectionPool.maximumMails { _ = await attempt.run(world.assignment(delivery)).0 }
        #expect(world.transport.opened.count == 2 && world.transport.closed == 1)
    }

    @Test("fewer where the site's rules say so")
    func ruled() async throws {
        let world = World()
        let attempt = world.attempt()
        let delivery = try await world.delivery()
        for _ in 0..<5 { _ = await attempt.run(world.assignment(delivery, mails: 2)) }
        #expect(world.transport.sent.map(\.session) == [1, 1, 2, 2, 3])
    }

    @Test("a session belongs to the address it leaves from")
    func addresses() async throws {
        var world = World()
        let attempt = world.attempt()
        let delivery = try await world.delivery()
        for address in ["192.0.2.7", "192.0.2.8", "192.0.2.7"] {
            world.egress = Egress(address: address, hostname: "out.example", pool: nil)
            _ = await attempt.run(world.assignment(delivery))
        }
        #expect(world.transport.sent.map(\.session) == [1, 2, 1])
        attempt.setDrained(["192.0.2.7"])
        #expect(world.transport.closed == 1)
        _ = await attempt.run(world.assignment(delivery))
        #expect(world.transport.sent.map(\.session) == [1, 2, 1, 3] && world.transport.closed == 2)
    }

    @Test("a session to another host of a site takes the place of an idle one")
    func replaced() async throws {
        var world = World()
        world.route = .mx(port: 25)
        world.dns.hosts = ["b.example": ["192.0.2.1"], "c.example": ["192.0.2.2"]]
        let attempt = world.attempt()
        for (id, domain) in [(1, "b"), (2, "c")] {
            _ = await attempt.run(world.assignment(try await world.delivery(["x@\(domain).example"], id: Int64(id))))
        }
        #expect(world.transport.opened == ["192.0.2.1", "192.0.2.2"] && world.transport.closed == 1)
    }

    @Test("among equal hosts the one with an open session is asked first")
    func equals() async throws {
        var world = World()
        world.route = .mx(port: 25)
        world.dns.hosts = ["m1.example": ["192.0.2.1"], "m2.example": ["192.0.2.2"]]
        world.dns.exchangers["b.example"] = StubDNS.mx((10, "m1.example"), (10, "m2.example"))
        world.transport = ScriptedTransport(refusing: ["192.0.2.1": ConnectionFailure("down")])
        let attempt = world.attempt()
        for id in 1...2 { _ = await attempt.run(world.assignment(try await world.delivery(id: Int64(id)))) }
        #expect(world.transport.opened == ["192.0.2.1", "192.0.2.2"])
        #expect(world.transport.sent.map(\.session) == [2, 2])
    }

    @Test("a kept session that is gone is replaced once; a fresh one that goes is a failure")
    func dead() async throws {
        var world = World()
        world.transport = ScriptedTransport(steps: [.replies(ok), .gone, .replies(ok), .gone, .gone])
        let attempt = world.attempt()
        for id in 1...2 {
            let settlement = await attempt.run(world.assignment(try await world.delivery(id: Int64(id)))).0
            #expect(settlement.summary == ["delivered b@b.example"])
        }
        #expect(world.transport.sent.map(\.session) == [1, 1, 2])
        let settlement = await attempt.run(world.assignment(try await world.delivery(id: 3))).0
        #expect(settlement.summary == ["deferred b@b.example"])
        #expect(world.transport.sent.map(\.session) == [1, 1, 2, 2, 3])
    }

    @Test("a session the peer ended is not used again")
    func ended() async throws {
        var world = World()
        world.transport = ScriptedTransport(steps: [.last([Reply(421, nil, "bye")])])
        let attempt = world.attempt()
        for id in 1...2 { _ = await attempt.run(world.assignment(try await world.delivery(id: Int64(id)))).0 }
        #expect(world.transport.sent.map(\.session) == [1, 2])
    }

    @Test("idle sessions are closed by the sweep, all of them at the end")
    func sweep() async throws {
        let world = World()
        let attempt = world.attempt()
        _ = await attempt.run(world.assignment(try await world.delivery())).0
        attempt.closeIdle()
        #expect(world.transport.closed == 0)
        attempt.closeIdle(all: true)
        #expect(world.transport.closed == 1)
    }

    @Test("the dispatcher delivers what is due, settles it, and ends when the queue is closed")
    func dispatch() async throws {
        let world = World()
        for id in 1...5 { _ = try await world.delivery(id: Int64(id)) }
        let queue = DeliveryQueue(spool: world.spool, limits: .init(), now: world.clock.now)
        let dispatcher = Dispatcher(queue: queue, attempt: world.attempt())
        let running = Task { await dispatcher.run() }
        while world.spool.settlements.count < 5 { await Task.yield() }
        await queue.close()
        await running.value
        #expect(world.spool.settlements.allSatisfy { $0.summary == ["delivered b@b.example"] })
        #expect(world.transport.closed == world.transport.opened.count)
    }

    @Test("what does not end in time is given up and deferred", arguments: [true, false])
    func drain(_ closes: Bool) async throws {
        var world = World()
        world.transport = ScriptedTransport(steps: [.hang])
        _ = try await world.delivery()
        let queue = DeliveryQueue(spool: world.spool, limits: .init(), now: world.clock.now)
        let dispatcher = Dispatcher(queue: queue, attempt: world.attempt(), drain: .milliseconds(1))
        let running = Task { await dispatcher.run() }
        while world.transport.sent.isEmpty { await Task.yield() }
        if closes { await queue.close() } else { running.cancel() }
        await running.value
        #expect(world.spool.settlements.map(\.summary) == [["deferred b@b.example"]])
    }
}
