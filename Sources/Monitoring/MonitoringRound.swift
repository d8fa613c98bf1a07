// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What is done when a minute has begun: everything is counted, then the rates and the lag of copies are written, then
/// alarms are judged, so that an alarm sees the whole minute before.
package struct MonitoringRound: Sendable {
    private let reader: MetricsReader
    private let store: any MetricStore
    private let reputation: ReputationWatch
    private let copies: CopyLag
    private let watch: AlarmWatch

    package init(reader: MetricsReader, store: any MetricStore, copies: CopyLag, watch: AlarmWatch) {
        self.reader = reader
        self.store = store
        reputation = ReputationWatch(store: store)
        self.copies = copies
        self.watch = watch
    }

    package func run(at moment: Timestamp) async throws {
        while try await reader.read() { try Task.checkCancellation() }
        try await reputation.publish(at: moment)
        try await copies.publish(at: moment)
        try await watch.evaluate(at: moment)
        // Once an hour, away from the minute that most are busy in.
        if moment.seconds / 60 % 60 == 7 { try await store.rollUp(at: moment) }
    }

    /// Seconds until the next minute has begun for so long that its last facts are on disk.
    package static func pause(at moment: Timestamp) -> Double {
        let settled = 2.0
        let passed = Double(moment.milliseconds % 60_000) / 1000
        return passed < settled ? settled - passed : 60 + settled - passed
    }
}
