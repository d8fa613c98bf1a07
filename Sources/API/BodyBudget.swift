// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// One amount of memory that all bodies in flight share.
final class BodyBudget: Sendable {
    private let left: Atomic<Int>

    init(octets: Int) { left = Atomic(octets) }

    /// What one body has taken so far.
    final class Lease: Sendable {
        private let budget: BodyBudget
        private let taken = Atomic<Int>(0)

        fileprivate init(_ budget: BodyBudget) { self.budget = budget }

        /// - Returns: whether there was enough left.
        func take(_ octets: Int) -> Bool {
            taken.add(octets, ordering: .relaxed)
            return budget.left.subtract(octets, ordering: .relaxed).newValue >= 0
        }

        /// Gives everything back; once.
        func end() { budget.left.add(taken.exchange(0, ordering: .relaxed), ordering: .relaxed) }
    }

    func lease() -> Lease { Lease(self) }
}
