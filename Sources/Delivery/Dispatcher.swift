// SPDX-License-Identifier: Apache-2.0

package import Queue

/// Takes what is due from the queue, tries it, and settles it; as many at a time as the queue's limits allow.
package struct Dispatcher: Sendable {
    /// How often idle sessions are looked at.
    private static let sweepInterval = Duration.seconds(1)

    private let queue: DeliveryQueue
    private let attempt: Attempt
    private let meter: AttemptMeter
    private let drain: Duration

    /// - Parameter drain: what is in flight when the queue closes has this long to end by itself.
    package init(
        queue: DeliveryQueue, attempt: Attempt, meter: AttemptMeter = AttemptMeter(), drain: Duration = .seconds(30)
    ) {
        self.meter = meter
        self.queue = queue
        self.attempt = attempt
        self.drain = drain
    }

    /// Runs until the queue is closed, and then until what is in flight has ended. What has not ended in time is given
    /// up and deferred. Cancelling the task closes the queue and gives up at once.
    package func run() async {
        let queue = queue
        await queue.start()
        await withTaskCancellationHandler {
            async let _ = sweep()
            async let _ = queue.watch()
            await deliver()
        } onCancel: {
            Task { await queue.close() }
        }
        attempt.closeIdle(all: true)
    }

    private func deliver() async {
        let (closed, announce) = AsyncStream<Void>.makeStream()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await deliverAll(announce) }
            group.addTask {
                for await _ in closed {}
                try? await Task.sleep(for: drain)
            }
            // The deliveries or their time, whichever ends first.
            await group.next()
            group.cancelAll()
        }
    }

    private func deliverAll(_ closed: AsyncStream<Void>.Continuation) async {
        let queue = queue
        await withDiscardingTaskGroup { group in
            while let assignment = await queue.next() {
                group.addTask {
                    let (settlement, report) = await attempt.run(assignment)
                    meter.observe(settlement)
                    // A try that is given up is still written down.
                    await Task { await queue.settle(settlement, of: assignment, report: report) }.value
                }
            }
            closed.finish()
        }
    }

    private func sweep() async {
        while (try? await Task.sleep(for: Self.sweepInterval)) != nil { attempt.closeIdle() }
    }
}
