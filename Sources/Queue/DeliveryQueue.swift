// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail
import Synchronization

/// The queue between acceptance and delivery: the spool for keeping, the schedule for order.
package actor DeliveryQueue {
    /// Seconds between looks at the spool while nothing is known to be due earlier.
    private static let longestSleep = 60.0
    /// Seconds between looks, however much falls due meanwhile: each passes over all that the window holds.
    private static let shortestSleep = 0.1
    /// Seconds before a settlement that could not be written is tried again.
    private static let settlementRetry = Duration.seconds(1)

    private nonisolated let spool: any Spool
    private nonisolated let now: Now
    private var schedule: Schedule
    private var waiters: [CheckedContinuation<PendingDelivery?, Never>] = []
    private var isClosed = false
    private var wakeUp: (at: Timestamp, task: Task<Void, Never>)?
    private var isLoading = false
    private var mustLoadAgain = false
    /// Messages on their way into the spool. Their deliveries are announced by `accept` itself: a look that found them
    /// first would have them tried, and settled, before they are announced, and so tried once more.
    private nonisolated let arriving = Mutex<Set<MessageID>>([])

    package init(spool: any Spool, limits: Schedule.Limits, now: @escaping Now) {
        self.spool = spool
        self.now = now
        schedule = Schedule(limits: limits)
    }

    /// Stores a message; when this returns, it is owed. Stores wait together and share a sync.
    package nonisolated func accept(_ message: SpooledMessage, _ deliveries: [PendingDelivery], _ facts: [Fact])
        async throws
    {
        let id = message.id
        arriving.withLock { _ = $0.insert(id) }
        let stored: [PendingDelivery]
        do {
            stored = try await spool.accept(message, deliveries, facts)
        } catch {
            arriving.withLock { _ = $0.remove(id) }
            throw error
        }
        Task { await self.announce(stored, of: id) }
    }

    /// Stores facts about what was not accepted.
    package nonisolated func record(_ facts: [Fact]) async throws { try await spool.record(facts) }

    /// Begins with what the spool holds from before.
    package func start() async { await load() }

    /// The next delivery to try, when there is one; nil once the queue is closed.
    package func next() async -> PendingDelivery? {
        if isClosed { return nil }
        if let delivery = schedule.start() { return delivery }
        return await withCheckedContinuation { waiters.append($0) }
    }

    /// Writes down what a try came to. A settlement that cannot be written is tried until it can: the delivery stays in
    /// flight meanwhile, so it is neither lost nor sent again.
    package func settle(_ settlement: Settlement) async {
        while true {
            do {
                try await spool.settle(settlement)
                break
            } catch {
                if isClosed { return }
                try? await Task.sleep(for: Self.settlementRetry)
            }
        }
        schedule.finish(settlement.delivery)
        if let retry = settlement.retry { wake(at: retry.dueAt) }
        dispatch()
        if schedule.wantsRead { await load() }
    }

    /// Stops or resumes deliveries; acceptance goes on.
    package func setHold(_ isOnHold: Bool) {
        schedule.isOnHold = isOnHold
        dispatch()
    }

    /// Nothing is given out any more.
    package func close() {
        isClosed = true
        wakeUp?.task.cancel()
        for waiter in waiters { waiter.resume(returning: nil) }
        waiters = []
    }

    private func announce(_ deliveries: [PendingDelivery], of message: MessageID) {
        arriving.withLock { _ = $0.remove(message) }
        for delivery in deliveries { schedule.offer(delivery) }
        dispatch()
    }

    private func dispatch() {
        while !waiters.isEmpty, let delivery = schedule.start() { waiters.removeFirst().resume(returning: delivery) }
    }

    private func load() async {
        guard !isLoading else {
            mustLoadAgain = true
            return
        }
        isLoading = true
        defer { isLoading = false }
        repeat {
            mustLoadAgain = false
            do { try await look() } catch { return wake(at: now() + 1) }
        } while !isClosed && (mustLoadAgain || schedule.wantsRead)
    }

    // While the window is full nothing is worth waking for: settlements make room, and look again.
    private func look() async throws {
        guard !isClosed, let room = schedule.beginRead() else { return }
        let due: [PendingDelivery]
        do {
            due = try await spool.due(at: now(), limit: room, excluding: schedule.held)
        } catch {
            schedule.abandonRead()
            throw error
        }
        let arriving = arriving.withLock { $0 }
        schedule.endRead(due.filter { !arriving.contains($0.message) }, isComplete: due.count < room)
        dispatch()
        if schedule.hasOverflow { return }
        let next = try await spool.nextDue(excluding: schedule.held)
        let moment = now()
        wake(at: max(min(next ?? .distantFuture, moment + Self.longestSleep), moment + Self.shortestSleep))
    }

    // One alarm, at the earliest moment anybody asked for.
    private func wake(at moment: Timestamp) {
        if let wakeUp, wakeUp.at <= moment { return }
        wakeUp?.task.cancel()
        let delay = max(moment - now(), 0.001)
        let task = Task {
            guard (try? await Task.sleep(for: .seconds(delay))) != nil else { return }
            await self.alarm()
        }
        wakeUp = (moment, task)
    }

    private func alarm() async {
        wakeUp = nil
        await load()
    }
}

extension Timestamp {
    fileprivate static let distantFuture = Timestamp(milliseconds: .max / 4)
}
