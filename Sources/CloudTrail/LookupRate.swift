// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Mail
import Synchronization

/// How often an account may look events up: twice a second (AWS CloudTrail API reference, `LookupEvents`), after a rest two
/// at once.
///
/// At most a thousand accounts are remembered; those that rested longest are forgotten first.
final class LookupRate: Sendable {
    static let perSecond = 2.0
    private static let capacity = 1_000

    private struct Allowance {
        var left = LookupRate.perSecond
        var at: Timestamp

        mutating func take(at moment: Timestamp) -> Bool {
            left = min(LookupRate.perSecond, left + max(0, moment - at) * LookupRate.perSecond)
            at = moment
            guard left >= 1 else { return false }
            left -= 1
            return true
        }
    }

    private let allowances = Mutex<[AccountID: Allowance]>([:])

    /// - Throws: `ThrottlingException`.
    func take(_ account: AccountID, at moment: Timestamp) throws(ServiceError) {
        let isTaken = allowances.withLock { allowances in
            if allowances[account] == nil, allowances.count >= Self.capacity,
                let oldest = allowances.min(by: { $0.value.at < $1.value.at })
            {
                allowances[oldest.key] = nil
            }
            return allowances[account, default: Allowance(at: moment)].take(at: moment)
        }
        guard isTaken else { throw ServiceError("ThrottlingException", "Rate exceeded") }
    }
}
