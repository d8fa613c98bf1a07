// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Synchronization
import Testing

@testable import Monitoring

@Suite("The journal is counted once")
struct MetricsReaderTests {
    private static let account = AccountID("111122223333")!
    private static let messages = (0..<3).map {
        MessageID(region: "us-east-1", at: Timestamp(seconds: 1), random: (UInt64($0), 7))
    }

    private static func accepted(_ index: Int) -> Fact {
        let event = Fact.Accepted(
            door: "smtp", principal: "", reversePath: "", from: "a@rome.example", recipients: ["b@oslo.example"],
            identity: "", size: 1, sourceAddress: "192.0.2.1", configurationSet: "set\(index)")
        return Fact(
            at: Timestamp(seconds: 60), account: account, message: messages[index], event: .accepted(event))
    }

    private static func bounced(_ index: Int) -> Fact {
        let outcome = Fact.Outcome(
            recipients: ["b@oslo.example"], attempt: 1, peer: "", reply: "", tls: nil, milliseconds: 1,
            verdict: .init(type: "Permanent", subType: "NoEmail", party: "recipient", delay: "", rule: ""))
        return Fact(at: Timestamp(seconds: 120), account: account, message: messages[index], event: .bounced(outcome))
    }

    @Test("an outcome has the dimensions of its message, remembered or looked up; a second reading adds nothing")
    func reading() async throws {
        let fakes = Fakes()
        let asked = Mutex<[MessageID]>([])
        // Message 2 was accepted before this stream begins.
        let stream = FakeStream(list: [Self.accepted(0), Self.bounced(0), Self.bounced(2)])
        let reader = MetricsReader(
            facts: stream, store: fakes,
            sources: .init(
                history: { message in
                    asked.withLock { $0.append(message) }
                    return [Self.accepted(2)]
                }, ownDomains: { _ in [] }, now: { Timestamp(seconds: 0) }))
        #expect(try await reader.read() == false)
        #expect(try await reader.read() == false)
        let sets = fakes.contents.withLock { contents in
            contents.samples.filter { $0.metric.name == "Bounce" }.flatMap(\.metric.dimensions)
                .filter { $0.name == MessageDimensions.configurationSet }.map(\.value)
        }
        #expect(sets == ["set0", "set2"])
        #expect(asked.withLock { $0 } == [Self.messages[2]])
        #expect(fakes.contents.withLock { $0.positions } == ["metrics:spool": 3])
        #expect(fakes.contents.withLock { $0.samples.count { $0.metric == Metric("AWS/SES", "Send") } } == 1)
    }

    @Test("the rates of an account and its sets are written for the minute before")
    func rates() async throws {
        let fakes = Fakes()
        let stream = FakeStream(list: [Self.accepted(0), Self.bounced(0)])
        let reader = MetricsReader(
            facts: stream, store: fakes,
            sources: .init(history: { _ in [] }, ownDomains: { _ in [] }, now: { Timestamp(seconds: 0) }))
        _ = try await reader.read()
        try await ReputationWatch(store: fakes).publish(at: Timestamp(seconds: 200))
        let rates = fakes.contents.withLock { contents in
            contents.samples.filter { $0.metric.name == "Reputation.BounceRate" }
        }
        #expect(rates.map(\.statistics.sum) == [1, 1] && rates.map(\.minute) == [120, 120])
        #expect(Set(rates.map(\.metric.dimensions)) == [[], [Dimension(MessageDimensions.configurationSet, "set0")]])
    }

    @Test("of the messages that were accepted long ago the oldest are forgotten")
    func memory() {
        var recent = RecentDimensions(capacity: 2)
        let dimensions = MessageDimensions(
            Fact.Accepted(
                door: "", principal: "", reversePath: "", from: "", recipients: [], identity: "", size: 0,
                sourceAddress: ""), tags: [])
        for message in Self.messages { recent[message] = dimensions }
        #expect(Self.messages.map { recent[$0] != nil } == [false, true, true])
    }
}
