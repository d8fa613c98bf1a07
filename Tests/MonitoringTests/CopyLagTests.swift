// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Synchronization
import Testing

@testable import Monitoring

@Suite("Copies that come late wake somebody")
struct CopyLagTests {
    private static let account = AccountID("111122223333")!
    private let fakes = Fakes()
    private var book: AlarmBook { AlarmBook(fakes, region: "us-east-1") { Timestamp(seconds: 0) } }

    @Test("the lag is a metric of each sink and of the latest, in the minute before")
    func samples() async throws {
        let lag = CopyLag(account: Self.account, store: fakes) { _ in ["splunk": 12.5, "file": 0] }
        try await lag.publish(at: Timestamp(seconds: 6_062))
        let samples = fakes.contents.withLock { $0.samples }
        #expect(samples.allSatisfy { $0.account == Self.account && $0.minute == 6_000 && $0.unit == "Seconds" })
        #expect(
            Dictionary(uniqueKeysWithValues: samples.map { ($0.metric.dimensionsText, $0.statistics.maximum) }) == [
                "[]": 12.5, #"[["Sink","file"]]"#: 0, #"[["Sink","splunk"]]"#: 12.5,
            ])
        #expect(Set(samples.map(\.metric.namespace)) == ["Postern"])
    }

    @Test("nothing is said where there are no sinks")
    func none() async throws {
        try await CopyLag(account: Self.account, store: fakes) { _ in [:] }.publish(at: Timestamp(seconds: 6_062))
        #expect(fakes.contents.withLock { $0.samples.isEmpty })
    }

    @Test("the shipped alarm is raised after five minutes of lag and cleared when the copies have arrived")
    func alarm() async throws {
        let heard = Mutex<[String]>([])
        let watch = AlarmWatch(
            book: book, states: fakes, metrics: fakes, accounts: { [Self.account] },
            act: { action in
                heard.withLock { $0.append("\(action.alarm.name) \(action.status.state.rawValue)") }
                return [:]
            }, report: { _ in })
        let shipped = ShippedAlarms(book: book, store: fakes)
        try await shipped.makeForCopies(of: Self.account)
        try await book.change("postern-copies-late", in: Self.account, recording: nil) {
            $0.actions = .init(ok: ["t"], alarm: ["t"])
        }
        // A sink that is down from the first minute to the eighth: its lag grows by the minute, then is none.
        let lag = CopyLag(account: Self.account, store: fakes) { moment in
            let down = Double(moment.seconds - 6_000)
            return ["splunk": (0...480).contains(down) ? down : 0]
        }
        var states: [String] = []
        for minute in 0...11 {
            let moment = Timestamp(seconds: 6_002 + Int64(minute) * 60)
            try await lag.publish(at: moment)
            try await watch.evaluate(at: moment)
            states.append(
                fakes.contents.withLock { $0.statuses["postern-copies-late"]?.state.rawValue ?? "none" })
        }
        #expect(states == Array(repeating: "OK", count: 5) + ["ALARM", "ALARM", "ALARM"] + ["OK", "OK", "OK", "OK"])
        #expect(
            heard.withLock { $0 } == ["postern-copies-late OK", "postern-copies-late ALARM", "postern-copies-late OK"])
        // Whoever deleted it is not given it again.
        _ = try await book.remove(
            "postern-copies-late", in: Self.account,
            recording: Fact(
                at: Timestamp(seconds: 0), account: Self.account, message: nil,
                event: .administered(.init(operation: "x", principal: "", resource: "", sourceAddress: ""))))
        try await shipped.makeForCopies(of: Self.account)
        #expect(try await book.count(in: Self.account) == 0)
    }
}
