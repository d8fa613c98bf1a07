// SPDX-License-Identifier: Apache-2.0

package import Mail

/// How far behind the copies of records are, as metrics of the management account: `CopyLag` in the namespace `Postern`, in
/// seconds. For each sink by the dimension `Sink`, and without dimensions the longest of them.
///
/// Nothing is written where there are no sinks.
package struct CopyLag: Sendable {
    package static let namespace = "Postern"
    package static let metric = Metric(namespace, "CopyLag")

    private let account: AccountID
    private let store: any MetricStore
    private let lags: @Sendable (Timestamp) -> [String: Double]

    /// - Parameters:
    ///   - account: the management account.
    ///   - lags: the age in seconds of the oldest record that each sink has not got, at a moment; 0 for none.
    package init(
        account: AccountID, store: any MetricStore, lags: @escaping @Sendable (Timestamp) -> [String: Double]
    ) {
        self.account = account
        self.store = store
        self.lags = lags
    }

    /// - Parameter moment: the minute that has begun; what is written belongs to the one before.
    package func publish(at moment: Timestamp) async throws {
        let lags = lags(moment)
        guard let longest = lags.values.max() else { return }
        let minute = moment.seconds - moment.seconds % 60 - 60
        func sample(_ metric: Metric, _ seconds: Double) -> MetricSample {
            MetricSample(
                account: account, metric: metric, unit: "Seconds", minute: minute, statistics: StatisticSet(seconds))
        }
        let each = lags.sorted { $0.key < $1.key }.map { sink, seconds in
            sample(Metric(Self.namespace, Self.metric.name, [Dimension("Sink", sink)]), seconds)
        }
        _ = try await store.add([sample(Self.metric, longest)] + each, moving: nil)
    }
}
