// SPDX-License-Identifier: Apache-2.0

import Glibc

/// When a notice that failed is tried again, in SNS's four phases: at once, before the back-off, backing off, after it.
///
/// The default has 3, 2, 10 and 35 retries, from 1 to 20 seconds apart. Limits as SNS's: 100 retries, an hour between two.
package struct RetryPolicy: Hashable, Sendable {
    /// How delays grow from the least to the most.
    package enum Growth: String, Hashable, Sendable, CaseIterable {
        case linear, arithmetic, geometric, exponential
    }

    package var minDelay = 1
    package var maxDelay = 20
    package var retries = 50
    package var immediate = 3
    package var preBackoff = 2
    package var postBackoff = 35
    package var growth = Growth.exponential

    package init() {}

    /// Seconds before the retry of this number, from 1; nil when there is none any more.
    package func delay(before retry: Int) -> Double? {
        guard retry >= 1, retry <= retries else { return nil }
        if retry <= immediate { return 0 }
        if retry <= immediate + preBackoff { return Double(minDelay) }
        let steps = retries - immediate - preBackoff - postBackoff
        let step = retry - immediate - preBackoff
        return step > steps ? Double(maxDelay) : backoff(step, of: steps)
    }

    private func backoff(_ step: Int, of steps: Int) -> Double {
        guard steps > 1 else { return Double(minDelay) }
        let part = Double(step - 1) / Double(steps - 1)
        let (least, most) = (Double(minDelay), Double(maxDelay))
        switch growth {
        case .linear: return least + (most - least) * part
        case .arithmetic: return least + (most - least) * part * part
        case .geometric: return least * pow(most / least, part)
        case .exponential:
            return least + (most - least) * (pow(2, Double(step - 1)) - 1) / (pow(2, Double(steps - 1)) - 1)
        }
    }
}
