// SPDX-License-Identifier: Apache-2.0

import Foundation
import Mail
import Monitoring
import SQLite
import Sending
import Testing

@Suite("Metrics and alarms, in SQLite")
struct MetricsStoreTests {
    private static let account = AccountID("111122223333")!
    private static let other = AccountID("444455556666")!
    private static let bounces = Metric("AWS/SES", "Bounce")
    private let directory = FileManager.default.temporaryDirectory.appending(path: "metrics-\(UUID().uuidString)").path

    init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    private func open() throws -> SQLiteMetrics { try SQLiteMetrics(directory: directory, synchronous: .normal) }

    private static func sample(
        _ value: Double, _ metric: Metric = bounces, minute: Int64, unit: String = "Count",
        in account: AccountID = account
    ) -> MetricSample {
        MetricSample(account: account, metric: metric, unit: unit, minute: minute, statistics: StatisticSet(value))
    }

    private static func points(
        _ store: SQLiteMetrics, _ metric: Metric = bounces, unit: String? = nil, period: Int64 = 60,
        to: Int64 = 1 << 40
    ) async throws -> [Datapoint] {
        try await store.datapoints(of: metric, unit: unit, in: account, from: 0, to: to, period: period)
    }

    @Test("values of a minute add up, over restarts; other units, accounts and dimensions stand beside them")
    func adding() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let withSet = Metric("AWS/SES", "Bounce", [Dimension("ses:configuration-set", "news")])
        _ = try await open().add([Self.sample(2, minute: 60), Self.sample(7, withSet, minute: 60)], moving: nil)
        let store = try open()
        _ = try await store.add(
            [
                Self.sample(5, minute: 60), Self.sample(1, minute: 120), Self.sample(9, minute: 60, unit: "None"),
                Self.sample(8, minute: 60, in: Self.other),
            ], moving: nil)
        let sum = StatisticSet(count: 2, sum: 7, minimum: 2, maximum: 5)
        #expect(
            try await Self.points(store, unit: "Count") == [
                Datapoint(at: 60, sum), Datapoint(at: 120, StatisticSet(1)),
            ])
        #expect(try await Self.points(store, to: 120).map(\.statistics.sum).reduce(0, +) == 16)
        #expect(try await Self.points(store, withSet) == [Datapoint(at: 60, StatisticSet(7))])
        #expect(try await store.units(of: Self.bounces, in: Self.account) == ["Count", "None"])
        #expect(try await store.units(of: withSet, in: Self.other) == [])
    }

    @Test("sums of sends by period, of all mail and of one configuration set's, rolled up or not")
    func sends() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try open()
        let sends = Metric("AWS/SES", "Send")
        let ofSet = Metric("AWS/SES", "Send", [Dimension("ses:configuration-set", "news")])
        let samples = [
            Self.sample(2, sends, minute: 900), Self.sample(3, sends, minute: 1_740),
            Self.sample(4, sends, minute: 1_800), Self.sample(5, sends, minute: 2_700),
            Self.sample(1, ofSet, minute: 1_740), Self.sample(9, sends, minute: 1_740, in: Self.other),
            Self.sample(8, minute: 1_740),
        ]
        _ = try await store.add(samples, moving: nil)
        let span = CountedSpan(start: 900, end: 2_700, period: 900)
        for day: Int64 in [0, 20 * 86_400] {
            try await store.rollUp(at: Timestamp(seconds: day))
            func sums(_ set: String?, _ span: CountedSpan) async throws -> [Int64: Double] {
                try await store.sums(of: .send, in: Self.account, configurationSet: set, over: span)
            }
            #expect(try await sums(nil, span) == [900: 5, 1_800: 4])
            #expect(try await sums("news", span) == [900: 1])
            #expect(try await sums("other", span) == [:])
            #expect(try await sums(nil, CountedSpan(start: 0, end: 86_400, period: 86_400)) == [0: 14])
            #expect(try await sums(nil, CountedSpan(start: 0, end: 0, period: 900)) == [:])
        }
    }

    @Test("what a reader counted is stored with its position, once")
    func cursor() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try open()
        let cursor = MetricCursor(reader: "metrics:spool", position: 10)
        _ = try await store.add([Self.sample(1, minute: 60)], moving: cursor)
        _ = try await store.add([Self.sample(1, minute: 60)], moving: cursor)
        #expect(try await store.position(of: "metrics:spool") == 10)
        #expect(try await store.position(of: "metrics:records") == 0)
        #expect(try await Self.points(store) == [Datapoint(at: 60, StatisticSet(1))])
    }

    @Test("an account has room for so many series; what SES counts of the account itself always has")
    func room() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try open()
        func many(_ range: Range<Int>, minute: Int64) -> [MetricSample] {
            range.map { Self.sample(1, Metric("Own", "m", [Dimension("n", "\($0)")]), minute: minute) }
        }
        let left = try await store.add(
            many(0..<MetricLimits.series + 3, minute: 60) + [Self.sample(1, minute: 60)], moving: nil)
        #expect(left == many(MetricLimits.series..<MetricLimits.series + 3, minute: 60))
        #expect(try await Self.points(store).count == 1)
        // Those that are there go on, and other accounts have room of their own.
        #expect(try await store.add(many(0..<1, minute: 120), moving: nil).isEmpty)
        let others = Self.sample(1, Metric("Own", "m"), minute: 60, in: Self.other)
        #expect(try await store.add([others], moving: nil).isEmpty)
        // What has no value for 15 days takes no room.
        let later: Int64 = 60 * 60 * 24 * 16
        #expect(try await store.add(many(5_000..<5_001, minute: later), moving: nil).isEmpty)
    }

    @Test("minutes grow to five minutes, then to hours, then go; nothing is lost or counted twice on the way")
    func rollUp() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try open()
        let start: Int64 = 1_764_000_000 - 1_764_000_000 % 3600
        _ = try await store.add((0..<120).map { Self.sample(Double($0), minute: start + $0 * 60) }, moving: nil)
        let day: Int64 = 86_400
        func state(_ age: Int64) async throws -> [Int] {
            for _ in 0..<2 { try await store.rollUp(at: Timestamp(seconds: start + age)) }
            var counts: [Int] = []
            for period: Int64 in [60, 300, 3600] { counts.append(try await Self.points(store, period: period).count) }
            return counts
        }
        #expect(try await state(15 * day) == [120, 120, 120])
        // An hour more: the first hour is five-minutely, the second not yet.
        #expect(try await state(15 * day + 3600) == [60, 72, 72])
        #expect(try await state(16 * day) == [0, 24, 24])
        #expect(try await state(64 * day) == [0, 0, 2])
        let hours = try await Self.points(store, period: 3600)
        #expect(hours.map(\.at) == [start, start + 3600])
        #expect(
            hours.map(\.statistics) == [
                StatisticSet(count: 60, sum: 1770, minimum: 0, maximum: 59),
                StatisticSet(count: 60, sum: 5370, minimum: 60, maximum: 119),
            ])
        #expect(try await state(456 * day) == [0, 0, 0])
        #expect(try await store.metrics(in: Self.account, MetricFilter(), limit: 10).isEmpty)
    }

    @Test("metrics are found by what they are, page by page")
    func listing() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try open()
        let known = [
            Metric("AWS/SES", "Bounce"), Metric("AWS/SES", "Bounce", [Dimension("a", "1")]),
            Metric("AWS/SES", "Bounce", [Dimension("a", "2")]), Metric("AWS/SES", "Send"), Metric("Own", "m"),
        ]
        _ = try await store.add(known.map { Self.sample(1, $0, minute: 600) }, moving: nil)
        _ = try await store.add([Self.sample(1, known[0], minute: 600, unit: "None")], moving: nil)
        func found(_ filter: MetricFilter, limit: Int = 10) async throws -> [Metric] {
            try await store.metrics(in: Self.account, filter, limit: limit)
        }
        #expect(try await found(MetricFilter()) == [known[1], known[2], known[0], known[3], known[4]])
        #expect(try await found(MetricFilter(namespace: "AWS/SES", name: "Bounce")).count == 3)
        #expect(try await found(MetricFilter(dimensions: [("a", nil)])) == [known[1], known[2]])
        #expect(try await found(MetricFilter(dimensions: [("a", "2")])) == [known[2]])
        #expect(try await found(MetricFilter(since: 601)).isEmpty)
        #expect(try await found(MetricFilter(after: known[2]), limit: 2) == [known[0], known[3]])
        #expect(
            try await store.active(in: "AWS/SES", "Bounce", since: 600).map(\.metric) == [known[1], known[2], known[0]])
    }

    @Test("alarms keep their state and their history, which is shown in both directions and for 30 days")
    func alarms() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try open()
        func item(_ seconds: Int64, _ kind: AlarmHistoryItem.Kind = .state) -> AlarmHistoryItem {
            AlarmHistoryItem(
                alarm: "a", type: "MetricAlarm", at: Timestamp(seconds: seconds), kind: kind, summary: "s", data: "{}")
        }
        let status = AlarmStatus(
            state: .alarm, reason: "r", previous: .ok, updatedAt: Timestamp(seconds: 9),
            createdAt: Timestamp(seconds: 1),
            owesActions: true)
        try await store.keep(status, of: "a", in: Self.account, history: [item(10)])
        try await store.keep(nil, of: "a", in: Self.account, history: [item(20, .action), item(30)])
        #expect(try await store.statuses(in: Self.account) == ["a": status])
        #expect(try await store.statuses(in: Self.other).isEmpty)
        func history(_ filter: AlarmHistoryFilter) async throws -> [Int64] {
            try await store.history(in: Self.account, filter, after: nil, limit: 2).items.map(\.at.seconds)
        }
        #expect(try await history(AlarmHistoryFilter(alarm: "a")) == [30, 20])
        #expect(try await history(AlarmHistoryFilter(newestFirst: false)) == [10, 20])
        #expect(try await history(AlarmHistoryFilter(kind: .state)) == [30, 10])
        #expect(try await history(AlarmHistoryFilter(types: ["CompositeAlarm"])) == [])
        #expect(
            try await history(AlarmHistoryFilter(from: Timestamp(seconds: 15), to: Timestamp(seconds: 25))) == [20])
        try await store.rollUp(at: Timestamp(seconds: 25 + 30 * 86_400))
        #expect(try await history(AlarmHistoryFilter()) == [30])
        try await store.forget("a", in: Self.account)
        #expect(try await store.status(of: "a", in: Self.account) == nil)
    }

    @Test("pages of history repeat and leave out nothing, whatever comes and goes between them")
    func historyPages() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try open()
        func keep(_ name: String, _ seconds: Int64) async throws {
            let item = AlarmHistoryItem(
                alarm: name, type: "MetricAlarm", at: Timestamp(seconds: seconds), kind: .state, summary: "s",
                data: "{}")
            try await store.keep(nil, of: name, in: Self.account, history: [item])
        }
        func page(_ newestFirst: Bool, after place: AlarmHistoryPlace?) async throws -> ([String], AlarmHistoryPlace?) {
            let page = try await store.history(
                in: Self.account, AlarmHistoryFilter(newestFirst: newestFirst), after: place, limit: 2)
            return (page.items.map(\.alarm), page.next)
        }
        for (name, seconds) in [("a", Int64(10)), ("b", 20), ("c", 20), ("d", 20), ("e", 30)] {
            try await keep(name, seconds)
        }
        let (newest, down) = try await page(true, after: nil)
        let (oldest, up) = try await page(false, after: nil)
        #expect(newest == ["e", "d"] && oldest == ["a", "b"])
        try await keep("f", 40)
        try await store.rollUp(at: Timestamp(seconds: 15 + 30 * 86_400))
        let (older, end) = try await page(true, after: down)
        let (newer, _) = try await page(false, after: up)
        #expect(older == ["c", "b"] && end == nil && newer == ["c", "d"])
    }
}
