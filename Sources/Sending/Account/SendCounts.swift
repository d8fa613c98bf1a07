// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What is counted of an account's mail, in SES's words ("Monitoring your Amazon SES sending activity", developer guide).
package enum SendMetric: String, Hashable, Sendable, CaseIterable {
    case send = "Send"
    case delivery = "Delivery"
    case bounce = "Bounce"
    case complaint = "Complaint"
    case reject = "Reject"
}

/// A stretch of time in equal periods that begin at its start: seconds since 1970. The end is not part of it.
package struct CountedSpan: Hashable, Sendable {
    package let start: Int64
    package let end: Int64
    package let period: Int64

    package init(start: Int64, end: Int64, period: Int64) {
        self.start = start
        self.end = end
        self.period = period
    }
}

/// The counts of accounts' mail, as far as they have been counted: some seconds behind the mail.
package protocol SendCounts: Sendable {
    /// Sums by the beginning of their periods; a period in which nothing was counted is left out.
    /// - Parameter configurationSet: only mail that was sent with it; nil for all of the account's.
    func sums(of metric: SendMetric, in account: AccountID, configurationSet: String?, over span: CountedSpan)
        async throws -> [Int64: Double]
}

/// A quarter of an hour of an account's sending (SES v1, `SendDataPoint`).
package struct SendDataPoint: Hashable, Sendable {
    package static let period: Int64 = 900
    /// Seconds that `GetSendStatistics` looks back.
    package static let kept: Int64 = 14 * 86_400

    /// When it began.
    package let at: Timestamp
    package var deliveryAttempts = 0
    package var bounces = 0
    package var complaints = 0
    package var rejects = 0

    package init(at: Timestamp) { self.at = at }
}

extension SendCounts {
    /// The last two weeks in quarters of an hour, oldest first; those without anything are left out.
    package func dataPoints(in account: AccountID, until now: Timestamp) async throws -> [SendDataPoint] {
        let period = SendDataPoint.period
        let last = now.seconds - now.seconds % period
        let span = CountedSpan(start: last - SendDataPoint.kept + period, end: last + period, period: period)
        var points: [Int64: SendDataPoint] = [:]
        for (metric, count) in [
            (SendMetric.send, \SendDataPoint.deliveryAttempts), (.bounce, \.bounces), (.complaint, \.complaints),
            (.reject, \.rejects),
        ] {
            for (at, sum) in try await sums(of: metric, in: account, configurationSet: nil, over: span) where sum > 0 {
                points[at, default: SendDataPoint(at: Timestamp(milliseconds: at * 1_000))][keyPath: count] += Int(sum)
            }
        }
        return points.values.sorted { $0.at < $1.at }
    }
}
