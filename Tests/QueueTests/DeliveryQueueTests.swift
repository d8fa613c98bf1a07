// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Queue
import Synchronization
import Testing

@Suite("Delivery queue")
struct DeliveryQueueTests {
    private let a = Stored(1)
    private let b = Stored(2)

    private func queue(_ spool: StubSpool, window: Int = 10, sites: any SiteFinder = DomainSites()) -> DeliveryQueue {
        var limits = Schedule.Limits()
        limits.window = window
        return DeliveryQueue(spool: spool, sites: sites, limits: limits, now: { Timestamp(seconds: 50) })
    }

    private func settlement(_ stored: Stored) -> Settlement {
        Settlement(delivery: stored.delivery, retry: nil, facts: [])
    }

    private func assignment(_ stored: Stored) -> Assignment {
        Assignment(
            delivery: stored.delivery, egress: Egress(address: nil, hostname: "localhost", pool: nil), site: "a")
    }

    @Test("gives out what the spool holds from before, once")
    func start() async {
        let spool = StubSpool { [a.delivery, b.delivery] }
        spool.count(a)
        let queue = queue(spool)
        await queue.start()
        #expect(await [queue.next()?.delivery.id, queue.next()?.delivery.id] == [1, 2])
    }

    @Test("what was settled while the spool was read is not tried again")
    func settledDuringRead() async throws {
        let (reading, release) = (Latch(), Latch())
        let spool = StubSpool {
            // As it stood when the read began.
            reading.open()
            await release.wait()
            return [a.delivery]
        }
        spool.count(a)
        let queue = queue(spool)
        await queue.start()
        let first = Task { await queue.next() }
        await reading.wait()
        try await queue.accept(a.message, [a.delivery], [])
        #expect(await first.value?.delivery == a.delivery)
        await queue.settle(settlement(a), of: assignment(a), report: .init(result: .open, sent: 1))
        release.open()
        try await queue.accept(b.message, [b.delivery], [])
        #expect(await queue.next()?.delivery == b.delivery)
    }

    @Test("what is being accepted is announced by its acceptance, not found by a look")
    func foundBeforeAnnounced() async throws {
        let (stored, release) = (Latch(), Latch())
        let spool = StubSpool { [a.delivery] }
        spool.count(a)
        spool.afterAccepting(a.message.id) {
            stored.open()
            await release.wait()
        }
        let queue = queue(spool)
        let accepting = Task { try await queue.accept(a.message, [a.delivery], []) }
        await stored.wait()
        await queue.start()
        let first = Task { await queue.next() }
        // Everything that the look brings has come by then.
        while spool.looks == 0 { await Task.yield() }
        for _ in 0..<1_000 { await Task.yield() }
        try await queue.accept(b.message, [b.delivery], [])
        #expect(await first.value?.delivery == b.delivery)
        release.open()
        try await accepting.value
        #expect(await queue.next()?.delivery == a.delivery)
    }

    @Test("what could not be stored is not waited for")
    func failedAcceptance() async throws {
        let spool = StubSpool { [a.delivery] }
        spool.count(a)
        spool.afterAccepting(a.message.id) { throw SpoolFailure.noSpace }
        let queue = queue(spool)
        await #expect(throws: SpoolFailure.noSpace) { try await queue.accept(a.message, [a.delivery], []) }
        await queue.start()
        #expect(await queue.next()?.delivery == a.delivery)
    }

    @Test("what is accepted goes out without a look at the spool")
    func unread() async throws {
        let spool = StubSpool { [] }
        let queue = queue(spool)
        await queue.start()
        for stored in [a, b] { try await queue.accept(stored.message, [stored.delivery], []) }
        #expect(await [queue.next()?.delivery.id, queue.next()?.delivery.id] == [1, 2])
        #expect(spool.looks == 0)
    }

    @Test("a settlement that cannot be written is tried until it can, and the delivery stays in flight")
    func settlementFails() async throws {
        let spool = StubSpool { [] }
        spool.failSettlements(1)
        let queue = queue(spool)
        try await queue.accept(a.message, [a.delivery], [])
        _ = await queue.next()
        let settling = Task {
            await queue.settle(settlement(a), of: assignment(a), report: .init(result: .open, sent: 1))
        }
        while spool.settlements == 0 { await Task.yield() }
        #expect(await queue.counts.inFlight == 1)
        await settling.value
        #expect(await queue.counts.inFlight == 0)
        #expect(spool.settlements == 2)
    }

    @Test("what has expired bounces, in whatever state it is, but for what is under way")
    func sweep() async throws {
        let spool = StubSpool { [] }
        let queue = queue(spool)
        try await queue.accept(a.message, [a.delivery], [])
        _ = await queue.next()
        spool.expire([a.delivery, b.delivery])
        #expect(try await queue.sweep() == 1)
        guard case .bounced(let outcome)? = spool.settled.first?.facts.first?.event else {
            Issue.record("no bounce")
            return
        }
        #expect(outcome.reply == "554 4.4.7 Message expired: unable to deliver in time, never tried")
        #expect(spool.settled.map(\.delivery.id) == [2])
    }

    @Test("a check brings back what the schedule does not know of, and counts it")
    func audit() async throws {
        let spool = StubSpool { [a.delivery] }
        let faults = Mutex<[QueueFault]>([])
        let queue = DeliveryQueue(
            spool: spool, limits: .init(), now: { Timestamp(seconds: 500) },
            report: { fault in faults.withLock { $0.append(fault) } })
        await queue.start()
        try await queue.audit()
        var sound = QueueFaults()
        sound.audits = 1
        #expect(await queue.currentFaults == sound)
        // A row that nobody was told of.
        spool.count(a)
        try await queue.audit()
        #expect(await queue.next()?.delivery == a.delivery)
        #expect(await queue.currentFaults.forgotten == 1)
        #expect(faults.withLock { $0 } == [.forgotten(1)])
        try await queue.audit()
        #expect(await queue.currentFaults.forgotten == 0)
    }

    @Test("a closed queue gives nothing out")
    func closed() async {
        let queue = queue(StubSpool { [] })
        let waiting = Task { await queue.next() }
        await queue.close()
        #expect(await waiting.value == nil)
        #expect(await queue.next() == nil)
    }
}

/// A message with its one delivery.
private struct Stored {
    let message: SpooledMessage
    let delivery: PendingDelivery

    init(_ id: Int64) {
        let account = AccountID("111122223333") ?? { preconditionFailure("account") }()
        let moment = Timestamp(seconds: id)
        message = SpooledMessage(
            id: MessageID(region: "us-east-1", at: moment, random: (1, 2)), account: account, acceptedAt: moment,
            expiresAt: moment + 1000, reversePath: .null, signingDomain: nil,
            content: Content(header: [], body: .memory([])))
        delivery = PendingDelivery(
            id: id, message: message.id, lane: Lane(account: account, destination: "a"), recipients: [], dueAt: moment,
            acceptedAt: moment,
            expiresAt: message.expiresAt)
    }
}

/// A spool that brings what it is told to, when it is told to.
private final class StubSpool: Spool {
    typealias Step = @Sendable () async throws -> Void

    private struct State {
        var steps: [MessageID: Step] = [:]
        var looks = 0
        var settlements = 0
        var failures = 0
        var settled: [Settlement] = []
        var counts: [LaneCount] = []
        var expired: [PendingDelivery] = []
    }

    private let bring: @Sendable () async -> [PendingDelivery]
    private let state = Mutex(State())

    init(bring: @escaping @Sendable () async -> [PendingDelivery]) { self.bring = bring }

    /// Times that it was asked what is due.
    var looks: Int { state.withLock { $0.looks } }
    /// Times that a settlement was tried.
    var settlements: Int { state.withLock { $0.settlements } }
    var settled: [Settlement] { state.withLock { $0.settled } }

    func afterAccepting(_ message: MessageID, _ step: @escaping Step) { state.withLock { $0.steps[message] = step } }
    func failSettlements(_ count: Int) { state.withLock { $0.failures = count } }
    func expire(_ deliveries: [PendingDelivery]) { state.withLock { $0.expired = deliveries } }

    /// From now on it says that something is there.
    func count(_ stored: Stored) {
        let delivery = stored.delivery
        state.withLock {
            $0.counts = [LaneCount(lane: delivery.lane, count: 1, nextDue: delivery.dueAt, due: 1)]
        }
    }

    func accept(_ message: SpooledMessage, _ deliveries: [PendingDelivery], _ facts: [Fact]) async throws
        -> [PendingDelivery]
    {
        let step = state.withLock { $0.steps[message.id] }
        try await step?()
        return deliveries
    }

    func lanes(dueBefore moment: Timestamp, after place: Int64, limit: Int) async throws -> LanePage {
        LanePage(lanes: state.withLock { $0.counts }, next: nil)
    }

    func due(_ reads: [LaneRead], at moment: Timestamp) async throws -> [LaneRows] {
        state.withLock { $0.looks += 1 }
        let due = await bring()
        return reads.map { LaneRows(read: $0, due: due, nextDue: nil) }
    }

    func settle(_ settlement: Settlement, departure: Departure?) async throws {
        let fails = state.withLock { state in
            state.settlements += 1
            state.failures -= 1
            if state.failures < 0 { state.settled.append(settlement) }
            return state.failures >= 0
        }
        if fails { throw SpoolFailure.noSpace }
    }

    func expired(at moment: Timestamp, limit: Int) async throws -> [PendingDelivery] {
        state.withLock { state in state.expired.filter { one in !state.settled.contains { $0.delivery.id == one.id } } }
    }

    func message(_ id: MessageID) async throws -> SpooledMessage? { nil }
    func record(_ facts: [Fact]) async throws {}
    func keep(_ lessons: [KeptLesson]) async throws {}
    func recall(at moment: Timestamp) async throws -> (lessons: [KeptLesson], departures: [Departure]) { ([], []) }
    func orphans(after message: MessageID?, limit: Int) async throws -> (found: [MessageID], next: MessageID?) {
        ([], nil)
    }
}

/// Opened once; whoever waits goes on then.
private final class Latch: Sendable {
    private let state = Mutex<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    func open() {
        let waiters = state.withLock { state in
            defer { state = (true, []) }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { waiter in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(waiter) }
                return state.isOpen
            }
            if isOpen { waiter.resume() }
        }
    }
}
