// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Synchronization
import Testing

@testable import Monitoring

@Suite("Alarms are evaluated by the minute")
struct AlarmWatchTests {
    private static let account = AccountID("111122223333")!
    private static let topic = "arn:aws:sns:us-east-1:111122223333:pages"
    private let fakes = Fakes()
    private var book: AlarmBook { AlarmBook(fakes, region: "us-east-1") { Timestamp(seconds: 0) } }

    private struct Unwell: Error {}

    private final class Ears: Sendable {
        let heard = Mutex<[String]>([])
        let isDeaf = Mutex(false)
        let isRefusing = Mutex(false)
    }

    private func watch(_ ears: Ears) -> AlarmWatch {
        AlarmWatch(
            book: book, states: fakes, metrics: fakes, accounts: { [Self.account] },
            act: { action in
                if ears.isDeaf.withLock({ $0 }) { throw Unwell() }
                if ears.isRefusing.withLock({ $0 }) { return [Self.topic: "Topic does not exist"] }
                ears.heard.withLock {
                    $0.append("\(action.alarm.name) \(action.status.previous.rawValue)>\(action.status.state.rawValue)")
                }
                return [:]
            }, report: { _ in })
    }

    private func put(_ name: String, _ kind: Alarm.Kind, at seconds: Int64 = 0) async throws {
        var alarm = Alarm(account: Self.account, name: name, kind: kind, at: Timestamp(seconds: seconds))
        alarm.actions = .init(ok: [Self.topic], alarm: [Self.topic])
        _ = try await book.put(alarm, recording: Self.fact)
    }

    private static var fact: Fact {
        Fact(
            at: Timestamp(seconds: 0), account: account, message: nil,
            event: .administered(.init(operation: "cloudwatch:X", principal: "", resource: "", sourceAddress: "")))
    }

    private static let bounces = Alarm.Kind.metric(
        MetricCondition(
            metric: Metric("AWS/SES", "Bounce"), statistic: .sum, period: 60, threshold: 5, comparison: .greaterOrEqual,
            treatMissingData: .notBreaching))

    @Test("a change of state is told once, and a composite alarm follows in the same minute")
    func changes() async throws {
        let ears = Ears()
        let watch = watch(ears)
        try await put("bounces", Self.bounces)
        try await put("a-both", .composite(rule: "ALARM(bounces) AND NOT ALARM(quiet)"))
        try await watch.evaluate(at: Timestamp(seconds: 600))
        fakes.add(5, "Bounce", minute: 600, in: Self.account)
        for seconds in [659, 660, 661] { try await watch.evaluate(at: Timestamp(seconds: Int64(seconds))) }
        // Only when three minutes hold nothing else is the value forgotten.
        for seconds in [720, 780, 840, 900] { try await watch.evaluate(at: Timestamp(seconds: Int64(seconds))) }
        #expect(
            ears.heard.withLock { $0 } == [
                "bounces INSUFFICIENT_DATA>OK", "a-both INSUFFICIENT_DATA>OK", "bounces OK>ALARM", "a-both OK>ALARM",
                "bounces ALARM>OK", "a-both ALARM>OK",
            ])
        let history = fakes.contents.withLock { $0.history }
        #expect(history.count { $0.kind == .state } == 6 && history.count { $0.kind == .action } == 6)
        #expect(fakes.contents.withLock { $0.statuses["bounces"]?.updatedAt } == Timestamp(seconds: 840))
    }

    @Test("whoever could not be told is told a minute later; a change that went by meanwhile is told as it stands")
    func debts() async throws {
        let ears = Ears()
        let watch = watch(ears)
        try await put("bounces", Self.bounces)
        ears.isDeaf.withLock { $0 = true }
        try await watch.evaluate(at: Timestamp(seconds: 600))
        #expect(fakes.contents.withLock { $0.statuses["bounces"]?.owesActions } == true)
        ears.isDeaf.withLock { $0 = false }
        for seconds: Int64 in [660, 720] { try await watch.evaluate(at: Timestamp(seconds: seconds)) }
        #expect(ears.heard.withLock { $0 } == ["bounces INSUFFICIENT_DATA>OK"])
    }

    @Test("a target that refuses is not asked again, and history says so")
    func refusing() async throws {
        let ears = Ears()
        let watch = watch(ears)
        try await put("bounces", Self.bounces)
        ears.isRefusing.withLock { $0 = true }
        for seconds: Int64 in [600, 660] { try await watch.evaluate(at: Timestamp(seconds: seconds)) }
        let told = fakes.contents.withLock { $0.history }.filter { $0.kind == .action }.map(\.summary)
        #expect(
            told == ["Failed to execute action \(Self.topic). Received error: \"Topic does not exist\""])
    }

    @Test("a state set by hand holds until the next evaluation, and is not set again")
    func forced() async throws {
        let ears = Ears()
        let watch = watch(ears)
        try await put("bounces", Self.bounces)
        try await watch.evaluate(at: Timestamp(seconds: 600))
        let alarm = try await book.change("bounces", in: Self.account, recording: Self.fact) {
            $0.forced = .init(state: .alarm, reason: "a drill", data: nil, at: Timestamp(seconds: 610))
        }
        try await watch.settle(try #require(alarm))
        #expect(fakes.contents.withLock { $0.statuses["bounces"]?.reason } == "a drill")
        for seconds: Int64 in [660, 720] { try await watch.evaluate(at: Timestamp(seconds: seconds)) }
        #expect(
            ears.heard.withLock { $0 } == [
                "bounces INSUFFICIENT_DATA>OK", "bounces OK>ALARM", "bounces ALARM>OK",
            ])
    }

    @Test("a state set by hand while alarms are looked at is not written over, and is set once")
    func forcedMeanwhile() async throws {
        let ears = Ears()
        let box = Mutex<AlarmWatch?>(nil)
        let (book, fakes) = (book, fakes)
        let watch = AlarmWatch(
            book: book, states: fakes, metrics: fakes, accounts: { [Self.account] },
            act: { action in
                ears.heard.withLock { $0.append("\(action.alarm.name) \(action.status.state.rawValue)") }
                guard action.alarm.name == "a-first", let watch = box.withLock({ $0 }) else { return [:] }
                let alarm = try await book.change("bounces", in: Self.account, recording: nil) {
                    $0.forced = .init(state: .alarm, reason: "a drill", data: nil, at: Timestamp(seconds: 610))
                }
                if let alarm { try await watch.settle(alarm) }
                return [:]
            }, report: { _ in })
        box.withLock { $0 = watch }
        for name in ["a-first", "bounces"] { try await put(name, Self.bounces) }
        try await watch.evaluate(at: Timestamp(seconds: 600))
        #expect(fakes.contents.withLock { $0.statuses["bounces"]?.reason } == "a drill")
        for seconds: Int64 in [660, 720] { try await watch.evaluate(at: Timestamp(seconds: seconds)) }
        #expect(ears.heard.withLock { $0 } == ["a-first OK", "bounces ALARM", "bounces OK"])
    }

    @Test("an account whose alarms cannot be read is told of, and the others are looked at")
    func unreadable() async throws {
        let other = try #require(AccountID("000011112222"))
        let faults = Mutex(0)
        let watch = AlarmWatch(
            book: book, states: fakes, metrics: fakes, accounts: { [other, Self.account] }, act: { _ in [:] },
            report: { _ in faults.withLock { $0 += 1 } })
        fakes.contents.withLock { $0.records["alarm \(other) broken"] = Array("{".utf8) }
        try await put("bounces", Self.bounces)
        try await watch.evaluate(at: Timestamp(seconds: 600))
        #expect(faults.withLock { $0 } == 1)
        #expect(fakes.contents.withLock { $0.statuses["bounces"]?.state } == .ok)
    }

    @Test("an alarm without actions changes in silence; one that is gone is forgotten, and its name starts afresh")
    func silence() async throws {
        let ears = Ears()
        let watch = watch(ears)
        try await put("bounces", Self.bounces)
        try await book.change("bounces", in: Self.account, recording: nil) { $0.actionsEnabled = false }
        try await watch.evaluate(at: Timestamp(seconds: 600))
        #expect(fakes.contents.withLock { $0.statuses["bounces"]?.state } == .ok)
        _ = try await book.remove("bounces", in: Self.account, recording: Self.fact)
        try await watch.evaluate(at: Timestamp(seconds: 660))
        #expect(fakes.contents.withLock { $0.statuses.isEmpty })
        #expect(ears.heard.withLock { $0 } == [])
    }

    @Test("the shipped alarms are given once, and fire at SES's rates")
    func shipped() async throws {
        let ears = Ears()
        let watch = watch(ears)
        let shipped = ShippedAlarms(book: book, store: fakes)
        try await shipped.make(for: Self.account)
        for alarm in try await book.everyAlarm(in: Self.account) {
            try await book.change(alarm.name, in: Self.account, recording: nil) { $0.actions.alarm = [Self.topic] }
        }
        fakes.add(0.07, "Reputation.BounceRate", minute: 6_000, in: Self.account)
        fakes.add(0.005, "Reputation.ComplaintRate", minute: 6_000, in: Self.account)
        try await watch.evaluate(at: Timestamp(seconds: 6_060))
        #expect(
            Set(ears.heard.withLock { $0 }) == [
                "postern-bounce-rate-review INSUFFICIENT_DATA>ALARM",
                "postern-complaint-rate-review INSUFFICIENT_DATA>ALARM",
                "postern-complaint-rate-pause INSUFFICIENT_DATA>ALARM",
            ])
        _ = try await book.remove("postern-bounce-rate-pause", in: Self.account, recording: Self.fact)
        try await shipped.make(for: Self.account)
        #expect(try await book.count(in: Self.account) == 3)
    }

    @Test("what is published is CloudWatch's document, whatever the alarm is called")
    func message() throws {
        let alarm = Alarm(
            account: Self.account, name: "a\n\"é\"", kind: Self.bounces, at: Timestamp(seconds: 1_764_067_485))
        var status = AlarmStatus(of: alarm)
        status.state = .alarm
        let action = AlarmAction(alarm: alarm, status: status, targets: [])
        let message = action.message(region: "us-east-1")
        #expect(
            message.hasPrefix(#"{"AlarmName":"a\u000a\"é\"","AlarmDescription":null,"AWSAccountId":"111122223333","#))
        #expect(message.contains(#""NewStateValue":"ALARM""#) && message.contains("2025-11-25T10:44:45.000+0000"))
        #expect(action.subject(region: "us-east-1") == "ALARM: \"a \" \"\" in us-east-1")
    }
}
