// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Monitoring

/// Makes an alarm on one metric, or takes another's place.
struct PutMetricAlarm: Operation {
    static let route = monitoring

    /// Members that are known, and refused.
    struct Refused: Decodable {}

    struct Input: Decodable {
        var alarmName: String?
        var alarmDescription: String?
        var actionsEnabled: Flag?
        var oKActions: [String]?
        var alarmActions: [String]?
        var insufficientDataActions: [String]?
        var metricName: String?
        var namespace: String?
        var statistic: String?
        var extendedStatistic: String?
        var dimensions: [WireDimension]?
        var period: Number?
        var unit: String?
        var evaluationPeriods: Number?
        var datapointsToAlarm: Number?
        var threshold: WireDouble?
        var comparisonOperator: String?
        var treatMissingData: String?
        var evaluateLowSampleCountPercentile: String?
        var metrics: [Refused]?
        var thresholdMetricId: String?
        var evaluationCriteria: Refused?
        var tags: [AlarmTag]?
    }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let common = AlarmInput(
            name: input.alarmName, description: input.alarmDescription, actionsEnabled: input.actionsEnabled,
            ok: input.oKActions, alarm: input.alarmActions, insufficientData: input.insufficientDataActions,
            tags: input.tags)
        let caller = try services.caller(Self.name, alarm: try common.checkedName(), context)
        let alarm = try common.alarm(
            .metric(try Self.condition(input)), in: caller.account, at: services.book.now())
        if try await services.book.alarm(alarm.name, in: caller.account)?.isComposite == true {
            throw AlarmInput.fault("A composite alarm of the name \(alarm.name) exists.")
        }
        try await services.put(alarm, Self.name, caller)
        return Empty()
    }

    private static func condition(_ input: Input) throws -> MetricCondition {
        guard (input.metrics ?? []).isEmpty, input.thresholdMetricId == nil, input.evaluationCriteria == nil else {
            throw AlarmInput.fault("Metric math, anomaly detection and queries are not supported: name one metric.")
        }
        guard input.extendedStatistic == nil, input.evaluateLowSampleCountPercentile == nil else {
            throw ServiceError(
                "InvalidParameterValue", "ExtendedStatistic is not supported: percentiles are not kept.")
        }
        var condition = MetricCondition(
            metric: try Words.metric(input.namespace, input.metricName, input.dimensions),
            unit: try Words.unit(input.unit),
            statistic: try Words.statistic(try Words.required(input.statistic, "Statistic")),
            period: Int64(try Words.required(input.period, "Period").value),
            evaluationPeriods: Int64(try Words.required(input.evaluationPeriods, "EvaluationPeriods").value),
            threshold: try Words.required(input.threshold, "Threshold").value,
            comparison: try comparison(try Words.required(input.comparisonOperator, "ComparisonOperator")))
        condition.datapointsToAlarm = input.datapointsToAlarm.map { Int64($0.value) }
        if let missing = input.treatMissingData {
            guard let missing = MetricCondition.Missing(rawValue: missing) else {
                throw AlarmInput.fault(
                    "Value for treat missing data: must be one of breaching, notBreaching, ignore and missing.")
            }
            condition.treatMissingData = missing
        }
        try check(condition)
        return condition
    }

    private static func comparison(_ name: String) throws -> MetricCondition.Comparison {
        guard let comparison = MetricCondition.Comparison(rawValue: name) else {
            throw ServiceError(
                "InvalidParameterValue",
                "The value \(name.prefix(60)) for parameter ComparisonOperator is not supported: anomaly bands are not."
            )
        }
        return comparison
    }

    static func check(_ condition: MetricCondition) throws {
        let (period, count) = (condition.period, condition.evaluationPeriods)
        guard period >= 60, period <= 86_400, period % 60 == 0 else {
            throw AlarmInput.fault("Period must be a multiple of 60, and at most 86400: values are kept by the minute.")
        }
        guard count >= 1, count <= MetricCondition.longest(of: period) / period else {
            throw AlarmInput.fault(
                "Metrics cannot be checked across more than a day, or a week with a Period of an hour or more "
                    + "(EvaluationPeriods * Period).")
        }
        guard (1...count).contains(condition.datapointsToAlarm ?? count) else {
            throw AlarmInput.fault("DatapointsToAlarm must be at least 1, and at most EvaluationPeriods.")
        }
    }
}
