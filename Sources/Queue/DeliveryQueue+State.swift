// SPDX-License-Identifier: Apache-2.0

/// How the queue stands as a whole.
package struct QueueState: Hashable, Sendable {
    package let counts: ScheduleCounts
    package let faults: QueueFaults
    package let isOnHold: Bool
    package let isDraining: Bool
}

extension DeliveryQueue {
    package var state: QueueState {
        QueueState(
            counts: schedule.counts, faults: currentFaults, isOnHold: schedule.isOnHold,
            isDraining: schedule.isDraining)
    }

    /// How much an address that warms up may send, day by day; nil where no rule says so.
    package var addressPlan: WarmUpPlan? { schedule.rules.plan(named: ProviderRules.addressPlan) }
}
