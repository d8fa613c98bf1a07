// SPDX-License-Identifier: Apache-2.0

import Foundation
import Journal
import Mail
import SQLite
import Sending
import Testing

@Suite("Records of sending in postern.db")
struct SendingRecordsTests {
    /// Goes with the test that made it.
    private final class Folder: Sendable {
        let path = FileManager.default.temporaryDirectory.appending(path: "records-\(UUID().uuidString)").path()

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private let folder: Folder
    private let records: SQLiteRecords
    private let account: AccountID
    private let moment = Timestamp(seconds: 1_700_000_000)

    init() async throws {
        folder = try Folder()
        records = try SQLiteRecords(directory: folder.path, synchronous: .normal)
        account = try #require(AccountID("111122223333"))
    }

    private func fact(_ operation: String) -> Fact {
        let event = Fact.Administered(operation: operation, principal: "", resource: "", sourceAddress: "")
        return Fact(at: moment, account: account, message: nil, event: .administered(event))
    }

    private func suppressed(
        _ address: String, _ reason: SuppressionReason = .bounce, after seconds: Double = 0, message: MessageID? = nil
    ) throws -> SuppressedDestination {
        SuppressedDestination(
            account: account, address: try Mailbox(parsing: address), reason: reason, updatedAt: moment + seconds,
            message: message, feedback: message.map { _ in "f" })
    }

    @Test("a suppression list answers for many at once, pages by time, and filters")
    func suppression() async throws {
        let id = MessageID(region: "us-east-1", at: moment, random: (1, 2))
        let entries = [
            try suppressed("b@x.example"), try suppressed("a@x.example", message: id),
            try suppressed("0@x.example", .complaint, after: 1), try suppressed("d@x.example", after: 2),
        ]
        #expect(try await records.isEmpty(account))
        for entry in entries { try await records.suppress(entry, recording: fact("put")) }
        #expect(try await !records.isEmpty(account))
        let other = try #require(AccountID("444455556666"))
        #expect(try await records.isEmpty(other))
        let asked = try ["a@x.example", "A@x.example", "0@x.example", "none@x.example"].map { try Mailbox(parsing: $0) }
        #expect(Set(try await records.suppressed(asked, in: account)) == [entries[1], entries[2]])
        #expect(try await records.suppressed(asked, in: other).isEmpty)

        var selection = SuppressionSelection(account: account)
        let ordered = [entries[1], entries[0], entries[2], entries[3]]
        #expect(try await records.suppressed(selection, limit: 9) == ordered)
        var paged: [SuppressedDestination] = []
        while let next = try await records.suppressed(selection, limit: 1).first {
            paged.append(next)
            selection.after = .init(updatedAt: next.updatedAt, address: next.address.description)
        }
        #expect(paged == ordered)
        selection.after = nil
        selection.reason = .bounce
        selection.from = moment + 1
        #expect(try await records.suppressed(selection, limit: 9) == [entries[3]])
        selection.reason = nil
        selection.to = moment + 1
        #expect(try await records.suppressed(selection, limit: 9) == [entries[2]])
    }

    @Test("the same entry twice is one change and one fact; what is released is gone")
    func once() async throws {
        let entry = try suppressed("b@x.example")
        for _ in 0..<2 { try await records.suppress(entry, recording: fact("put")) }
        try await records.suppress(try suppressed("b@x.example", .complaint), recording: fact("change"))
        #expect(try await records.release(entry.address, in: account, recording: fact("release")))
        #expect(try await !records.release(entry.address, in: account, recording: fact("release")))
        #expect(try await records.facts(after: 0, limit: 9).map(\.fact) == ["put", "change", "release"].map(fact))
    }

    @Test("a record that is changed at many times keeps all of them, and a no changes nothing")
    func changes() async throws {
        _ = try await records.put("k", "n", in: account, content: [], replacing: false, recording: fact("put"))
        await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    _ = try await records.change("k", "n", in: account, recording: fact("c")) {
                        if number % 2 == 1 { throw RecordFailure.invalid("no") }
                        return $0 + [UInt8(ascii: "x")]
                    }
                }
            }
            while !group.isEmpty { _ = await group.nextResult() }
        }
        #expect(try await records.record("k", "n", in: account)?.count == 25)
        #expect(try await records.facts(after: 0, limit: 99).count == 26)
        #expect(try await records.change("k", "none", in: account, recording: nil) { $0 } == nil)
        #expect(try await records.count("k", in: account) == 1)
    }

    @Test("an identity keeps its MAIL FROM domain, and those that are due are found")
    func mailFrom() async throws {
        func identity(_ name: String, _ status: VerificationStatus?, checked: Double?) throws -> Identity {
            var identity = Identity(
                account: account, name: try IdentityName(parsing: name), createdAt: moment, verification: .success,
                verificationToken: name, dkim: nil)
            identity.feedbackForwarding = status == nil
            let domain = try Domain(parsing: "b.\(name)")
            identity.mailFrom = status.map {
                MailFrom(
                    domain: domain, status: $0, behavior: .rejectMessage, since: moment,
                    lastCheckedAt: checked.map { moment + $0 }, error: .typeNotFound)
            }
            return identity
        }
        let all = [
            try identity("a.example", .pending, checked: nil),
            try identity("b.example", .temporaryFailure, checked: 99),
            try identity("c.example", .success, checked: 1), try identity("d.example", .success, checked: 99),
            try identity("e.example", nil, checked: nil), try identity("f.example", .failed, checked: 2),
        ]
        for identity in all { try await records.create(identity, recording: fact("create")) }
        for identity in all { #expect(try await records.identity(identity.name, in: account) == identity) }
        let due = try await records.identitiesWithMailFrom(checkedBefore: moment + 50, limit: 9)
        #expect(due.map(\.name.description).sorted() == ["a.example", "b.example", "c.example", "f.example"])
    }

    @Test("facts of some kinds are found without the others, and the reader moves past those")
    func kinds() async throws {
        let bounced = Fact(
            at: moment, account: account, message: nil,
            event: .bounced(
                Fact.Outcome(recipients: ["a"], attempt: 1, peer: "", reply: "", tls: nil, milliseconds: 0)))
        for fact in [fact("1"), bounced, fact("2"), bounced, fact("3")] { try await records.record(fact) }
        let first = try await records.facts(of: [.bounced, .complained], after: 0, limit: 3)
        #expect(first == FactPage(facts: [RecordedFact(sequence: 2, fact: bounced)], last: 3, isFull: true))
        let second = try await records.facts(of: [.bounced], after: 3, limit: 3)
        #expect(second == FactPage(facts: [RecordedFact(sequence: 4, fact: bounced)], last: 5, isFull: false))
        #expect(
            try await records.facts(of: [.bounced], after: 5, limit: 3) == FactPage(facts: [], last: 5, isFull: false))
    }
}
