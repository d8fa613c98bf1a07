// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Measures
import Synchronization
import Testing

@testable import Monitoring

@Suite("Counters of what streams tell") struct FactMeterTests {
    private static let account = "111122223333"

    @Test("what was there before is not counted, what comes is counted once") func begins() async throws {
        let stream = GrowingStream([Self.refused("quota"), Self.refused("quota")])
        let meter = FactMeter(streams: [stream])
        #expect(try await !meter.read())
        #expect(meter.refusals.reading.isEmpty)
        stream.add(Self.refused("iam"))
        for _ in 1...3 { #expect(try await !meter.read()) }
        #expect(meter.refusals.reading.map(\.values) == [["iam", "smtp"]])
        #expect(meter.refusals.reading.map(\.count) == [1])
    }

    @Test("a long page is read on at once") func pages() async throws {
        let stream = GrowingStream([])
        let meter = FactMeter(streams: [stream])
        #expect(try await !meter.read())
        for _ in 0..<(FactMeter.page + 5) { stream.add(Self.refused("iam")) }
        #expect(try await meter.read())
        #expect(try await !meter.read())
        #expect(meter.refusals.reading.map(\.count) == [FactMeter.page + 5])
    }

    @Test(
        "only a bounce that says something of the list counts",
        arguments: [
            ("Permanent", "General", ["a@b.example", "c@b.example"], 2),
            ("Permanent", "OnAccountSuppressionList", ["a@b.example"], 0),
            ("Permanent", "General", ["bounce@simulator.amazonses.com", "a@b.example"], 1),
            ("Transient", "MailboxFull", ["a@b.example"], 0),
        ])
    func bounces(_ type: String, _ subType: String, _ recipients: [String], _ count: Int) async throws {
        let verdict = Fact.Verdict(type: type, subType: subType, party: "recipient", delay: "", rule: "")
        let outcome = Fact.Outcome(
            recipients: recipients, attempt: 0, peer: "", reply: "", tls: nil, milliseconds: 0, verdict: verdict)
        #expect(try await Self.read(.bounced(outcome)).hardBounces.reading.map(\.count) == [count])
    }

    @Test("complaints, refused calls and failures to sign in are told apart") func others() async throws {
        let complained = Fact.Complained(recipients: ["a@b.example"], feedbackType: "abuse", userAgent: "")
        #expect(try await Self.read(.complained(complained)).complaints.reading.map(\.count) == [1])
        let call = Fact.Call(
            request: "r", source: "email.amazonaws.com", name: "GetAccount", identity: "{}", userName: nil,
            accessKeyID: nil, agent: "")
        let called = Fact.Called(call: call, principal: "p", sourceAddress: "", errorCode: "E", control: "iam")
        #expect(try await Self.read(.called(called)).refusals.reading.map(\.values) == [["iam", "api"]])
        let allowed = Fact.Called(call: call, principal: "p", sourceAddress: "")
        #expect(try await Self.read(.called(allowed)).refusals.reading.isEmpty)
        let failed = Fact.SignedIn(door: "smtp", call: call, sourceAddress: "", failure: "WrongPassword", count: 7)
        #expect(try await Self.read(.signedIn(failed)).failures.reading.map(\.count) == [0, 7])
        let letIn = Fact.SignedIn(door: "smtp", call: call, sourceAddress: "")
        #expect(try await Self.read(.signedIn(letIn)).failures.reading.map(\.count) == [0, 0])
    }

    private static func read(_ event: Fact.Event) async throws -> FactMeter {
        let stream = GrowingStream([])
        let meter = FactMeter(streams: [stream], accounts: [AccountID(account)!], doors: ["api", "smtp"])
        _ = try await meter.read()
        stream.add(event)
        _ = try await meter.read()
        return meter
    }

    private static func refused(_ control: String) -> Fact.Event {
        .refused(.init(door: "smtp", principal: "p", control: control, reason: "", sourceAddress: ""))
    }
}

/// Facts that become more.
private final class GrowingStream: FactStream {
    let name = "spool"
    private let kept: Mutex<[Fact.Event]>

    init(_ first: [Fact.Event]) { kept = Mutex(first) }

    func add(_ event: Fact.Event) { kept.withLock { $0.append(event) } }

    func facts(after sequence: Int64, limit: Int) async throws -> [RecordedFact] {
        kept.withLock { Array($0.enumerated().dropFirst(Int(sequence)).prefix(limit)) }.map {
            RecordedFact(
                sequence: Int64($0.offset) + 1,
                fact: Fact(
                    at: Timestamp(seconds: 1_796_000_400), account: AccountID("111122223333")!, message: nil,
                    event: $0.element))
        }
    }
}
