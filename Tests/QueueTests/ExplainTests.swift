// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Testing

@Suite("Why something waits")
struct ExplainTests {
    private let way = WaitReason.Way(site: "a.example", address: nil, warmth: nil)

    private func driver(_ limits: Schedule.Limits = .init()) -> Driver {
        var driver = Driver(limits: limits)
        driver.receive = { _, _ in .mute() }
        return driver
    }

    @Test("in flight, behind slow start, behind others")
    func slots() {
        var driver = driver()
        let ids = (0..<8).map { _ in driver.accept(to: "a.example") }
        driver.settle()
        #expect(driver.schedule.explain(ids[0], at: driver.now)?.cause == .inFlight(way, since: driver.now))
        let last = driver.schedule.explain(ids[7], at: driver.now)
        #expect(last == WaitReason(.connections(way, limit: 5), rule: "slow-start"))
        #expect(last?.description == "a.example limit 5 connections, set by rule slow-start")
        var limits = Schedule.Limits()
        limits.inFlight = 1
        driver = self.driver(limits)
        let two = (0..<2).map { driver.accept(to: "d\($0).example") }
        driver.settle()
        #expect(
            driver.schedule.explain(two[1], at: driver.now) == WaitReason(.busy(limit: 1), rule: "delivery.concurrency")
        )
    }

    @Test("on hold, draining, being resolved")
    func standing() {
        var driver = driver()
        let id = driver.accept(to: "a.example")
        #expect(driver.schedule.explain(id, at: driver.now)?.cause == .resolving(domain: "a.example"))
        driver.schedule.isOnHold = true
        #expect(driver.schedule.explain(id, at: driver.now) == WaitReason(.queueOnHold, rule: "delivery.hold"))
        driver.schedule.isDraining = true
        #expect(driver.schedule.explain(id, at: driver.now)?.cause == .nodeDraining)
        driver.settle()
        #expect(driver.started.isEmpty)
    }

    @Test("a suspended site names the reply and the time")
    func suspended() {
        var driver = driver()
        driver.receive = { _, _ in .refused() }
        for _ in 0..<5 { driver.accept(to: "a.example") }
        driver.run(1)
        let id = driver.accept(to: "a.example")
        driver.settle()
        let reason = driver.schedule.explain(id, at: driver.now)
        let until = Timestamp(milliseconds: 1_000_060_010)
        #expect(
            reason
                == WaitReason(
                    .pathClosed(way, Closure(kind: .unreachable, until: until, rule: "feedback", reply: "refused")),
                    until: until, rule: "feedback"))
    }

    @Test("in the spool alone: the reason of its lane, or its place in it")
    func beyondWindow() throws {
        var limits = Schedule.Limits()
        limits.window = 10
        var driver = driver(limits)
        let ids = (0..<30).map { _ in driver.accept(to: "a.example") }
        driver.settle()
        let row = try #require(driver.rows[ids[29]])
        #expect(driver.schedule.explain(row.id, at: driver.now) == nil)
        let reason = driver.schedule.explain(row.lane, ahead: 24, dueAt: row.dueAt, at: driver.now)
        #expect(reason == WaitReason(.connections(way, limit: 5), rule: "slow-start"))
        let stranger = Lane(account: Driver.account(9), destination: "x.example")
        #expect(driver.schedule.explain(stranger, ahead: 0, dueAt: row.dueAt, at: driver.now).cause == .forgotten)
    }

    @Test("of more lanes than may be known the rest is taken up later, and waits for its place meanwhile")
    func manyLanes() {
        var limits = Schedule.Limits()
        limits.lanes = 5
        var driver = Driver(limits: limits)
        let account = Driver.account(1)
        for number in 0..<20 as Range<Int64> {
            driver.store(
                PendingDelivery(
                    id: number + 1, message: MessageID(region: "us-east-1", at: driver.now, random: (1, 1)),
                    lane: Lane(account: account, destination: "d\(number).example"), recipients: [],
                    dueAt: driver.now + -90, acceptedAt: driver.now, expiresAt: driver.now + 9000))
        }
        for count in driver.laneCounts() where driver.schedule.admits(count.lane) {
            driver.schedule.note(count.lane, count: 1, nextDue: driver.now + -90, at: driver.now)
        }
        #expect(driver.schedule.counts.lanes == 5)
        let reasons = driver.rows.keys.compactMap { driver.explain($0)?.cause }
        #expect(reasons.count { $0 == .beyondWindow(position: 1, of: 1) } == 15)
        for _ in 0..<40 where !driver.rows.isEmpty {
            driver.run(90)
            for _ in 0..<10 { _ = driver.schedule.next(at: driver.now) }
            driver.schedule.audit(driver.laneCounts(), at: driver.now)
            driver.schedule.endAudit()
        }
        #expect(driver.rows.isEmpty && driver.schedule.forgotten == 0)
    }

    @Test("a row that the machine was not told of is found by the audit, and counted")
    func planted() {
        var driver = driver()
        driver.receive = { _, _ in .delivered }
        driver.accept(to: "a.example")
        driver.run(1)
        let lane = Lane(account: Driver.account(1), destination: "a.example", identity: "a.example")
        driver.store(
            PendingDelivery(
                id: 77, message: MessageID(region: "us-east-1", at: driver.now, random: (1, 1)), lane: lane,
                recipients: [], dueAt: driver.now + 1, acceptedAt: driver.now, expiresAt: driver.now + 9000))
        driver.schedule.audit(driver.laneCounts(), at: driver.now)
        driver.run(600)
        // Its time was seen, so it was not forgotten; one whose time is past is.
        #expect(driver.settled.contains(77) && driver.schedule.forgotten == 0)
        driver.store(
            PendingDelivery(
                id: 78, message: MessageID(region: "us-east-1", at: driver.now, random: (1, 1)), lane: lane,
                recipients: [], dueAt: driver.now + -120, acceptedAt: driver.now, expiresAt: driver.now + 9000))
        driver.run(600)
        #expect(!driver.settled.contains(78))
        driver.schedule.audit(driver.laneCounts(), at: driver.now)
        driver.run(1)
        #expect(driver.settled.contains(78) && driver.schedule.forgotten == 1)
    }
}
