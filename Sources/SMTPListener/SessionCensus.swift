// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Counts open sessions, in all and by address, so that no stranger can take all there are.
final class SessionCensus: Sendable {
    private struct Counts {
        var total = 0
        var byAddress: [String: Int] = [:]
    }

    private let maximum: Int
    private let maximumPerAddress: Int
    private let counts = Mutex(Counts())

    init(maximum: Int, maximumPerAddress: Int) {
        self.maximum = maximum
        self.maximumPerAddress = maximumPerAddress
    }

    /// - Returns: whether there is room; then `leave` must follow.
    func enter(_ address: String) -> Bool {
        counts.withLock { counts in
            guard counts.total < maximum, counts.byAddress[address, default: 0] < maximumPerAddress else {
                return false
            }
            counts.total += 1
            counts.byAddress[address, default: 0] += 1
            return true
        }
    }

    func leave(_ address: String) {
        counts.withLock { counts in
            counts.total -= 1
            let left = counts.byAddress[address, default: 1] - 1
            counts.byAddress[address] = left > 0 ? left : nil
        }
    }

    var total: Int { counts.withLock { $0.total } }
}
