// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Sending
import Testing

@Suite("What mail teaches the suppression list")
struct SuppressionReaderTests {
    /// A journal, and where its reader stands; what was read can be read again.
    private actor Journal: FactStream, CursorStore {
        nonisolated let name = "spool"
        private var recorded: [RecordedFact] = []
        private(set) var position: Int64 = 0

        func write(_ events: [Fact.Event], _ account: AccountID, at moment: Timestamp) {
            for event in events {
                let fact = Fact(at: moment, account: account, message: nil, event: event)
                recorded.append(RecordedFact(sequence: Int64(recorded.count + 1), fact: fact))
            }
        }

        func rewind() { position = 0 }

        func facts(after sequence: Int64, limit: Int) async throws -> [RecordedFact] {
            Array(recorded.filter { $0.sequence > sequence }.prefix(limit))
        }

        func position(of reader: String, in stream: String) async throws -> Int64 { position }
        func advance(_ reader: String, in stream: String, to sequence: Int64) async throws { position = sequence }
    }

    private static func bounce(_ recipient: String, _ type: String, _ party: String, _ subType: String = "NoEmail")
        -> Fact.Event
    {
        .bounced(
            Fact.Outcome(
                recipients: [recipient], attempt: 1, peer: "", reply: "550 no", tls: nil, milliseconds: 1,
                verdict: Fact.Verdict(type: type, subType: subType, party: party, delay: "", rule: "r")))
    }

    private static func complaint(_ recipient: String, _ subType: String? = nil) -> Fact.Event {
        .complained(
            Fact.Complained(recipients: [recipient], feedbackType: "abuse", userAgent: "x", subType: subType))
    }

    @Test("hard bounces of recipients and complaints, nothing else, and twice the same is once")
    func learns() async throws {
        let house = try await GateHouse()
        let journal = Journal()
        let silent = Fact.Event.bounced(
            Fact.Outcome(recipients: ["old@x.example"], attempt: 1, peer: "", reply: "", tls: nil, milliseconds: 1))
        await journal.write(
            [
                Self.bounce("hard@x.example", "Permanent", "recipient"),
                Self.bounce("soft@x.example", "Transient", "recipient"),
                Self.bounce("us@x.example", "Permanent", "reputation"),
                Self.bounce("net@x.example", "Undetermined", "network"),
                Self.bounce("known@x.example", "Permanent", "recipient", "OnAccountSuppressionList"), silent,
                Self.complaint("angry@x.example"), Self.complaint("known@x.example", "OnAccountSuppressionList"),
                Self.bounce("bounce@simulator.amazonses.com", "Permanent", "recipient"),
            ], house.account, at: house.clock.now())
        let reader = SuppressionReader(facts: journal, cursors: journal, list: house.suppression)
        #expect(try await !reader.read())
        #expect(await journal.position == 9)
        let learnt = await house.list.all.map { "\($0.address) \($0.reason.rawValue)" }
        #expect(learnt == ["angry@x.example COMPLAINT", "hard@x.example BOUNCE"])
        let count = await house.list.facts.count
        house.clock.advance(60)
        await journal.rewind()
        #expect(try await !reader.read())
        #expect(await house.list.facts.count == count)
    }

    @Test("a complaint after a bounce is a complaint, a bounce after a complaint changes nothing")
    func upgrades() async throws {
        let house = try await GateHouse()
        let address = try Mailbox(parsing: "bob@x.example")
        for (reason, expected) in [
            (SuppressionReason.bounce, "BOUNCE"), (.complaint, "COMPLAINT"), (.bounce, "COMPLAINT"),
        ] {
            house.clock.advance(1)
            try await house.suppression.learn(
                reason, [address], message: nil, in: house.account, at: house.clock.now())
            #expect(await house.list.all.map(\.reason.rawValue) == [expected])
        }
    }

    @Test("nothing is learnt for a reason that the account does not want")
    func unwanted() async throws {
        let house = try await GateHouse()
        try await house.accounts.change(operation: "x", by: house.caller) { $0.suppressedReasons = [.complaint] }
        let address = try Mailbox(parsing: "bob@x.example")
        try await house.suppression.learn(.bounce, [address], message: nil, in: house.account, at: house.clock.now())
        #expect(await house.list.all.isEmpty)
    }
}
