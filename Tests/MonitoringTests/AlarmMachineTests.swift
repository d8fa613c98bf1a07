// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Monitoring

@Suite("The state of an alarm follows from its last periods")
struct AlarmMachineTests {
    struct Row: Sendable {
        let periods: String
        let needed: Int64
        /// With missing data as `missing`, `ignore`, `breaching` and `notBreaching`; nil stays what it was.
        let states: [AlarmState?]
    }

    /// The two tables of the CloudWatch user guide, "How alarm state is evaluated when data is missing": 0 is fine, X is
    /// not, - is missing; the oldest comes first.
    static let rows = [
        Row(periods: "0-X-X", needed: 3, states: [.ok, .ok, .ok, .ok]),
        Row(periods: "0----", needed: 3, states: [.ok, .ok, .ok, .ok]),
        Row(periods: "-----", needed: 3, states: [.insufficientData, nil, .alarm, .ok]),
        Row(periods: "0XX-X", needed: 3, states: [.alarm, .alarm, .alarm, .alarm]),
        Row(periods: "--X--", needed: 3, states: [.alarm, nil, .alarm, .ok]),
        Row(periods: "0-X-X", needed: 2, states: [.alarm, .alarm, .alarm, .alarm]),
        Row(periods: "00X0X", needed: 2, states: [.alarm, .alarm, .alarm, .alarm]),
        Row(periods: "0-X--", needed: 2, states: [.ok, .ok, .alarm, .ok]),
        Row(periods: "----0", needed: 2, states: [.ok, .ok, .alarm, .ok]),
        Row(periods: "---X-", needed: 2, states: [.alarm, nil, .alarm, .ok]),
        // Too early to tell ("Avoiding premature transitions to alarm state").
        Row(periods: "----X", needed: 3, states: [nil, nil, .alarm, .ok]),
        Row(periods: "---X-", needed: 3, states: [nil, nil, .alarm, .ok]),
        Row(periods: "XXX00", needed: 2, states: [.ok, .ok, .ok, .ok]),
    ]

    @Test("as CloudWatch's own tables say", arguments: rows)
    func table(_ row: Row) {
        let values = row.periods.map { $0 == "-" ? nil : $0 == "X" ? 1.0 : 0.0 }
        for was in AlarmState.allCases {
            let states = MetricCondition.Missing.allCases.map { missing in
                AlarmMachine.state(Self.condition(needed: row.needed, missing), values, was: was)
            }
            #expect(states == row.states.map { $0 ?? was }, "\(row.periods), \(row.needed) of 3, was \(was)")
        }
    }

    @Test(
        "each comparison, and the threshold itself",
        arguments: [
            (MetricCondition.Comparison.greaterOrEqual, [false, true, true]), (.greater, [false, false, true]),
            (.less, [true, false, false]), (.lessOrEqual, [true, true, false]),
        ])
    func comparisons(_ comparison: MetricCondition.Comparison, _ holds: [Bool]) {
        var condition = Self.condition(needed: 1, .missing)
        condition.evaluationPeriods = 1
        condition.comparison = comparison
        let states = [0.49, 0.5, 0.51].map { AlarmMachine.state(condition, [nil, nil, $0], was: .ok) == .alarm }
        #expect(states == holds)
    }

    @Test("a reason tells the values, the threshold and how many it took")
    func reason() {
        let condition = Self.condition(needed: 2, .missing)
        let reason = AlarmReason(condition, [0, nil, 1, nil, 0.75], now: .alarm, was: .ok, at: "now")
        #expect(
            reason.text
                == "Threshold Crossed: 2 out of the last 3 datapoints [0.75, 1.0, 0.0] were greater than or equal to the "
                + "threshold (0.5) (minimum 2 datapoints for OK -> ALARM transition).")
        let all = [Double?](repeating: nil, count: 5)
        #expect(
            AlarmReason(condition, all, now: .insufficientData, was: .ok, at: "now").text
                == "Insufficient Data: 3 datapoints were unknown.")
    }

    static func condition(needed: Int64, _ missing: MetricCondition.Missing) -> MetricCondition {
        MetricCondition(
            metric: Metric("AWS/SES", "Bounce"), statistic: .sum, period: 60, evaluationPeriods: 3,
            datapointsToAlarm: needed, threshold: 0.5, comparison: .greaterOrEqual, treatMissingData: missing)
    }
}
