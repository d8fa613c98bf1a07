// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Mail
import Monitoring

/// An alarm on a metric as CloudWatch shows it.
struct WireMetricAlarm: Encodable {
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
    let metricName: String
    let namespace: String
    let statistic: String
    let dimensions: [WireDimension]
    let period: Int64
    let unit: String?
    let evaluationPeriods: Int64
    let datapointsToAlarm: Int64?
    let threshold: Double
    let comparisonOperator: String
    let treatMissingData: String?

    /// Nil for a composite alarm.
    init?(_ alarm: Alarm, _ status: AlarmStatus, arn: String) {
        guard let condition = alarm.condition else { return nil }
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

/// An alarm over alarms as CloudWatch shows it.
struct WireCompositeAlarm: Encodable {
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
    let alarmRule: String

    /// Nil for an alarm on a metric.
    init?(_ alarm: Alarm, _ status: AlarmStatus, arn: String) {
        guard case .composite(let rule) = alarm.kind else { return nil }
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
        alarmRule = rule
    }
}
