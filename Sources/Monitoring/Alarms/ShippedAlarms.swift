// SPDX-License-Identifier: Apache-2.0

import Journal
package import Mail

/// The alarms that an account starts with: the rates at which SES reviews an account and at which it may pause it (SES
/// developer guide, "Creating reputation monitoring alarms using CloudWatch"). They are alarms like any other: whoever
/// changes or deletes one is not given it again.
package struct ShippedAlarms: Sendable {
    private let book: AlarmBook
    private let store: any MetricStore

    package init(book: AlarmBook, store: any MetricStore) {
        self.book = book
        self.store = store
    }

    /// Makes them for an account that was never given them.
    package func make(for account: AccountID) async throws {
        try await give(Self.alarms(for: account, at: book.now()), to: account, once: "shipped-alarms:\(account)")
    }

    /// Makes the one on copies that come late, for the management account of a server that has sinks.
    package func makeForCopies(of account: AccountID) async throws {
        try await give(
            [Self.copiesAlarm(for: account, at: book.now())], to: account, once: "shipped-alarms:copies:\(account)")
    }

    private func give(_ alarms: [Alarm], to account: AccountID, once reader: String) async throws {
        guard try await store.position(of: reader) == 0 else { return }
        for alarm in alarms {
            guard try await book.alarm(alarm.name, in: account) == nil else { continue }
            let event = Fact.Administered(
                operation: "cloudwatch:PutMetricAlarm", principal: "postern",
                resource: book.arn(alarm.name, in: account), sourceAddress: "")
            _ = try await book.put(
                alarm,
                recording: Fact(at: alarm.createdAt, account: account, message: nil, event: .administered(event)))
        }
        _ = try await store.add([], moving: MetricCursor(reader: reader, position: 1))
    }

    static func copiesAlarm(for account: AccountID, at moment: Timestamp) -> Alarm {
        var alarm = Alarm(
            account: account, name: "postern-copies-late",
            kind: .metric(
                MetricCondition(
                    metric: CopyLag.metric, statistic: .maximum, period: 60, threshold: 300,
                    comparison: .greaterOrEqual,
                    treatMissingData: .notBreaching)),
            at: moment)
        alarm.description = "A sink has not got a record for 5 minutes: whoever watches there sees nothing"
        return alarm
    }

    static func alarms(for account: AccountID, at moment: Timestamp) -> [Alarm] {
        let known: [(name: String, metric: String, threshold: Double, meaning: String)] = [
            ("bounce-rate-review", "BounceRate", 0.05, "5 % hard bounces: SES reviews an account"),
            ("bounce-rate-pause", "BounceRate", 0.1, "10 % hard bounces: SES may pause an account"),
            ("complaint-rate-review", "ComplaintRate", 0.001, "0.1 % complaints: SES reviews an account"),
            ("complaint-rate-pause", "ComplaintRate", 0.005, "0.5 % complaints: SES may pause an account"),
        ]
        return known.map { shipped in
            var alarm = Alarm(
                account: account, name: "postern-\(shipped.name)",
                kind: .metric(
                    MetricCondition(
                        metric: Metric(MinuteCounter.namespace, "Reputation.\(shipped.metric)"), statistic: .maximum,
                        period: 300, threshold: shipped.threshold, comparison: .greaterOrEqual,
                        treatMissingData: .ignore)),
                at: moment)
            alarm.description = shipped.meaning
            return alarm
        }
    }
}
