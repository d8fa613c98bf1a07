// SPDX-License-Identifier: Apache-2.0

import JSON
import Mail

/// Somebody to be told that an alarm is in another state.
package struct AlarmAction: Hashable, Sendable {
    package let alarm: Alarm
    package let status: AlarmStatus
    /// ARNs of topics.
    package let targets: [String]

    package init(alarm: Alarm, status: AlarmStatus, targets: [String]) {
        self.alarm = alarm
        self.status = status
        self.targets = targets
    }

    /// `ALARM: "bounces" in us-east-1`: at most 100 letters of ASCII, as topics take them.
    package func subject(region: String) -> String {
        let name = alarm.name.unicodeScalars.map { $0.value < 32 || $0.value > 126 ? " " : String($0) }.joined()
        return "\(status.state.rawValue): \"\(name.prefix(50))\" in \(region)"
    }

    /// The message that CloudWatch publishes to a topic: a JSON document.
    package func message(region: String) -> String {
        var members: [(String, JSONValue)] = [
            ("AlarmName", .string(alarm.name)), ("AlarmDescription", Self.text(alarm.description)),
            ("AWSAccountId", .string(alarm.account.description)),
            ("AlarmConfigurationUpdatedTimestamp", .string(Self.time(alarm.updatedAt))),
            ("NewStateValue", .string(status.state.rawValue)), ("NewStateReason", .string(status.reason)),
            ("StateChangeTime", .string(Self.time(status.updatedAt))), ("Region", .string(region)),
            ("AlarmArn", .string(Alarm.arn(alarm.name, in: alarm.account, region: region))),
            ("OldStateValue", .string(status.previous.rawValue)),
            ("OKActions", Self.list(alarm.actions.ok)), ("AlarmActions", Self.list(alarm.actions.alarm)),
            ("InsufficientDataActions", Self.list(alarm.actions.insufficientData)),
        ]
        switch alarm.kind {
        case .composite(let rule): members.append(("AlarmRule", .string(rule)))
        case .metric(let condition): members.append(("Trigger", Self.trigger(condition)))
        }
        return Self.object(members).text
    }

    private static func trigger(_ condition: MetricCondition) -> JSONValue {
        let dimensions = condition.metric.dimensions.map {
            object([("value", .string($0.value)), ("name", .string($0.name))])
        }
        return object([
            ("MetricName", .string(condition.metric.name)), ("Namespace", .string(condition.metric.namespace)),
            ("StatisticType", .string("Statistic")), ("Statistic", .string(condition.statistic.rawValue.uppercased())),
            ("Unit", text(condition.unit)), ("Dimensions", .array(dimensions)),
            ("Period", .number("\(condition.period)")),
            ("EvaluationPeriods", .number("\(condition.evaluationPeriods)")),
            ("DatapointsToAlarm", .number("\(condition.needed)")),
            ("ComparisonOperator", .string(condition.comparison.rawValue)),
            ("Threshold", .number("\(condition.threshold)")),
            ("TreatMissingData", .string((condition.treatMissingData ?? .missing).rawValue)),
            ("EvaluateLowSampleCountPercentile", .string("")),
        ])
    }

    // 2026-11-25T10:44:45.123+0000
    private static func time(_ moment: Timestamp) -> String { "\(moment.description.dropLast())+0000" }
    private static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    private static func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
    private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(members.map { .init(name: $0, value: $1) })
    }
}
