// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Testing

@Suite("Schedule")
struct ScheduleTests {
    private func delivery(_ id: Int64, _ site: String) throws -> PendingDelivery {
        PendingDelivery(
            id: id, message: MessageID(region: "us-east-1", at: Timestamp(milliseconds: id), random: (1, 2)),
            account: try #require(AccountID("111122223333")), site: site, recipients: [],
            dueAt: Timestamp(milliseconds: id),
            acceptedAt: Timestamp(milliseconds: id), expiresAt: Timestamp(milliseconds: id + 1))
    }

    @Test("takes sites in turn and holds the limits")
    func turns() throws {
        var limits = Schedule.Limits()
        limits.inFlight = 5
        limits.inFlightPerSite = 2
        var schedule = Schedule(limits: limits)
        for id in 1...6 as ClosedRange<Int64> { schedule.offer(try delivery(id, "a")) }
        for id in 7...9 as ClosedRange<Int64> { schedule.offer(try delivery(id, "b")) }
        var started: [Int64] = []
        var running: [PendingDelivery] = []
        while let next = schedule.start() {
            started.append(next.id)
            running.append(next)
        }
        #expect(started == [1, 7, 2, 8])
        schedule.finish(running[0])
        #expect(schedule.start()?.id == 3)
        #expect(schedule.start() == nil)
    }

    @Test("starts nothing twice and knows what did not fit")
    func bounded() throws {
        var limits = Schedule.Limits()
        limits.window = 2
        var schedule = Schedule(limits: limits)
        let first = try delivery(1, "a")
        schedule.offer(first)
        schedule.offer(first)
        schedule.offer(try delivery(2, "a"))
        #expect(!schedule.hasOverflow)
        schedule.offer(try delivery(3, "a"))
        #expect(schedule.hasOverflow)
        #expect([schedule.start()?.id, schedule.start()?.id, schedule.start()?.id] == [1, 2, nil])
        schedule.finish(first)
        schedule.finish(first)
        #expect(schedule.inFlight == 1)
    }

    @Test("a read brings nothing back that was settled meanwhile, and nothing twice")
    func readBesideSettlements() throws {
        var schedule = Schedule(limits: .init())
        let deliveries = try (1...3).map { try delivery($0, "a") }
        schedule.offer(deliveries[0])
        #expect(schedule.start()?.id == 1)
        #expect(schedule.beginRead() == schedule.limits.window - 1)
        schedule.offer(deliveries[1])
        schedule.finish(deliveries[0])
        schedule.endRead(deliveries, isComplete: true)
        #expect([schedule.start()?.id, schedule.start()?.id, schedule.start()?.id] == [2, 3, nil])
        #expect(!schedule.hasOverflow)
        // The next read began later: what it brings is to be tried again.
        schedule.finish(deliveries[1])
        _ = schedule.beginRead()
        schedule.endRead([deliveries[0]], isComplete: true)
        #expect(schedule.start()?.id == 1)
    }

    @Test("reads again only where something was left, and once half the window is free")
    func rereads() throws {
        var limits = Schedule.Limits()
        limits.window = 4
        var schedule = Schedule(limits: limits)
        let deliveries = try (1...5).map { try delivery($0, "a") }
        #expect(schedule.beginRead() == 4)
        schedule.endRead(Array(deliveries.prefix(4)), isComplete: false)
        #expect(schedule.hasOverflow && !schedule.wantsRead)
        #expect(schedule.beginRead() == nil)
        while schedule.start() != nil {}
        for delivery in deliveries.prefix(2) { schedule.finish(delivery) }
        #expect(!schedule.wantsRead)
        schedule.finish(deliveries[2])
        #expect(schedule.wantsRead)
        #expect(schedule.beginRead() == 3)
        schedule.endRead([deliveries[4]], isComplete: true)
        #expect(!schedule.wantsRead)
        _ = schedule.beginRead()
        schedule.abandonRead()
        #expect(schedule.hasOverflow)
    }

    @Test("starts nothing while it is on hold")
    func hold() throws {
        var schedule = Schedule(limits: .init())
        schedule.isOnHold = true
        schedule.offer(try delivery(1, "a"))
        #expect(schedule.start() == nil)
        schedule.isOnHold = false
        #expect(schedule.start()?.id == 1)
    }

    @Test("waits longer each time, a little by chance", arguments: [(1, 60.0), (2, 300), (3, 300), (9, 300)])
    func retries(_ attempts: Int, _ delay: Double) {
        let schedule = RetrySchedule(delays: [60, 300])
        let start = Timestamp(seconds: 1_000)
        #expect(schedule.next(after: attempts, at: start, random: { 0 }) - start == delay)
        #expect(schedule.next(after: attempts, at: start, random: { 999 }) - start < delay * 1.2)
    }
}
