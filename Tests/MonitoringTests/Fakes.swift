// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Synchronization

@testable import Monitoring

/// A record table and a metric store in memory, as the contracts say and no more.
final class Fakes: Sendable {
    struct Contents {
        var records: [String: [UInt8]] = [:]
        var facts: [Fact] = []
        var positions: [String: Int64] = [:]
        var samples: [MetricSample] = []
        var statuses: [String: AlarmStatus] = [:]
        var history: [AlarmHistoryItem] = []
    }

    let contents = Mutex(Contents())

    /// Adds a value of a metric without dimensions.
    func add(_ value: Double, _ name: String, minute: Int64, in account: AccountID) {
        let sample = MetricSample(
            account: account, metric: Metric("AWS/SES", name), unit: "Count", minute: minute,
            statistics: StatisticSet(value))
        contents.withLock { $0.samples.append(sample) }
    }
}

extension Fakes: RecordStore {
    private static func key(_ kind: String, _ name: String, _ account: AccountID) -> String {
        "\(kind) \(account) \(name)"
    }

    func record(_ kind: String, _ name: String, in account: AccountID) async throws -> [UInt8]? {
        contents.withLock { $0.records[Self.key(kind, name, account)] }
    }

    func records(_ kind: String, in account: AccountID, after: String, limit: Int) async throws -> [[UInt8]] {
        let prefix = Self.key(kind, "", account)
        return contents.withLock { contents in
            contents.records.filter { $0.key.hasPrefix(prefix) && $0.key > prefix + after }.sorted { $0.key < $1.key }
                .prefix(limit).map(\.value)
        }
    }

    func count(_ kind: String, in account: AccountID) async throws -> Int {
        try await records(kind, in: account, after: "", limit: .max).count
    }

    func put(
        _ kind: String, _ name: String, in account: AccountID, content: [UInt8], replacing: Bool, recording fact: Fact
    ) async throws -> Bool {
        contents.withLock { contents in
            let key = Self.key(kind, name, account)
            guard (contents.records[key] != nil) == replacing else { return false }
            contents.records[key] = content
            contents.facts.append(fact)
            return true
        }
    }

    func change(
        _ kind: String, _ name: String, in account: AccountID, recording fact: Fact?,
        _ body: @escaping @Sendable ([UInt8]) throws -> [UInt8]
    ) async throws -> [UInt8]? {
        try contents.withLock { contents in
            let key = Self.key(kind, name, account)
            guard let before = contents.records[key] else { return nil }
            let after = try body(before)
            contents.records[key] = after
            if let fact { contents.facts.append(fact) }
            return after
        }
    }

    func remove(_ kind: String, _ name: String, in account: AccountID, recording fact: Fact) async throws -> Bool {
        contents.withLock { contents in
            guard contents.records.removeValue(forKey: Self.key(kind, name, account)) != nil else { return false }
            contents.facts.append(fact)
            return true
        }
    }
}

extension Fakes: MetricStore {
    func position(of reader: String) async throws -> Int64 { contents.withLock { $0.positions[reader] ?? 0 } }

    func add(_ samples: [MetricSample], moving reader: MetricCursor?) async throws -> [MetricSample] {
        contents.withLock {
            $0.samples += samples
            if let reader { $0.positions[reader.reader] = reader.position }
        }
        return []
    }

    func datapoints(
        of metric: Metric, unit: String?, in account: AccountID, from: Int64, to: Int64, period: Int64
    ) async throws -> [Datapoint] {
        contents.withLock { contents in
            contents.samples.filter {
                $0.account == account && $0.metric == metric && (from..<to).contains($0.minute)
                    && (unit ?? $0.unit) == $0.unit
            }.map { Datapoint(at: $0.minute, $0.statistics) }
        }
    }

    func units(of metric: Metric, in account: AccountID) async throws -> [String] {
        let samples = contents.withLock { $0.samples }.filter { $0.account == account && $0.metric == metric }
        return Set(samples.map(\.unit)).sorted()
    }

    func metrics(in account: AccountID, _ filter: MetricFilter, limit: Int) async throws -> [Metric] { [] }

    func active(in namespace: String, _ name: String, since: Int64) async throws -> [AccountMetric] {
        contents.withLock { contents in
            let found = contents.samples.filter {
                $0.metric.namespace == namespace && $0.metric.name == name && $0.minute >= since
            }
            return Array(Set(found.map { AccountMetric(account: $0.account, metric: $0.metric) }))
        }
    }

    func rollUp(at moment: Timestamp) async throws {}
}

extension Fakes: AlarmStore {
    func statuses(in account: AccountID) async throws -> [String: AlarmStatus] { contents.withLock { $0.statuses } }
    func status(of alarm: String, in account: AccountID) async throws -> AlarmStatus? {
        contents.withLock { $0.statuses[alarm] }
    }

    func keep(
        _ status: AlarmStatus?, of alarm: String, in account: AccountID, history: [AlarmHistoryItem]
    ) async throws {
        contents.withLock {
            if let status { $0.statuses[alarm] = status }
            $0.history += history
        }
    }

    func forget(_ alarm: String, in account: AccountID) async throws {
        contents.withLock { $0.statuses[alarm] = nil }
    }

    func history(
        in account: AccountID, _ filter: AlarmHistoryFilter, after place: AlarmHistoryPlace?, limit: Int
    ) async throws -> AlarmHistoryPage {
        AlarmHistoryPage(items: contents.withLock { $0.history }, next: nil)
    }
}

/// Facts in the order in which they are given.
struct FakeStream: FactStream {
    let name = "spool"
    let list: [Fact]

    func facts(after sequence: Int64, limit: Int) async throws -> [RecordedFact] {
        list.enumerated().dropFirst(Int(sequence)).prefix(limit).map {
            RecordedFact(sequence: Int64($0.offset) + 1, fact: $0.element)
        }
    }
}
