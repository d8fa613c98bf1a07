// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Monitoring

/// One metric over a stretch of time, in at most 1,440 datapoints.
struct GetMetricStatistics: Operation {
    static let route = monitoring
    static let maximumDatapoints: Int64 = 1_440

    struct Input: Decodable {
        var namespace: String?
        var metricName: String?
        var dimensions: [WireDimension]?
        var startTime: WireTime?
        var endTime: WireTime?
        var period: Number?
        var statistics: [String]?
        var extendedStatistics: [String]?
        var unit: String?
    }
    struct Output: Encodable {
        struct Point: Encodable {
            let timestamp: Moment
            var sampleCount: Double?
            var average: Double?
            var sum: Double?
            var minimum: Double?
            var maximum: Double?
            let unit: String
        }
        let label: String
        let datapoints: [Point]
    }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try services.caller(Self.name, context)
        let metric = try Words.metric(input.namespace, input.metricName, input.dimensions)
        let statistics = try Self.statistics(input)
        let period = try Words.required(input.period, "Period").value
        let start = try Words.required(input.startTime, "StartTime").seconds
        let end = try Words.required(input.endTime, "EndTime").seconds
        let query = try MetricQuery(checking: period, start, end)
        guard query.periods <= Self.maximumDatapoints else {
            throw ServiceError(
                "InvalidParameterCombination",
                "You have requested up to \(query.periods) datapoints, which exceeds the limit of "
                    + "\(Self.maximumDatapoints). You may reduce the datapoints requested by increasing Period, or "
                    + "decreasing the time range.")
        }
        // Values of different units are not added up.
        let asked = try Words.unit(input.unit)
        var units = [asked].compactMap(\.self)
        if units.isEmpty { units = try await services.metrics.units(of: metric, in: caller.account) }
        var points: [Output.Point] = []
        for unit in units {
            let stored = try await services.metrics.datapoints(
                of: metric, unit: unit, in: caller.account, from: query.start, to: query.end, period: query.period)
            points += query.fold(stored).map { Self.point($0, statistics, unit: unit) }
        }
        return Output(label: metric.name, datapoints: points)
    }

    private static func statistics(_ input: Input) throws -> Set<Statistic> {
        guard (input.extendedStatistics ?? []).isEmpty else {
            throw ServiceError(
                "InvalidParameterValue", "ExtendedStatistics is not supported: percentiles are not kept.")
        }
        let names = input.statistics ?? []
        guard !names.isEmpty, names.count <= 5 else {
            throw ServiceError("MissingParameter", "At least one of the parameters Statistics must be specified.")
        }
        return Set(try names.map(Words.statistic))
    }

    private static func point(_ datapoint: Datapoint, _ wanted: Set<Statistic>, unit: String) -> Output.Point {
        func value(_ statistic: Statistic) -> Double? {
            wanted.contains(statistic) ? statistic.value(of: datapoint.statistics) : nil
        }
        return Output.Point(
            timestamp: Moment(milliseconds: datapoint.at * 1000), sampleCount: value(.sampleCount),
            average: value(.average), sum: value(.sum), minimum: value(.minimum), maximum: value(.maximum), unit: unit)
    }
}

extension MetricQuery {
    /// - Throws: CloudWatch's words for what it would not answer.
    init(checking period: Int, _ start: Int64, _ end: Int64) throws {
        guard period >= 60, period % 60 == 0, period <= 86_400 else {
            throw ServiceError(
                "InvalidParameterValue",
                "The parameter Period must be a multiple of 60, and at most 86400: values are kept by the minute.")
        }
        guard start < end else {
            throw ServiceError(
                "InvalidParameterCombination", "The parameter StartTime must be less than the parameter EndTime.")
        }
        guard let query = MetricQuery(period: Int64(period), start: start, end: end) else {
            throw ServiceError("InvalidParameterValue", "The time range is not valid.")
        }
        self = query
    }
}
