// SPDX-License-Identifier: Apache-2.0

package import Mail

/// How long a delivery waits after each failed try.
package struct RetrySchedule: Hashable, Sendable {
    /// Seconds; the last one repeats. Never empty.
    package let delays: [Double]

    package init(delays: [Double]) { self.delays = delays.isEmpty ? [300] : delays }

    /// Up to a fifth is added by chance, so that what failed together does not return together.
    /// - Parameter attempts: tries that have ended, the failed one among them.
    package func next(after attempts: Int, at moment: Timestamp, random: RandomBits) -> Timestamp {
        let delay = delays[min(max(attempts, 1), delays.count) - 1]
        return moment + delay * (1 + Double(random() % 1000) / 5000)
    }
}
