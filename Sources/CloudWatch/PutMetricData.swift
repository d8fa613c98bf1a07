// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Monitoring

/// Values of the account's own metrics, counted by the minute.
///
/// Limits as CloudWatch's: 1,000 metrics in a request, 150 values in each; two weeks back and two hours ahead; no namespace
/// that begins with `AWS/`.
struct PutMetricData: Operation {
    static let route = monitoring
    static let maximumMetrics = 1_000
    static let maximumValues = 150

    struct Datum: Decodable {
        struct Statistics: Decodable {
            var sampleCount: WireDouble?
            var sum: WireDouble?
            var minimum: WireDouble?
            var maximum: WireDouble?
        }
        var metricName: String?
        var dimensions: [WireDimension]?
        var timestamp: WireTime?
        var value: WireDouble?
        var statisticValues: Statistics?
        var values: [WireDouble]?
        var counts: [WireDouble]?
        var unit: String?
    }
    struct Input: Decodable {
        var namespace: String?
        var metricData: [Datum]?
    }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let namespace = try Words.required(input.namespace, "Namespace")
        let caller = try services.caller(Self.name, with: ["cloudwatch:namespace": [namespace]], context)
        guard !namespace.hasPrefix("AWS/"), namespace != MinuteCounter.reputation else {
            throw ServiceError(
                "InvalidParameterValue", "The value \(namespace.prefix(255)) for parameter Namespace is invalid.")
        }
        let data = try Words.required(input.metricData, "MetricData")
        guard (1...Self.maximumMetrics).contains(data.count) else {
            throw ServiceError(
                "InvalidParameterValue",
                "The collection MetricData must have 1 to \(Self.maximumMetrics) members.")
        }
        let now = services.book.now().seconds
        let samples = try data.map { try Self.sample($0, namespace, of: caller.account, now: now) }
        let left = try await services.metrics.add(samples, moving: nil)
        guard left.isEmpty else {
            throw ServiceError(
                "LimitExceeded",
                "\(left.count) of \(samples.count) metrics were not kept: an account has \(MetricLimits.series) metrics "
                    + "at most.")
        }
        return Empty()
    }

    private static func sample(
        _ datum: Datum, _ namespace: String, of account: AccountID, now: Int64
    ) throws -> MetricSample {
        let metric = try Words.metric(namespace, datum.metricName, datum.dimensions)
        let at = datum.timestamp?.seconds ?? now
        guard at > now - 14 * 86_400, at < now + 2 * 3600 else {
            throw ServiceError(
                "InvalidParameterValue",
                "The parameter MetricData.member.Timestamp must specify a time no more than two weeks in the past, and "
                    + "no more than two hours in the future.")
        }
        return MetricSample(
            account: account, metric: metric, unit: try Words.unit(datum.unit) ?? "None", minute: at - at % 60,
            statistics: try statistics(datum))
    }

    private static func statistics(_ datum: Datum) throws -> StatisticSet {
        switch (datum.value, datum.statisticValues, datum.values) {
        case (let value?, nil, nil): return StatisticSet(value.value)
        case (nil, let set?, nil):
            let count = try Words.required(set.sampleCount, "StatisticValues.SampleCount").value
            let minimum = try Words.required(set.minimum, "StatisticValues.Minimum").value
            let maximum = try Words.required(set.maximum, "StatisticValues.Maximum").value
            guard count > 0, minimum <= maximum else {
                throw ServiceError("InvalidParameterValue", "The parameter StatisticValues is not consistent.")
            }
            return StatisticSet(
                count: count, sum: try Words.required(set.sum, "StatisticValues.Sum").value, minimum: minimum,
                maximum: maximum)
        case (nil, nil, let values?):
            let counts = datum.counts?.map(\.value) ?? values.map { _ in 1 }
            guard (1...maximumValues).contains(values.count), counts.count == values.count,
                counts.allSatisfy({ $0 > 0 })
            else {
                throw ServiceError(
                    "InvalidParameterValue", "The parameters Values and Counts must be of one length, 1 to 150.")
            }
            var statistics = StatisticSet(values[0].value, times: counts[0])
            for (value, count) in zip(values, counts).dropFirst() {
                statistics.add(StatisticSet(value.value, times: count))
            }
            return statistics
        case (nil, nil, nil):
            throw ServiceError(
                "MissingParameter", "At least one of the parameters must be specified: Value, Values, StatisticValues.")
        default:
            throw ServiceError(
                "InvalidParameterCombination", "Value, Values and StatisticValues are mutually exclusive.")
        }
    }
}
