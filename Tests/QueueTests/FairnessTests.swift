// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Testing

@Suite("Fair turns")
struct FairnessTests {
    @Test(
        "200,000 to a dead site delay nobody else's mail",
        arguments: [Driver.Outcome.refused(), Driver.Outcome.mute()])
    func deadSite(_ dead: Driver.Outcome) throws {
        var limits = Schedule.Limits()
        limits.window = 200
        var driver = Driver(limits: limits)
        driver.receive = { assignment, _ in assignment.site == "dead.example" ? dead : .delivered }
        for _ in 0..<2_000 { driver.accept(account: 1, to: "dead.example") }
        driver.run(10)
        let before = driver.started.count
        let id = driver.accept(account: 2, to: "live.example")
        driver.settle()
        #expect(driver.started.dropFirst(before).map(\.id) == [id])
        let own = driver.accept(account: 1, to: "live.example")
        driver.run(0.01)
        #expect(driver.started.contains { $0.id == own })
        #expect(driver.schedule.held <= driver.schedule.limits.window)
        // Dead, and asked again by one try at a time.
        driver.run(3600)
        #expect(driver.started.count { $0.site == "dead.example" } < 200)
    }

    @Test("a thousand mute sites of one account leave slots for another's new sites")
    func muteSites() {
        var driver = Driver()
        driver.receive = { assignment, _ in assignment.site.hasPrefix("mute") ? .mute() : .delivered }
        for site in 0..<1000 { for _ in 0..<10 { driver.accept(account: 1, to: "mute\(site).example") } }
        driver.run(1)
        #expect(driver.schedule.inFlight == 75)
        let ids = (0..<20).map { driver.accept(account: 2, to: "live\($0).example") }
        driver.run(1)
        #expect(driver.settled.isSuperset(of: ids))
    }

    @Test("forty mute sites leave slots for their own account's new sites")
    func ownNewSites() {
        var driver = Driver()
        driver.receive = { assignment, _ in assignment.site.hasPrefix("mute") ? .mute() : .delivered }
        for site in 0..<40 { for _ in 0..<100 { driver.accept(account: 1, to: "mute\(site).example") } }
        driver.run(1)
        let ids = (0..<20).map { driver.accept(account: 1, to: "live\($0).example") }
        driver.run(1)
        #expect(driver.settled.isSuperset(of: ids))
    }

    @Test("a thousand mute sites pass at the pace of first contacts, and a new site of theirs has its turn")
    func firstContacts() {
        var driver = Driver()
        driver.receive = { assignment, _ in
            guard assignment.site.hasPrefix("mute") else { return .delivered }
            return .mute(seconds: assignment.isFirstContact ? 30 : 300)
        }
        for site in 0..<1000 { for _ in 0..<10 { driver.accept(account: 1, to: "mute\(site).example") } }
        driver.run(1)
        let id = driver.accept(account: 1, to: "live.example")
        driver.run(600)
        #expect(driver.settled.contains(id))
    }

    @Test("only the first try is brief: a site that greets after a minute has its mail with the second")
    func slowGreeter() {
        var driver = Driver()
        driver.receive = { assignment, _ in
            guard assignment.site == "slow.example" else { return .delivered }
            return assignment.isFirstContact ? .mute(seconds: 30) : .delivered
        }
        let id = driver.accept(account: 1, to: "slow.example")
        driver.run(1800)
        #expect(driver.settled.contains(id))
        #expect(driver.started.count { $0.id == id } == 2)
    }

    @Test("what waits for mute sites neither fills the window nor keeps a live site from being read")
    func muteSitesAndReads() {
        var limits = Schedule.Limits()
        limits.window = 100
        limits.inFlight = 20
        var driver = Driver(limits: limits)
        driver.receive = { assignment, _ in assignment.site.hasPrefix("mute") ? .mute() : .delivered }
        driver.accept(account: 1, to: "live.example")
        driver.run(5)
        for site in 0..<400 { driver.accept(account: 1, to: "mute\(site).example") }
        let ids = (0..<500).map { _ in driver.accept(account: 1, to: "live.example") }
        driver.run(120)
        #expect(driver.settled.isSuperset(of: ids), "\(driver.settled.count)")
        #expect(driver.reads < 5_000)
    }

    @Test("accounts take turns at a site's slots, then identities, and four small ones go for each bulky one")
    func turns() {
        var limits = Schedule.Limits()
        limits.inFlight = 1
        var driver = Driver(limits: limits)
        driver.schedule.isOnHold = true
        for _ in 0..<100 { driver.accept(account: 1, to: "a.example") }
        for _ in 0..<10 { driver.accept(account: 2, to: "a.example") }
        for _ in 0..<10 { driver.accept(account: 1, to: "a.example", identity: "b.example") }
        for _ in 0..<10 { driver.accept(account: 1, to: "a.example", isBulky: true) }
        driver.settle()
        driver.schedule.isOnHold = false
        driver.run(1.75)
        let first = driver.started.dropFirst(7).prefix(10).map(\.account)
        #expect(first.count { $0 == Driver.account(2) } == 5)
        driver.run(2)
        let own = driver.started.filter { $0.account == Driver.account(1) }.map(\.id)
        let bulky = own.prefix(15).count { $0 > 120 }
        let second = own.prefix(15).count { (111...120).contains($0) }
        #expect(bulky == 3 && second == 6, "\(own)")
    }

    @Test("a full window makes room for who has less in it, and nothing is lost by that")
    func fullWindow() {
        var limits = Schedule.Limits()
        limits.window = 100
        limits.inFlight = 4
        var driver = Driver(limits: limits)
        driver.schedule.isOnHold = true
        for _ in 0..<500 { driver.accept(account: 1, to: "a.example") }
        for number in 0..<60 { driver.accept(account: 2, to: "b\(number % 3).example") }
        #expect(driver.schedule.held == 100)
        driver.schedule.isOnHold = false
        driver.run(10)
        #expect(driver.settled.isSuperset(of: 501...560))
        driver.run(100)
        #expect(driver.settled.count == 560)
        // Rows are read many at a time.
        #expect(driver.reads < 60)
    }

    @Test("an account whose window is full of what cannot start still starts what can")
    func blockedWindow() {
        var limits = Schedule.Limits()
        limits.window = 50
        var driver = Driver(limits: limits)
        driver.receive = { assignment, _ in assignment.site.hasPrefix("dead") ? .mute() : .delivered }
        for site in 0..<200 { driver.accept(account: 1, to: "dead\(site).example") }
        driver.run(1)
        let id = driver.accept(account: 1, to: "live.example")
        driver.run(2000)
        #expect(driver.settled.contains(id))
    }
}
