// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Testing

@testable import struct Queue.Bucket
@testable import struct Queue.Concurrency

@Suite("Paths")
struct PathTests {
    static let pool = PoolID(account: Driver.account(1), name: "p")

    static func address(_ number: Int, pool: PoolID? = pool, warmingSince: Timestamp? = nil) -> SendingAddress {
        SendingAddress(
            egress: Egress(address: "192.0.2.\(number)", hostname: "h\(number)", pool: pool),
            warmingSince: warmingSince)
    }

    static func rules(_ limits: [Provider.Limit], plans: [WarmUpPlan] = []) -> ProviderRules {
        ProviderRules(
            providers: [Provider(name: "big", domains: ["big.example"], limits: limits)], lessons: [], plans: plans)
    }

    @Test("the window grows by one a window of successes, and does not swing")
    func feedback() {
        var path = Concurrency(initial: 5)
        for _ in 0..<4 { path.succeeded(maximum: 20) }
        #expect(path.window == 5)
        path.succeeded(maximum: 20)
        #expect(path.window == 6)
        // Turn and turn about, good and bad: nothing moves.
        for _ in 0..<5 {
            path.succeeded(maximum: 20)
            let isDead = path.failed()
            #expect(!isDead)
        }
        #expect(path.window == 6)
        // A step up forgets what had come together for a step down.
        path.succeeded(maximum: 20)
        #expect(path.window == 7)
        for _ in 0..<3 {
            _ = path.failed()
            path.succeeded(maximum: 7)
        }
        #expect(path.window == 7)
        for _ in 0..<1000 { path.succeeded(maximum: 20) }
        #expect(path.window == 20)
    }

    @Test("a window of failures without a success is death; then one try at a time")
    func death() {
        var path = Concurrency(initial: 3)
        let dead = (0..<3).map { _ in path.failed() }
        #expect(dead == [false, false, true])
        #expect(path.window == 1 && path.deaths == 1)
        let isDead = path.failed()
        #expect(isDead && path.deaths == 2)
        path.succeeded(maximum: 5)
        #expect(path.deaths == 0 && path.window == 2)
    }

    @Test("a dead site is suspended for longer each time, and comes back slowly")
    func suspension() {
        var driver = Driver()
        driver.sites = ["a.example": "a"]
        driver.receive = { _, now in now < Timestamp(seconds: 1_000_700) ? .refused(retry: 1000) : .delivered }
        for _ in 0..<300 { driver.accept(to: "a.example") }
        driver.run(1000)
        let gaps = zip(driver.started, driver.started.dropFirst()).map { $1.at - $0.at }.filter { $0 > 1 }
        #expect(gaps.prefix(4).map { Int($0) } == [60, 120, 240, 480])
        #expect(driver.settled.count >= 290)
        let back = driver.started.drop { $0.at < Timestamp(seconds: 1_000_900) }
        #expect(back.prefix { $0.at == back.first?.at }.count == 1)
    }

    @Test(
        "no stretch of time sees more starts than the rate",
        arguments: [(1, 1.0), (3, 1), (100, 1), (7, 60), (6000, 3600), (40, 60)])
    func rate(_ messages: Int, _ period: Double) throws {
        let rate = try #require(Rate(messages: messages, period: period))
        var dice = Dice(UInt64(messages))
        var bucket = Bucket(rate)
        var now = Timestamp(seconds: 1000)
        var starts: [Timestamp] = []
        for _ in 0..<2000 {
            now = now + Double(dice.roll(1000)) / 1000 * period / Double(messages)
            if dice.roll(20) == 0 { now = now + period * Double(dice.roll(3)) }
            for _ in 0..<min(bucket.tokens(at: now), 1 + dice.roll(30)) {
                bucket.take(at: now)
                starts.append(now)
            }
        }
        var first = 0
        for (index, start) in starts.enumerated() {
            while start - starts[first] >= period { first += 1 }
            #expect(index - first + 1 <= messages)
        }
        #expect(starts.count > 200)
    }

    @Test("a provider's rate and connections hold for each address, whatever waits")
    func providerLimits() throws {
        let rate = try #require(Rate(messages: 10, period: 1))
        var driver = Driver(
            rules: Self.rules([.init(.rate(rate), rule: "big-rate"), .init(.connections(2), rule: "big-connections")]),
            addresses: [Self.address(1), Self.address(2)])
        driver.sites = ["big.example": "big"]
        for _ in 0..<200 { driver.accept(to: "big.example", pool: Self.pool) }
        driver.run(30)
        #expect(driver.settled.count == 200)
        for address in ["192.0.2.1", "192.0.2.2"] {
            let starts = driver.started.filter { $0.address == address }.map(\.at)
            #expect(starts.count >= 90)
            for start in starts { #expect(starts.count { $0 >= start && $0 - start < 1 } <= 10) }
            for start in starts { #expect(starts.count { $0 <= start && start - $0 < 0.1 } <= 2) }
        }
    }

    @Test("an address that a provider blocks leaves its rotation for a time; the pool is never left")
    func block() {
        var driver = Driver(addresses: [Self.address(1), Self.address(2), .system(hostname: "h")])
        driver.sites = ["a.example": "a", "b.example": "b"]
        driver.receive = { assignment, now in
            guard assignment.egress.address == "192.0.2.1", assignment.site == "a" else { return .delivered }
            let lesson = Lesson(act: .switchAddress, duration: 600, rule: "blocked-here", reply: "554 go away")
            return Driver.Outcome(report: .init(result: .open, sent: 0, lessons: [lesson]), retry: 1)
        }
        for _ in 0..<50 { driver.accept(to: "a.example", pool: Self.pool) }
        driver.run(60)
        #expect(driver.settled.count == 50)
        let tries = driver.started.filter { $0.site == "a" && $0.address == "192.0.2.1" }
        #expect(tries.count <= 5)
        // Elsewhere it goes on.
        for _ in 0..<4 { driver.accept(to: "b.example", pool: Self.pool) }
        driver.run(1)
        #expect(Set(driver.started.suffix(4).map(\.address)) == ["192.0.2.1", "192.0.2.2"])
        #expect(driver.started.allSatisfy { $0.address != nil })
    }

    @Test("with every address of the pool blocked, drained or gone the mail waits and says so")
    func allBlocked() {
        var driver = Driver(addresses: [Self.address(1), .system(hostname: "h")])
        driver.sites = ["a.example": "a"]
        driver.receive = { _, _ in
            let lesson = Lesson(act: .switchAddress, duration: 600, rule: "blocked-here", reply: "554 go away")
            return Driver.Outcome(report: .init(result: .open, sent: 0, lessons: [lesson]), retry: 1)
        }
        driver.accept(to: "a.example", pool: Self.pool)
        driver.run(5)
        let id = driver.accept(to: "a.example", pool: Self.pool)
        driver.run(5)
        let blocked = driver.explain(id)
        #expect(blocked?.rule == "blocked-here" && blocked?.until == Timestamp(milliseconds: 1_000_600_100))
        #expect(
            blocked?.description
                == "until 1970-01-12T13:56:40.100Z: a is closed to this address by its reply (554 go away), set by rule "
                + "blocked-here, address 192.0.2.1")
        driver.schedule.setAddresses([.system(hostname: "h")], at: driver.now)
        driver.run(1000)
        #expect(driver.explain(id)?.cause == .noAddress(Self.pool))
        #expect(driver.started.count == 1)
        var third = Self.address(3)
        third.isDraining = true
        driver.schedule.setAddresses([third], at: driver.now)
        driver.run(10)
        #expect(driver.explain(id)?.cause == .noAddress(Self.pool))
        third.isDraining = false
        driver.receive = { _, _ in .delivered }
        driver.schedule.setAddresses([third], at: driver.now)
        driver.run(10)
        #expect(driver.settled.count == 2 && driver.started.last?.address == "192.0.2.3")
    }

    @Test("a cold address sends what its plan allows, the rest goes by a warm one or waits for midnight")
    func warmUp() {
        let plans = [
            WarmUpPlan(name: ProviderRules.sitePlan, days: [10, 20]),
            WarmUpPlan(name: ProviderRules.addressPlan, days: [15, 100]),
        ]
        let start = Timestamp(seconds: 1_000_000)
        var driver = Driver(
            rules: ProviderRules(providers: [], lessons: [], plans: plans),
            addresses: [Self.address(1, warmingSince: start)])
        for _ in 0..<20 { driver.accept(to: "a.example", pool: Self.pool) }
        for _ in 0..<20 { driver.accept(to: "b.example", pool: Self.pool) }
        driver.run(600)
        #expect(driver.started.count == 15)
        #expect(driver.started.count { $0.site == "a.example" } <= 10)
        let waiting = driver.rows.keys.sorted().compactMap { driver.explain($0) }
        #expect(waiting.count == 25)
        #expect(waiting.allSatisfy { $0.until == start.nextDay && $0.rule?.hasSuffix("warm-up") ?? false })
        driver.run(until: start.nextDay + 60)
        #expect(driver.settled.count == 40)
        // With a warm address beside it nothing waits.
        driver.run(until: driver.now.nextDay + 60)
        driver.schedule.setAddresses([Self.address(1, warmingSince: driver.now), Self.address(2)], at: driver.now)
        for _ in 0..<100 { driver.accept(to: "c.example", pool: Self.pool) }
        driver.run(60)
        #expect(driver.settled.count == 140)
        let cold = driver.started.suffix(100).count { $0.address == "192.0.2.1" }
        #expect(cold == 10)
    }

    @Test("what was not sent is given back to the warm-up")
    func unsent() {
        let plans = [WarmUpPlan(name: ProviderRules.sitePlan, days: [3])]
        var driver = Driver(
            rules: ProviderRules(providers: [], lessons: [], plans: plans),
            addresses: [Self.address(1, warmingSince: Timestamp(seconds: 1_000_000))])
        driver.receive = { assignment, _ in
            assignment.delivery.attempts == 0
                ? Driver.Outcome(report: .init(result: .open, sent: 0), retry: 1) : .delivered
        }
        for _ in 0..<3 { driver.accept(to: "a.example", pool: Self.pool) }
        driver.run(60)
        #expect(driver.settled.count == 3 && driver.started.count == 6)
    }

    @Test("what cold addresses sent, and what was learned, holds over a restart")
    func restart() {
        let plans = [WarmUpPlan(name: ProviderRules.sitePlan, days: [10])]
        let start = Timestamp(seconds: 1_000_000)
        var driver = Driver(
            rules: ProviderRules(providers: [], lessons: [], plans: plans),
            addresses: [Self.address(1, warmingSince: start)])
        let kept = [
            KeptLesson(
                address: "192.0.2.1", site: "b.example", act: .closed(.blocked), until: start + 100, rule: "r",
                reply: "554"),
            KeptLesson(
                address: nil, site: "c.example", act: .closed(.suspended), until: start + 100, rule: "s", reply: "4"),
        ]
        driver.schedule.restore(
            kept, [Departure(day: start.day, address: "192.0.2.1", site: "a.example", messages: 8)], at: start)
        for site in ["a", "b", "c"] { for _ in 0..<5 { driver.accept(to: "\(site).example", pool: Self.pool) } }
        driver.run(50)
        #expect(driver.started.map(\.site) == ["a.example", "a.example"])
        #expect(driver.explain(6)?.rule == "r")
        #expect(driver.explain(11)?.rule == "s")
        driver.run(100)
        #expect(driver.settled.count == 12)
    }

    @Test("lessons hold for their time: connections, rate, and after so many replies only")
    func lessons() {
        var driver = Driver()
        driver.sites = ["a.example": "a"]
        let lesson = Lesson(act: .connections(1), duration: 60, rule: "busy", reply: "421", threshold: 2)
        driver.receive = { assignment, _ in
            assignment.delivery.id <= 2
                ? Driver.Outcome(seconds: 0.01, report: .init(result: .open, sent: 1, lessons: [lesson])) : .delivered
        }
        driver.accept(to: "a.example")
        driver.run(1)
        #expect(
            driver.schedule.pathSnapshots(at: driver.now).first?.limits.map(\.rule) == ["delivery.site-concurrency"])
        driver.accept(to: "a.example")
        driver.run(1)
        let learned = driver.schedule.pathSnapshots(at: driver.now).first?.limits.last
        #expect(learned?.rule == "busy" && learned?.until == Timestamp(milliseconds: 1_000_061_010))
        for _ in 0..<30 { driver.accept(to: "a.example") }
        driver.run(0.55)
        #expect(driver.started.count == 2 + 6)
        #expect(driver.explain(32)?.rule == "busy")
        driver.schedule.forgive(site: "a", at: driver.now)
        driver.run(1)
        #expect(driver.settled.count == 32)
    }
}
