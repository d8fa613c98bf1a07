// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How often each of some things happened, told apart by labels. Bounded: what comes after `capacity` different ones is
/// counted under `other` in every label.
package final class Tally: Sendable {
    private let capacity: Int
    private let counts = Mutex<[[String]: Int]>([:])
    package let labels: [String]

    package init(_ labels: [String], capacity: Int = 500) {
        self.labels = labels
        self.capacity = capacity
    }

    /// - Parameter values: one for each label.
    package func add(_ count: Int = 1, _ values: String...) {
        counts.withLock { counts in
            if counts[values] != nil || counts.count < capacity {
                counts[values, default: 0] += count
            } else {
                counts[values.map { _ in "other" }, default: 0] += count
            }
        }
    }

    package var reading: [(values: [String], count: Int)] {
        counts.withLock { $0.map { ($0.key, $0.value) } }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
    }
}
