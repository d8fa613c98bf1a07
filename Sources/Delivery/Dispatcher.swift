// SPDX-License-Identifier: Apache-2.0

package import Queue

/// Takes what is due from the queue, tries it, and settles it; as many at a time as the queue's limits allow.
package struct Dispatcher: Sendable {
    private let queue: DeliveryQueue
    private let attempt: Attempt

    package init(queue: DeliveryQueue, attempt: Attempt) {
        self.queue = queue
        self.attempt = attempt
    }

    /// Runs until the queue is closed, and then until what is in flight has ended.
    package func run() async {
        await queue.start()
        await withDiscardingTaskGroup { group in
            let sweeper = Task {
                while !Task.isCancelled {
                    try await Task.sleep(for: .seconds(ConnectionPool.idleLifetime))
                    await attempt.closeIdle()
                }
            }
            while let delivery = await queue.next() {
                group.addTask { await queue.settle(attempt.run(delivery)) }
            }
            sweeper.cancel()
        }
        await attempt.closeIdle(all: true)
    }
}
