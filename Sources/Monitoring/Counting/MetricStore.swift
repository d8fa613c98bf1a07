// SPDX-License-Identifier: Apache-2.0

package import Mail

/// The minutes of all series, with what is left of them when they grow old: 60 seconds for 15 days, 300 for 63, 3,600 for
/// 455 (CloudWatch user guide, "Metrics retention").
package protocol MetricStore: Sendable {
    /// 0 for a reader that has read nothing.
    func position(of reader: String) async throws -> Int64
    /// Adds samples to their minutes and moves a reader on, in one transaction.
    ///
    /// An account has `MetricLimits.series` series with dimensions at most; what would be one more is left out.
    /// - Returns: what was left out.
    func add(_ samples: [MetricSample], moving reader: MetricCursor?) async throws -> [MetricSample]
    /// What is kept of a metric in `[from, to)`, in spans of at most `period` seconds, oldest first; of all units where none
    /// is asked for.
    func datapoints(
        of metric: Metric, unit: String?, in account: AccountID, from: Int64, to: Int64, period: Int64
    ) async throws -> [Datapoint]
    /// The units that a metric was measured in, in order.
    func units(of metric: Metric, in account: AccountID) async throws -> [String]
    /// Metrics of an account in a fixed order.
    func metrics(in account: AccountID, _ filter: MetricFilter, limit: Int) async throws -> [Metric]
    /// The accounts and metrics of a namespace that have a sample since then.
    func active(in namespace: String, _ name: String, since: Int64) async throws -> [AccountMetric]
    /// Folds what is old enough, and forgets what is too old.
    func rollUp(at moment: Timestamp) async throws
}

package enum MetricLimits {
    /// Series with dimensions, by account, that have a sample of the last 15 days.
    package static let series = 1_000
    /// Seconds that each resolution is kept.
    package static let retention: [(period: Int64, kept: Int64)] = [
        (60, 15 * 86_400), (300, 63 * 86_400), (3_600, 455 * 86_400),
    ]
}

/// How far a reader of facts is.
package struct MetricCursor: Hashable, Sendable {
    package let reader: String
    package let position: Int64

    package init(reader: String, position: Int64) {
        self.reader = reader
        self.position = position
    }
}

package struct AccountMetric: Hashable, Sendable {
    package let account: AccountID
    package let metric: Metric

    package init(account: AccountID, metric: Metric) {
        self.account = account
        self.metric = metric
    }
}

/// Which metrics are asked for; nil is any.
package struct MetricFilter: Sendable {
    package var namespace: String?
    package var name: String?
    /// Names that must be there, with their values where those matter.
    package var dimensions: [(name: String, value: String?)]
    /// Seconds since 1970 of the last sample.
    package var since: Int64
    /// Metrics that sort after this one, as `order` sorts them.
    package var after: Metric?

    package init(
        namespace: String? = nil, name: String? = nil, dimensions: [(name: String, value: String?)] = [],
        since: Int64 = 0, after: Metric? = nil
    ) {
        self.namespace = namespace
        self.name = name
        self.dimensions = dimensions
        self.since = since
        self.after = after
    }

    package func matches(_ metric: Metric) -> Bool {
        dimensions.allSatisfy { wanted in
            metric.dimensions.contains { $0.name == wanted.name && (wanted.value ?? $0.value) == $0.value }
        }
    }
}
