// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How often something took how long, in classes that are fixed beforehand.
package final class Histogram: Sendable {
    package struct Reading: Hashable, Sendable {
        /// Upper ends, rising; one more class is open.
        package let bounds: [Double]
        /// Of each class by itself.
        package let counts: [Int]
        package let sum: Double

        package var count: Int { counts.reduce(0, +) }
    }

    /// Seconds, from a millisecond to a minute.
    package static let seconds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    /// Seconds, from a tenth of one to the fourteen hours that SES keeps trying.
    package static let waits: [Double] = [
        0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 7_200, 14_400, 28_800, 50_400,
    ]

    private let bounds: [Double]
    private let state: Mutex<(counts: [Int], sum: Double)>

    package init(_ bounds: [Double] = Histogram.seconds) {
        self.bounds = bounds
        state = Mutex(([Int](repeating: 0, count: bounds.count + 1), 0))
    }

    package func observe(_ value: Double) {
        let place = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock {
            $0.counts[place] += 1
            $0.sum += value
        }
    }

    package var reading: Reading {
        state.withLock { Reading(bounds: bounds, counts: $0.counts, sum: $0.sum) }
    }
}
