// SPDX-License-Identifier: Apache-2.0

import Foundation
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

        func write(_ events: [Fact.Event], of message: MessageID? = nil, _ account: AccountID, at moment: Timestamp) {
            for event in events {
                let fact = Fact(at: moment, account: account, message: message, event: event)
                recorded.append(RecordedFact(sequence: Int64(recorded.count + 1), fact: fact))
            }
        }

        func rewind() { position = 0 }

        func history(_ message: MessageID) -> [Fact] { recorded.map(\.fact).filter { $0.message == message } }

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

    private static func reader(of journal: Journal, _ house: GateHouse) -> SuppressionReader {
        SuppressionReader(
            facts: journal, cursors: journal, list: house.suppression,
            sent: .init(
                configurationSets: house.sets, identity: { try await house.identities.identity($0, in: $1) },
                history: { await journal.history($0) }))
    }

    /// Another account, whose identity is always sent with its set `fixed`, which wants nobody learnt.
    private static func addPartner(to house: GateHouse) async throws {
        let partner = try GateHouse.account("444455556666")
        var identity = Identity(
            account: partner, name: try IdentityName(parsing: "partner.example"), createdAt: house.clock.now(),
            verification: .success, verificationToken: "t", dkim: nil)
        identity.configurationSet = "fixed"
        try await house.identities.create(identity, recording: house.fact)
        var set = ConfigurationSet(name: "fixed", createdAt: house.clock.now())
        set.suppressedReasons = []
        _ = try await house.records.put(
            ConfigurationSet.kind, set.name, in: partner, content: Array(try JSONEncoder().encode(set)),
            replacing: false, recording: house.fact)
    }

    private static func accepted(_ identity: String, _ configurationSet: String?) -> Fact.Event {
        .accepted(
            Fact.Accepted(
                door: "api", principal: "p", reversePath: "", from: "", recipients: [], identity: identity, size: 1,
                sourceAddress: "", configurationSet: configurationSet))
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
        let reader = Self.reader(of: journal, house)
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

    @Test(
        "a configuration set's reasons take the place of the account's; a set that says nothing, or is gone, leaves it",
        arguments: [
            ("both", "111122223333", ["angry COMPLAINT", "hard BOUNCE"]),
            ("complaints", "111122223333", ["angry COMPLAINT"]),
            ("none", "111122223333", []), ("silent", "111122223333", ["hard BOUNCE"]),
            ("gone", "111122223333", ["hard BOUNCE"]), (nil, "111122223333", ["hard BOUNCE"]),
            // Another account's identity: that account's set where it has fixed it there, else the sender's own.
            ("complaints", "444455556666", ["angry COMPLAINT"]), ("fixed", "444455556666", []),
        ])
    func setOverrides(_ set: String?, _ identityOwner: String, _ expected: [String]) async throws {
        let house = try await GateHouse()
        try await house.accounts.change(operation: "x", by: house.caller) { $0.suppressedReasons = [.bounce] }
        for (name, reasons) in [
            ("both", [SuppressionReason.bounce, .complaint]), ("complaints", [.complaint]), ("none", []),
            ("silent", nil),
        ] {
            try await house.set(name) { $0.suppressedReasons = reasons }
        }
        try await Self.addPartner(to: house)
        let message = MessageID(region: "us-east-1", at: house.clock.now(), random: (1, 1))
        let journal = Journal()
        let identity = identityOwner == "111122223333" ? "example.com" : "partner.example"
        await journal.write(
            [
                Self.accepted("arn:aws:ses:us-east-1:\(identityOwner):identity/\(identity)", set),
                Self.bounce("hard@x.example", "Permanent", "recipient"), Self.complaint("angry@x.example"),
            ], of: message, house.account, at: house.clock.now())
        #expect(try await !Self.reader(of: journal, house).read())
        let learnt = await house.list.all.map { "\($0.address.localPart) \($0.reason.rawValue)" }
        #expect(learnt == expected)
        #expect(await house.list.all.allSatisfy { $0.account == house.account })
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
