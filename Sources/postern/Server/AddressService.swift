// SPDX-License-Identifier: Apache-2.0

import Delivery
import Queue
import Sending
import ServiceLifecycle

/// Tells the queue, and the sessions that are kept open, of every change to the addresses that mail leaves from.
struct AddressService: Service {
    let addresses: DedicatedAddresses
    let queue: DeliveryQueue
    let attempt: Attempt

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await list in addresses.changes {
                await queue.setAddresses(list)
                attempt.setDrained(Set(list.filter(\.isDraining).compactMap(\.egress.address)))
            }
        }
    }
}
