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
