// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What an alarm says of what it watches (CloudWatch user guide, "Metric alarm states").
package enum AlarmState: String, Hashable, Sendable, Codable, CaseIterable {
    case ok = "OK"
    case alarm = "ALARM"
    case insufficientData = "INSUFFICIENT_DATA"
}

/// An alarm as its account declared it.
package struct Alarm: Hashable, Sendable, Codable {
    package enum Kind: Hashable, Sendable, Codable {
        case metric(MetricCondition)
        /// Over the states of other alarms: an `AlarmRule`.
        case composite(rule: String)
    }

    /// ARNs to be told of each state.
    package struct Actions: Hashable, Sendable, Codable {
        package static let limit = 5
        package var ok: [String]
        package var alarm: [String]
        package var insufficientData: [String]

        package init(ok: [String] = [], alarm: [String] = [], insufficientData: [String] = []) {
            self.ok = ok
            self.alarm = alarm
            self.insufficientData = insufficientData
        }

        package subscript(_ state: AlarmState) -> [String] {
            switch state {
            case .ok: ok
            case .alarm: alarm
            case .insufficientData: insufficientData
            }
        }
    }

    /// A state that somebody set by hand (`SetAlarmState`); the next evaluation may set another.
    package struct Forced: Hashable, Sendable, Codable {
        package let state: AlarmState
        package let reason: String
        package let data: String?
        package let at: Timestamp

        package init(state: AlarmState, reason: String, data: String?, at: Timestamp) {
            self.state = state
            self.reason = reason
            self.data = data
            self.at = at
        }
    }

    package let account: AccountID
    package let name: String
    package var kind: Kind
    package var description: String?
    package var actionsEnabled = true
    package var actions = Actions()
    package var tags: [String: String] = [:]
    /// Tells an alarm from an earlier one of the same name.
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    package var forced: Forced?

    package init(account: AccountID, name: String, kind: Kind, at moment: Timestamp) {
        self.account = account
        self.name = name
        self.kind = kind
        createdAt = moment
        updatedAt = moment
    }

    package var isComposite: Bool { if case .composite = kind { true } else { false } }
    package var condition: MetricCondition? { if case .metric(let condition) = kind { condition } else { nil } }
    /// `MetricAlarm`, `CompositeAlarm`
    package var type: String { isComposite ? "CompositeAlarm" : "MetricAlarm" }

    package static func arn(_ name: String, in account: AccountID, region: String) -> String {
        "arn:aws:cloudwatch:\(region):\(account):alarm:\(name)"
    }
}

/// When a metric raises an alarm.
package struct MetricCondition: Hashable, Sendable, Codable {
    package enum Comparison: String, Hashable, Sendable, Codable, CaseIterable {
        case greaterOrEqual = "GreaterThanOrEqualToThreshold"
        case greater = "GreaterThanThreshold"
        case less = "LessThanThreshold"
        case lessOrEqual = "LessThanOrEqualToThreshold"

        func holds(_ value: Double, _ threshold: Double) -> Bool {
            switch self {
            case .greaterOrEqual: value >= threshold
            case .greater: value > threshold
            case .less: value < threshold
            case .lessOrEqual: value <= threshold
            }
        }

        var words: String {
            switch self {
            case .greaterOrEqual: "greater than or equal to"
            case .greater: "greater than"
            case .less: "less than"
            case .lessOrEqual: "less than or equal to"
            }
        }
    }

    /// What a period without a value counts for.
    package enum Missing: String, Hashable, Sendable, Codable, CaseIterable {
        case missing, ignore, breaching, notBreaching
    }

    /// Seconds that periods of this length may add up to: a day, and a week where each is an hour at least, as
    /// CloudWatch has it. All of it is read every minute.
    package static func longest(of period: Int64) -> Int64 { period >= 3_600 ? 7 * 86_400 : 86_400 }

    package var metric: Metric
    package var unit: String?
    package var statistic: Statistic
    /// Seconds, a multiple of 60.
    package var period: Int64
    package var evaluationPeriods: Int64
    /// M of N; nil is all of them.
    package var datapointsToAlarm: Int64?
    package var threshold: Double
    package var comparison: Comparison
    /// Nil is `missing`.
    package var treatMissingData: Missing?

    package init(
        metric: Metric, unit: String? = nil, statistic: Statistic, period: Int64, evaluationPeriods: Int64 = 1,
        datapointsToAlarm: Int64? = nil, threshold: Double, comparison: Comparison, treatMissingData: Missing? = nil
    ) {
        self.metric = metric
        self.unit = unit
        self.statistic = statistic
        self.period = period
        self.evaluationPeriods = evaluationPeriods
        self.datapointsToAlarm = datapointsToAlarm
        self.threshold = threshold
        self.comparison = comparison
        self.treatMissingData = treatMissingData
    }

    package var needed: Int { Int(datapointsToAlarm ?? evaluationPeriods) }
    /// Periods that are looked at: two more than are judged, so that a late value does not leave a hole.
    package var range: Int { Int(evaluationPeriods) + 2 }
}
