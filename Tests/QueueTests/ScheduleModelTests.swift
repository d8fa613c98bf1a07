// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Testing

@Suite("The schedule against a plain model")
struct ScheduleModelTests {
    /// Accepts, holds, releases, drops and retries by chance, against receivers that fail by chance.
    private func play(_ seed: UInt64) -> Driver {
        var dice = Dice(seed)
        var limits = Schedule.Limits()
        limits.window = 20 + dice.roll(60)
        limits.inFlight = 1 + dice.roll(12)
        limits.read = 1 + dice.roll(20)
        limits.ways = 4 + dice.roll(10)
        let pool = PoolID(account: Driver.account(1), name: "p")
        let addresses = [
            SendingAddress.system(hostname: "h"),
            SendingAddress(egress: Egress(address: "192.0.2.1", hostname: "h1", pool: pool)),
            SendingAddress(egress: Egress(address: "192.0.2.2", hostname: "h2", pool: pool)),
        ]
        var driver = Driver(limits: limits, addresses: addresses)
        for site in 0..<12 { driver.sites["d\(site).example"] = site < 6 ? "big" : nil }
        var chance = Dice(seed &+ 7)
        driver.receive = { assignment, _ in
            switch chance.roll(10) {
            case 0: .refused(retry: Double(1 + chance.roll(200)))
            case 1: Driver.Outcome(seconds: 0.2, report: .init(result: .open, sent: 0), retry: 5)
            case 2:
                Driver.Outcome(
                    seconds: 0.1,
                    report: .init(
                        result: .open, sent: 0,
                        lessons: [
                            Lesson(
                                act: chance.roll(2) == 0 ? .switchAddress : .suspendSite, duration: 30, rule: "r",
                                reply: "421")
                        ]), retry: 10)
            default: Driver.Outcome(seconds: 0.05 + Double(chance.roll(10)) / 10)
            }
        }
        for _ in 0..<300 {
            switch dice.roll(12) {
            case 0..<6:
                for _ in 0..<dice.roll(12) {
                    driver.accept(
                        account: 1 + dice.roll(3), to: "d\(dice.roll(12)).example",
                        pool: dice.roll(3) == 0 ? pool : nil, identity: "i\(dice.roll(2))",
                        isBulky: dice.roll(8) == 0, in: dice.roll(5) == 0 ? Double(dice.roll(50)) : 0)
                }
            case 6: act(&driver, &dice)
            case 7: driver.settle()
            default: driver.run(Double(dice.roll(100)) / 10)
            }
        }
        driver.schedule.isOnHold = false
        return driver
    }

    private func act(_ driver: inout Driver, _ dice: inout Dice) {
        let waiting = driver.rows.keys.sorted().filter { !driver.schedule.isUnderWay($0) }
        guard !waiting.isEmpty else { return }
        let id = waiting[dice.roll(waiting.count)]
        switch dice.roll(4) {
        case 0:
            driver.held.insert(id)
            driver.schedule.forget([id])
        case 1:
            for id in driver.held.sorted() {
                driver.held.remove(id)
                if let row = driver.rows[id] {
                    driver.schedule.note(row.lane, count: 1, nextDue: row.dueAt, at: driver.now)
                }
            }
        case 2:
            driver.schedule.forget([id])
            guard let row = driver.rows.removeValue(forKey: id) else { return }
            driver.rowsByLane[row.lane]?.remove(id)
            driver.held.remove(id)
        default: driver.schedule.isOnHold.toggle()
        }
    }

    @Test("what leaves the window while its lane is read leaves no slot behind")
    func withdrawnDuringRead() {
        var driver = Driver()
        let lane = Lane(account: Driver.account(1), destination: "a.example", identity: "a.example")
        driver.schedule.isOnHold = true
        let id = driver.accept(to: "a.example")
        driver.settle()
        // In line to start, and its lane is read for what an audit misses.
        driver.schedule.audit([LaneCount(lane: lane, count: 9, nextDue: driver.now + -90, due: 9)], at: driver.now)
        let reads = driver.schedule.beginReads(atMost: 10)
        #expect(reads.map(\.lane) == [lane])
        let idle = driver.schedule.withdraw([id])
        driver.schedule.endReads(reads.map { LaneRows(read: $0, due: [], nextDue: nil) }, at: driver.now)
        driver.schedule.bringBack(idle)
        driver.schedule.isOnHold = false
        #expect(driver.schedule.next(at: driver.now) == nil)
        driver.schedule.note(lane, count: 1, nextDue: driver.now, at: driver.now)
        driver.run(1)
        #expect(driver.settled == [id] && driver.schedule.held == 0)
    }

    @Test(
        "nothing is lost, started twice, early, held, or under way beyond the limits",
        arguments: 1...40 as ClosedRange<UInt64>)
    func random(_ seed: UInt64) {
        var driver = play(seed)
        for id in driver.held.sorted() {
            driver.held.remove(id)
            if let row = driver.rows[id] {
                driver.schedule.note(row.lane, count: 1, nextDue: row.dueAt, at: driver.now)
            }
        }
        driver.receive = { _, _ in .delivered }
        driver.run(20_000)
        #expect(driver.rows.keys.sorted() == [])
        #expect(driver.schedule.inFlight == 0 && driver.schedule.held == 0)
        #expect(driver.schedule.forgotten == 0)
        #expect(driver.schedule.counts.unread == 0)
    }

    @Test("the same seed gives the same trace")
    func repeats() {
        let (one, other) = (play(5).started, play(5).started)
        #expect(one == other && one.count > 100)
        #expect(one != play(6).started)
    }
}
