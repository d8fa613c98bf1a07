// SPDX-License-Identifier: Apache-2.0

/// How a metric alarm's state follows from its last periods (CloudWatch user guide, "How alarm state is evaluated when data
/// is missing").
///
/// Of the periods looked at, the newest N that have a value are judged. Where fewer than N have one, the missing ones count
/// as the alarm says, but never more of them than are needed for N.
package enum AlarmMachine {
    /// - Parameter values: of the periods looked at, oldest first; nil for one without a value.
    /// - Returns: the state that the alarm is in now.
    package static func state(_ condition: MetricCondition, _ values: [Double?], was: AlarmState) -> AlarmState {
        let wanted = Int(condition.evaluationPeriods)
        let judged = values.compactMap(\.self).suffix(wanted)
        let breaching = judged.count { condition.comparison.holds($0, condition.threshold) }
        let missing = wanted - judged.count
        if breaching >= condition.needed { return .alarm }
        guard missing > 0 else { return .ok }
        let isAllBreaching = breaching == judged.count
        switch condition.treatMissingData ?? .missing {
        case .breaching: return breaching + missing >= condition.needed ? .alarm : .ok
        case .notBreaching: return .ok
        case .ignore: return isAllBreaching ? was : .ok
        case .missing where judged.isEmpty: return .insufficientData
        case .missing where isAllBreaching: return isOld(values, condition.needed) ? .alarm : was
        case .missing: return .ok
        }
    }

    // "Avoiding premature transitions": of few values only one as old as what it takes says that it is no passing thing.
    private static func isOld(_ values: [Double?], _ needed: Int) -> Bool {
        guard let oldest = values.firstIndex(where: { $0 != nil }) else { return false }
        return values.count - oldest >= needed
    }
}

/// Why an alarm is in its state, in CloudWatch's sentence and as the data behind it.
struct AlarmReason: Hashable {
    let text: String
    let data: String

    init(_ condition: MetricCondition, _ values: [Double?], now: AlarmState, was: AlarmState, at moment: String) {
        let judged = Array(values.compactMap(\.self).suffix(Int(condition.evaluationPeriods)))
        let breaching = judged.count { condition.comparison.holds($0, condition.threshold) }
        let shown = judged.suffix(10).reversed().map { "\($0)" }.joined(separator: ", ")
        let (count, total, threshold) = (judged.count, condition.evaluationPeriods, condition.threshold)
        switch now {
        case .insufficientData:
            text = "Insufficient Data: \(Int(total)) datapoint\(total == 1 ? " was" : "s were") unknown."
        case .alarm where count == 0:
            text =
                "Threshold Crossed: no datapoints were received for \(total) period\(total == 1 ? "" : "s") and "
                + "\(total) missing datapoint\(total == 1 ? " was" : "s were") treated as [Breaching]."
        case .ok where count == 0:
            text =
                "Threshold Crossed: no datapoints were received for \(total) period\(total == 1 ? "" : "s") and "
                + "\(total) missing datapoint\(total == 1 ? " was" : "s were") treated as [NonBreaching]."
        case .alarm, .ok:
            let (hit, word) = now == .alarm ? (breaching, "") : (count - breaching, "not ")
            text =
                "Threshold Crossed: \(hit) out of the last \(count) datapoints [\(shown)] \(hit == 1 ? "was" : "were") "
                + "\(word)\(condition.comparison.words) the threshold (\(threshold)) (minimum \(condition.needed) "
                + "datapoint\(condition.needed == 1 ? "" : "s") for \(was.rawValue) -> \(now.rawValue) transition)."
        }
        data = Self.data(condition, judged, at: moment)
    }

    private static func data(_ condition: MetricCondition, _ judged: [Double], at moment: String) -> String {
        let points = judged.suffix(100).map { "\($0)" }.joined(separator: ",")
        return """
            {"version":"1.0","queryDate":"\(moment)","statistic":"\(condition.statistic.rawValue)",\
            "period":\(condition.period),"recentDatapoints":[\(points)],"threshold":\(condition.threshold)}
            """
    }
}
