// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Mail
import Monitoring

/// An alarm as CloudWatch shows it: of one on a metric what it watches, of one over alarms its rule.
struct WireAlarm: Encodable {
    let alarmName: String
    let alarmArn: String
    let alarmDescription: String?
    let alarmConfigurationUpdatedTimestamp: Moment
    let actionsEnabled: Bool
    let oKActions: [String]
    let alarmActions: [String]
    let insufficientDataActions: [String]
    let stateValue: String
    let stateReason: String
    let stateReasonData: String?
    let stateUpdatedTimestamp: Moment
    let stateTransitionedTimestamp: Moment
    private(set) var metricName: String?
    private(set) var namespace: String?
    private(set) var statistic: String?
    private(set) var dimensions: [WireDimension]?
    private(set) var period: Int64?
    private(set) var unit: String?
    private(set) var evaluationPeriods: Int64?
    private(set) var datapointsToAlarm: Int64?
    private(set) var threshold: Double?
    private(set) var comparisonOperator: String?
    private(set) var treatMissingData: String?
    private(set) var alarmRule: String?

    init(_ alarm: Alarm, _ status: AlarmStatus, arn: String) {
        alarmName = alarm.name
        alarmArn = arn
        alarmDescription = alarm.description
        alarmConfigurationUpdatedTimestamp = Moment(milliseconds: alarm.updatedAt.milliseconds)
        actionsEnabled = alarm.actionsEnabled
        oKActions = alarm.actions.ok
        alarmActions = alarm.actions.alarm
        insufficientDataActions = alarm.actions.insufficientData
        stateValue = status.state.rawValue
        stateReason = status.reason
        stateReasonData = status.reasonData
        stateUpdatedTimestamp = Moment(milliseconds: status.updatedAt.milliseconds)
        stateTransitionedTimestamp = stateUpdatedTimestamp
        switch alarm.kind {
        case .composite(let rule): alarmRule = rule
        case .metric(let condition): set(condition)
        }
    }

    private mutating func set(_ condition: MetricCondition) {
        metricName = condition.metric.name
        namespace = condition.metric.namespace
        statistic = condition.statistic.rawValue
        dimensions = condition.metric.dimensions.map { WireDimension($0) }
        period = condition.period
        unit = condition.unit
        evaluationPeriods = condition.evaluationPeriods
        datapointsToAlarm = condition.datapointsToAlarm
        threshold = condition.threshold
        comparisonOperator = condition.comparison.rawValue
        treatMissingData = condition.treatMissingData?.rawValue
    }
}
