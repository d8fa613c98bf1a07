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

    private func queue(_ spool: StubSpool, window: Int = 10) -> DeliveryQueue {
        var limits = Schedule.Limits()
        limits.window = window
        return DeliveryQueue(spool: spool, limits: limits, now: { Timestamp(seconds: 50) })
    }

    private func settlement(_ stored: Stored) -> Settlement {
        Settlement(delivery: stored.delivery, retry: nil, facts: [])
    }

    @Test("gives out what the spool holds from before, once")
    func start() async {
        let spool = StubSpool { [a.delivery, b.delivery] }
        let queue = queue(spool)
        await queue.start()
        #expect(await [queue.next()?.id, queue.next()?.id] == [1, 2])
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
        let queue = queue(spool)
        let loading = Task { await queue.start() }
        await reading.wait()
        try await queue.accept(a.message, [a.delivery], [])
        #expect(await queue.next() == a.delivery)
        await queue.settle(settlement(a))
        release.open()
        await loading.value
        try await queue.accept(b.message, [b.delivery], [])
        #expect(await queue.next() == b.delivery)
    }

    @Test("what is being accepted is announced by its acceptance, not found by a look")
    func foundBeforeAnnounced() async throws {
        let (stored, release) = (Latch(), Latch())
        let spool = StubSpool { [a.delivery] }
        spool.afterAccepting(a.message.id) {
            stored.open()
            await release.wait()
        }
        let queue = queue(spool)
        let accepting = Task { try await queue.accept(a.message, [a.delivery], []) }
        await stored.wait()
        await queue.start()
        try await queue.accept(b.message, [b.delivery], [])
        #expect(await queue.next() == b.delivery)
        release.open()
        try await accepting.value
        #expect(await queue.next() == a.delivery)
    }

    @Test("what could not be stored is not waited for")
    func failedAcceptance() async throws {
        let spool = StubSpool { [a.delivery] }
        spool.afterAccepting(a.message.id) { throw SpoolFailure.noSpace }
        let queue = queue(spool)
        await #expect(throws: SpoolFailure.noSpace) { try await queue.accept(a.message, [a.delivery], []) }
        await queue.start()
        #expect(await queue.next() == a.delivery)
    }

    @Test("with a full window the spool is left alone until a settlement makes room")
    func fullWindow() async throws {
        let spool = StubSpool { [b.delivery] }
        let queue = queue(spool, window: 1)
        try await queue.accept(a.message, [a.delivery], [])
        #expect(await queue.next() == a.delivery)
        await queue.start()
        await queue.start()
        #expect(spool.looks == 0)
        await queue.settle(settlement(a))
        #expect(await queue.next() == b.delivery)
        #expect(spool.looks == 1)
    }

    @Test("an alarm during a look leads to another")
    func askedDuringRead() async {
        let (reading, release) = (Latch(), Latch())
        let spool = StubSpool {
            reading.open()
            await release.wait()
            return []
        }
        let queue = queue(spool)
        let loading = Task { await queue.start() }
        await reading.wait()
        await queue.start()
        release.open()
        await loading.value
        #expect(spool.looks == 2)
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
            id: id, message: message.id, account: account, site: "a", recipients: [], dueAt: moment, acceptedAt: moment,
            expiresAt: message.expiresAt)
    }
}

/// A spool that brings what it is told to, when it is told to.
private final class StubSpool: Spool {
    typealias Step = @Sendable () async throws -> Void

    private let bring: @Sendable () async -> [PendingDelivery]
    private let steps = Mutex<[MessageID: Step]>([:])
    private let count = Mutex(0)

    init(bring: @escaping @Sendable () async -> [PendingDelivery]) { self.bring = bring }

    /// Times that it was asked what is due.
    var looks: Int { count.withLock { $0 } }

    func afterAccepting(_ message: MessageID, _ step: @escaping Step) { steps.withLock { $0[message] = step } }

    func accept(_ message: SpooledMessage, _ deliveries: [PendingDelivery], _ facts: [Fact]) async throws
        -> [PendingDelivery]
    {
        let step = steps.withLock { $0[message.id] }
        try await step?()
        return deliveries
    }

    func due(at moment: Timestamp, limit: Int, excluding: Set<Int64>) async throws -> [PendingDelivery] {
        count.withLock { $0 += 1 }
        return await bring()
    }

    func nextDue(excluding: Set<Int64>) async throws -> Timestamp? { nil }
    func message(_ id: MessageID) async throws -> SpooledMessage? { nil }
    func settle(_ settlement: Settlement) async throws {}
    func record(_ facts: [Fact]) async throws {}
    func waiting() async throws -> [String: Int] { [:] }
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
