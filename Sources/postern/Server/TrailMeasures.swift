// SPDX-License-Identifier: Apache-2.0

import API
import Mail
import Measures
import SQLite
import Shipping
import Trail

/// Records that were written since the start, by category: a count that pruning does not turn back.
struct TrailVolumes: Sendable {
    private static let categories: [TrailRecord.Category] = [.management, .data]

    private let store: SQLiteTrail
    private let first: [TrailRecord.Category: TrailVolume]
    private let pruned = Tally(["category"])

    /// Counts from this moment.
    init(_ store: SQLiteTrail) async throws {
        self.store = store
        var first: [TrailRecord.Category: TrailVolume] = [:]
        for category in Self.categories { first[category] = try await store.volume(of: category) }
        self.first = first
    }

    /// So many of a category were removed.
    func remove(_ count: Int, of category: TrailRecord.Category) { pruned.add(count, category.rawValue) }

    func samples() async throws -> [MetricsServer.Metric] {
        let removed = Dictionary(pruned.reading.map { ($0.values, $0.count) }, uniquingKeysWith: +)
        var (written, kept, octets): ([Value], [Value], [Value]) = ([], [], [])
        for category in Self.categories {
            let (name, volume) = (category.rawValue, try await store.volume(of: category))
            let labels = ["category": name.lowercased()]
            let since = volume.records + removed[[name], default: 0] - (first[category]?.records ?? 0)
            written.append((labels, max(0, since)))
            kept.append((labels, volume.records))
            octets.append((labels, volume.octets))
        }
        return [
            .init("postern_trail_records_total", "Records of the trail since the start.", .counter, written),
            .init("postern_trail_records_kept", "Records in the local trail.", .gauge, kept),
            .init("postern_trail_bytes", "Octets of the records in the local trail.", .gauge, octets),
        ]
    }
}

private typealias Value = (labels: [String: String], value: Int)

/// What `GET /metrics` tells of the trail and its copies.
struct TrailMeasures: Sendable {
    /// Trails that have a label of their own: those whose digests are oldest.
    private static let labelled = 100

    let parts: TrailParts
    let shippers: Shippers
    let now: Now

    /// Without what cannot be read: the rest is told none the less.
    func samples() async -> [MetricsServer.Metric] {
        let copies = shippers.states.samples(at: now())
        do {
            return try await [Self.readable(true)] + parts.volumes.samples() + backlog() + digests() + copies
        } catch {
            return [Self.readable(false)] + copies
        }
    }

    private static func readable(_ isReadable: Bool) -> MetricsServer.Metric {
        .init("postern_trail_readable", "Whether the local trail could be read.", .gauge, [([:], isReadable ? 1 : 0)])
    }

    private func backlog() async throws -> [MetricsServer.Metric] {
        let (moment, backlog) = (now(), try await parts.standing.backlog())
        return [
            .init(
                "postern_trail_lag_seconds", "Age of the oldest fact that is not in the trail yet.",
                gauge: backlog.map { (["stream": $0.stream], $0.lag(at: moment)) }),
            .init(
                "postern_trail_facts_waiting", "Facts that are not in the trail yet.", .gauge,
                backlog.map { (["stream": $0.stream], Int(clamping: $0.facts)) }),
        ]
    }

    private func digests() async throws -> [MetricsServer.Metric] {
        let chains = try await parts.chains().prefix(Self.labelled)
        func labels(_ chain: TrailParts.Chain) -> [String: String] {
            ["account": chain.layout.account.description, "trail": chain.layout.trail]
        }
        return [
            .init(
                "postern_trail_digest_age_seconds", "Seconds since the last moment that a signed digest covers.",
                gauge: chains.map { (labels($0), $0.age) }),
            .init(
                "postern_trail_digest_interval_seconds", "Seconds from one digest to the next.", .gauge,
                [([:], parts.digestInterval)]),
            .init(
                "postern_trail_log_files_undigested", "Log files that no digest names yet.", .gauge,
                chains.map { (labels($0), $0.undigested) }),
        ]
    }
}

extension [ShippingState] {
    fileprivate func samples(at moment: Timestamp) -> [MetricsServer.Metric] {
        func labels(_ state: ShippingState) -> [String: String] { ["sink": state.sink, "source": state.source] }
        func gauge(_ name: String, _ help: String, _ value: (ShippingState) -> Int?) -> MetricsServer.Metric {
            .init(name, help, .gauge, compactMap { state in value(state).map { (labels(state), $0) } })
        }
        func outcome(_ word: String, _ value: (ShippingState) -> Int) -> [Value] {
            map { (labels($0).merging(["outcome": word]) { $1 }, value($0)) }
        }
        return [
            .init(
                "postern_sink_lag_seconds", "Age of the oldest record that waits for a sink.",
                gauge: map { (labels($0), $0.lag(at: moment)) }),
            gauge("postern_sink_records_waiting", "Records that wait for a sink.") { Int(clamping: $0.behindRecords) },
            gauge("postern_sink_bytes_waiting", "Octets that wait for a sink, estimated.") { $0.behindOctets },
            gauge("postern_sink_budget_records", "How many records may wait for a sink.") { $0.budget.records },
            gauge("postern_sink_budget_bytes", "How many octets may wait for a sink.") { $0.budget.octets },
            .init(
                "postern_sink_records_total", "Records that were done with, by what became of their copies.", .counter,
                outcome("sent", \.sent) + outcome("set-aside", \.setAside)
                    + outcome("dropped") { Int(clamping: $0.dropped) }),
            .init(
                "postern_sink_retries_total", "Batches that a sink did not take.", .counter,
                map { (labels($0), $0.retried) }),
            gauge("postern_sink_failing", "Whether copies do not arrive.") { $0.trouble == nil ? 0 : 1 },
            gauge("postern_sink_needs_action", "Whether somebody has to act before copies can arrive.") {
                $0.trouble?.needsAction == true ? 1 : 0
            },
            gauge("postern_sink_accepting", "Whether mail is accepted as far as this sink is asked.") {
                $0.isAccepting ? 1 : 0
            },
        ]
    }
}
