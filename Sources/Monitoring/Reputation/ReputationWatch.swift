// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Writes `Reputation.BounceRate` and `Reputation.ComplaintRate` of accounts and configuration sets, every minute while
/// they send and for an hour after, and once an hour for everybody else.
package struct ReputationWatch: Sendable {
    private let store: any MetricStore

    package init(store: any MetricStore) { self.store = store }

    /// - Parameter moment: the minute that has begun; what is written belongs to the one before.
    package func publish(at moment: Timestamp) async throws {
        let minute = moment.seconds - moment.seconds % 60
        let since = minute % 3600 == 0 ? minute - Representative.longest : minute - 3600
        var samples: [MetricSample] = []
        for sender in try await store.active(in: MinuteCounter.reputation, MinuteCounter.volume, since: since) {
            guard let rates = try await rates(of: sender, at: minute) else { continue }
            for (name, value) in [("BounceRate", rates.bounce), ("ComplaintRate", rates.complaint)] {
                samples.append(
                    MetricSample(
                        account: sender.account,
                        metric: Metric(MinuteCounter.namespace, "Reputation.\(name)", sender.metric.dimensions),
                        unit: "None", minute: minute - 60, statistics: StatisticSet(value)))
            }
        }
        _ = try await store.add(samples, moving: nil)
    }

    // Back in steps that double, for as long as there is not enough: who sends much is known by this day.
    private func rates(of sender: AccountMetric, at minute: Int64) async throws -> Representative.Rates? {
        let today = minute - minute % 86_400
        var buckets = try await buckets(of: sender, from: today, to: minute)
        let wanted = Representative.wanted(today: buckets.reduce(0) { $0 + $1.volume })
        var (end, days) = (today, Int64(1))
        while buckets.reduce(0, { $0 + $1.volume }) < wanted, end > minute - Representative.longest {
            let start = end - days * 86_400
            buckets += try await self.buckets(of: sender, from: start, to: end)
            end = start
            days *= 2
        }
        return Representative.rates(buckets, today: today)
    }

    /// Newest first.
    private func buckets(
        of sender: AccountMetric, from start: Int64, to end: Int64
    ) async throws -> [Representative.Bucket] {
        guard let query = MetricQuery(period: 3600, start: start, end: end) else { return [] }
        var sums: [Int64: [String: Double]] = [:]
        for name in [MinuteCounter.volume, MinuteCounter.hardBounce, MinuteCounter.complaint] {
            let datapoints = try await store.datapoints(
                of: Metric(MinuteCounter.reputation, name, sender.metric.dimensions), unit: nil, in: sender.account,
                from: start, to: end, period: 3600)
            for datapoint in query.fold(datapoints) {
                sums[datapoint.at, default: [:]][name] = datapoint.statistics.sum
            }
        }
        return sums.sorted { $0.key > $1.key }.map { at, sums in
            Representative.Bucket(
                at: at, volume: sums[MinuteCounter.volume] ?? 0, hardBounces: sums[MinuteCounter.hardBounce] ?? 0,
                complaints: sums[MinuteCounter.complaint] ?? 0)
        }
    }
}
