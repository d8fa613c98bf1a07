// SPDX-License-Identifier: Apache-2.0

package import Mail
import Synchronization

/// How much each account has sent, and how much it may: recipients in a rolling day, and recipients a second.
///
/// Kept in five-minute buckets, so a day is 288 numbers an account. What was sent before a restart is fed back from the
/// journal with `restore`. A clock that steps back never empties a bucket.
package final class SendingQuota: Sendable {
    /// What an account may send. Nil is no limit, which SES writes as -1.
    package struct Limits: Hashable, Sendable {
        package var perDay: Int?
        package var perSecond: Int?

        package init(perDay: Int? = nil, perSecond: Int? = nil) {
            self.perDay = perDay
            self.perSecond = perSecond
        }
    }

    package let limits: Limits
    private let usage = Mutex<[AccountID: SendingUsage]>([:])

    package init(limits: Limits) { self.limits = limits }

    /// Takes `count` recipients out of the account's quota, or takes nothing and throws.
    /// - Parameter free: how many of them are the mailbox simulator's, which count in the second and not in the day.
    package func take(
        _ count: Int, free: Int = 0, for account: AccountID, at moment: Timestamp
    ) throws(SendRefusal) {
        let refusal = usage.withLock { all in
            all[account, default: SendingUsage()].take(count, free: free, within: limits, at: moment)
        }
        if let refusal { throw refusal }
    }

    /// Takes back what was counted for a message that could not be stored.
    package func giveBack(_ count: Int, free: Int = 0, to account: AccountID, at moment: Timestamp) {
        usage.withLock { $0[account]?.giveBack(count, free: free, at: moment) }
    }

    /// Counts what was accepted before this process began.
    package func restore(_ count: Int, for account: AccountID, at moment: Timestamp) {
        usage.withLock { $0[account, default: SendingUsage()].count(count, at: moment) }
    }

    /// Recipients of the 24 hours before `moment`.
    package func sentInLastDay(by account: AccountID, at moment: Timestamp) -> Int {
        usage.withLock { $0[account]?.total(at: moment) ?? 0 }
    }
}

/// One account's recent sending.
struct SendingUsage {
    private static let bucketLength: Int64 = 300_000
    private static let bucketsInADay: Int64 = 288

    private var buckets: [Int64: Int] = [:]
    private var second: Int64 = 0
    private var inSecond = 0

    mutating func take(
        _ count: Int, free: Int, within limits: SendingQuota.Limits, at moment: Timestamp
    ) -> SendRefusal? {
        // Also when the clock stepped back: a second that is not the last one is a new one.
        if moment.seconds != second {
            second = moment.seconds
            inSecond = 0
        }
        if let perDay = limits.perDay, count > free, total(at: moment) + count - free > perDay {
            return .dailyQuotaExceeded
        }
        // A message with more recipients than a second holds still goes when the second is unused.
        if let perSecond = limits.perSecond, inSecond > 0, inSecond + count > perSecond { return .sendingRateExceeded }
        inSecond += count
        self.count(count - free, at: moment)
        return nil
    }

    mutating func giveBack(_ count: Int, free: Int, at moment: Timestamp) {
        let bucket = moment.milliseconds / Self.bucketLength
        if let held = buckets[bucket] { buckets[bucket] = max(0, held - (count - free)) }
        if moment.seconds == second { inSecond = max(0, inSecond - count) }
    }

    mutating func count(_ count: Int, at moment: Timestamp) {
        let bucket = moment.milliseconds / Self.bucketLength
        if buckets[bucket] == nil { buckets = buckets.filter { $0.key > bucket - Self.bucketsInADay } }
        buckets[bucket, default: 0] += count
    }

    func total(at moment: Timestamp) -> Int {
        let oldest = moment.milliseconds / Self.bucketLength - Self.bucketsInADay
        return buckets.reduce(0) { $1.key > oldest ? $0 + $1.value : $0 }
    }
}
