// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Sends what `GET /metrics` shows to a collector, every so often. Its numbers are cumulative: the next make up for what did
/// not arrive, and nothing is kept.
package actor MetricsPush {
    /// Data points in one request: a metric of more goes alone.
    static let batchPoints = 2_000
    private static let firstWait = 1.0
    /// Between tries while somebody has to act.
    private static let stoppedWait = 300.0

    private let door: OTLPDoor
    private let resource: OTLPResource
    private let start: Timestamp
    private let interval: Double
    private let clock: ShippingClock
    private let standing: TelemetryStanding
    private let collect: @Sendable () async throws -> [MetricReading]

    /// - Parameters:
    ///   - start: when counting began.
    ///   - interval: seconds.
    package init(
        to door: OTLPDoor, resource: OTLPResource, start: Timestamp, interval: Double, clock: ShippingClock,
        standing: TelemetryStanding, collect: @escaping @Sendable () async throws -> [MetricReading]
    ) {
        self.door = door
        self.resource = resource
        self.start = start
        self.interval = interval
        self.clock = clock
        self.standing = standing
        self.collect = collect
    }

    /// Until it is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do { try await clock.sleep(await step()) } catch { break }
        }
        await door.close()
    }

    /// One look at the numbers, sent.
    /// - Returns: seconds to wait before the next.
    package func step() async -> Double {
        do {
            let moment = clock.now()
            let request = MetricsRequest(resource: resource, start: start, at: moment)
            for batch in Self.batches(try await collect()) {
                if let wait = settle(await door.post(request.encode(batch)), batch) { return wait }
            }
            return interval
        } catch {
            return retry("our own side failed: \(error)", after: nil)
        }
    }

    static func batches(_ metrics: [MetricReading]) -> [[MetricReading]] {
        var (batches, points): ([[MetricReading]], Int) = ([], 0)
        for metric in metrics where metric.pointCount > 0 {
            if points > 0, points + metric.pointCount <= batchPoints {
                batches[batches.count - 1].append(metric)
                points += metric.pointCount
            } else {
                batches.append([metric])
                points = metric.pointCount
            }
        }
        return batches
    }

    /// - Returns: seconds to wait, where the rest need not be tried.
    private func settle(_ answer: OTLPAnswer, _ batch: [MetricReading]) -> Double? {
        switch answer {
        case .taken(let rejected): standing.took(rejected: rejected)
        case .refused(let reason): standing.lost(UInt64(batch.reduce(0) { $0 + $1.pointCount }), reason)
        case .later(let reason, let after): return retry(reason, after: after)
        case .stopped(let reason):
            _ = standing.failed(reason, needsAction: true, at: clock.now())
            return max(interval, Self.stoppedWait)
        }
        return nil
    }

    private func retry(_ reason: String, after: Double?) -> Double {
        // The end of the server is no trouble.
        guard !Task.isCancelled else { return 0 }
        let failures = standing.failed(reason, needsAction: false, at: clock.now())
        let wait = Backoff.wait(after: failures, first: Self.firstWait, longest: interval, random: clock.random)
        return max(wait, min(after ?? 0, Self.stoppedWait))
    }
}

/// How long to wait after so many failures in a row: twice as long each time, and never all at once.
enum Backoff {
    static func wait(after failures: Int, first: Double, longest: Double, random: () -> UInt64) -> Double {
        let doubled = first * Double(1 << min(max(failures - 1, 0), 20))
        return min(doubled, longest) * (0.5 + Double(random() % 1_000) / 2_000)
    }
}
