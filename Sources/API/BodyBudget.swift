// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// One amount of memory that all bodies in flight share.
final class BodyBudget: Sendable {
    private let left: Atomic<Int>

    init(octets: Int) { left = Atomic(octets) }

    /// - Returns: whether there was enough; then `give` must follow.
    func take(_ octets: Int) -> Bool {
        if left.subtract(octets, ordering: .relaxed).newValue >= 0 { return true }
        left.add(octets, ordering: .relaxed)
        return false
    }

    func give(_ octets: Int) { left.add(octets, ordering: .relaxed) }
}
