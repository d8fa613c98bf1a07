// SPDX-License-Identifier: Apache-2.0

import Foundation
import Journal
import Mail
import Queue
import SQLite
import Testing

@Suite("The index of messages, in SQLite")
final class MessageIndexTests {
    private static let ours = AccountID("111122223333")!
    private static let theirs = AccountID("444455556666")!
    private static let start = Timestamp(seconds: 1_700_000_000)
    private let directory = FileManager.default.temporaryDirectory.appending(path: "index-\(UUID().uuidString)").path
    private let spool: SQLiteSpool
    private let records: SQLiteRecords
    private var count: UInt64 = 0

    init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        spool = try SQLiteSpool(directory: directory, reserve: 0, synchronous: .normal)
        records = try SQLiteRecords(directory: directory, synchronous: .normal)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func open() throws -> SQLiteMessageIndex {
        try SQLiteMessageIndex(directory: directory, spool: spool, records: records)
    }

    private func read(_ index: SQLiteMessageIndex) async throws { while try await index.read() {} }

    /// A message accepted so many seconds after the start.
    private func accept(
        at seconds: Double, to recipients: [String] = ["bob@example.net"], from sender: String = "shop@example.com",
        envelope: String? = nil, tags: [String: String] = [:], in account: AccountID = ours
    ) async throws -> MessageID {
        count += 1
        let moment = Self.start + seconds
        let id = MessageID(region: "eu-west-1", at: moment, random: (count, count))
        let event = Fact.Accepted(
            door: "smtp", principal: "arn:aws:iam::\(account):root", reversePath: envelope.map { "<\($0)>" } ?? sender,
            from: sender,
            recipients: recipients, identity: "", size: 10, sourceAddress: "192.0.2.1", tags: tags,
            call: .init(
                request: "session", source: "ses.amazonaws.com", name: "SendRawEmail", identity: "{}", userName: nil,
                accessKeyID: nil, agent: ""))
        try await spool.record([Fact(at: moment, account: account, message: id, event: .accepted(event))])
        return id
    }

    private func note(_ kind: Fact.Event.Kind, _ id: MessageID, at seconds: Double) async throws {
        let outcome = Fact.Outcome(
            recipients: ["bob@example.net"], attempt: 1, peer: "", reply: "250 ok", tls: nil, milliseconds: 1)
        let event: Fact.Event =
            switch kind {
            case .delivered: .delivered(outcome)
            case .deferred: .deferred(outcome)
            case .complained: .complained(.init(recipients: ["bob@example.net"], feedbackType: "abuse", userAgent: ""))
            default: .bounced(outcome)
            }
        try await spool.record([Fact(at: Self.start + seconds, account: Self.ours, message: id, event: event)])
    }

    private func query(_ change: (inout MessageQuery) -> Void = { _ in }) -> MessageQuery {
        var query = MessageQuery(account: Self.ours, from: Self.start, to: Self.start + 86_400)
        change(&query)
        return query
    }

    private func ids(_ index: SQLiteMessageIndex, _ change: (inout MessageQuery) -> Void = { _ in }) async throws
        -> [MessageID]
    { try await index.find(query(change)).messages.map(\.id) }

    @Test("a message is found by each of its people, their domains, its tags, its outcome and its time")
    func finding() async throws {
        let index = try open()
        let first = try await accept(at: 0, to: ["Bob@example.net", "carl@example.org"], tags: ["kind": "bill"])
        let second = try await accept(
            at: 4_000, to: ["\"a b\"@example.net"], from: "news@example.com", envelope: "bounces@mail.example.com")
        let third = try await accept(at: 8_000, in: Self.theirs)
        try await note(.deferred, first, at: 10)
        try await note(.bounced, first, at: 20)
        try await note(.delivered, second, at: 4_001)
        try await read(index)
        func people(_ text: String) throws -> Correspondent { try Correspondent(parsing: text) }

        #expect(try await ids(index) == [second, first])
        #expect(try await ids(index) { $0.account = nil } == [third, second, first])
        #expect(try await ids(index) { $0.account = Self.theirs } == [third])
        let bob = try people("Bob@EXAMPLE.net")
        let small = try people("bob@example.net")
        #expect(try await ids(index) { $0.recipient = bob } == [first])
        #expect(try await ids(index) { $0.recipient = small } == [])
        let quoted = try people("\"a b\"@example.net")
        let net = try people("@Example.NET")
        #expect(try await ids(index) { $0.recipient = quoted } == [second])
        #expect(try await ids(index) { $0.recipient = net } == [second, first])
        for sender in ["news@example.com", "bounces@mail.example.com", "@mail.example.com"] {
            let sender = try people(sender)
            #expect(try await ids(index) { $0.sender = sender } == [second])
        }
        #expect(try await ids(index) { $0.tags = [.init(name: "kind", value: "bill")] } == [first])
        #expect(try await ids(index) { $0.tags = [.init(name: "kin", value: "dbill")] } == [])
        #expect(try await ids(index) { $0.outcomes = [.bounced] } == [first])
        #expect(try await ids(index) { $0.outcomes = [.bounced, .deferred] } == [first])
        #expect(try await ids(index) { $0.outcomes = [.bounced, .delivered] } == [])
        #expect(try await ids(index) { ($0.recipient, $0.outcomes) = (net, [.delivered]) } == [second])
        #expect(try await ids(index) { $0.from = Self.start + 0.001 } == [second])
        #expect(try await ids(index) { $0.to = Self.start + 3_999.999 } == [first])
        #expect(try await ids(index) { $0.id = first } == [first])
        #expect(try await ids(index) { $0.id = third } == [])
        #expect(try await index.find(query()).messages.map(\.outcomes) == [[.delivered], [.deferred, .bounced]])
    }

    @Test("pages follow one another through times and accounts without gap or repetition")
    func paging() async throws {
        let index = try open()
        var all: [MessageID] = []
        for number in 0..<23 {
            all.append(
                try await accept(at: Double(number) * 60, in: number.isMultiple(of: 3) ? Self.theirs : Self.ours))
        }
        try await read(index)
        for size in [1, 4, 23, 30] {
            var (seen, before): ([MessageID], MessageID?) = ([], nil)
            repeat {
                let page = try await index.find(query { ($0.account, $0.limit, $0.before) = (nil, size, before) })
                #expect(page.messages.count <= size)
                seen += page.messages.map(\.id)
                before = page.next
            } while before != nil && seen.count <= all.count
            #expect(seen == all.reversed())
        }
    }

    @Test("what is read twice, or after a restart, or from the start again, stands once")
    func restarts() async throws {
        let id = try await accept(at: 0)
        try await read(try open())
        let later = try await accept(at: 1)
        try await note(.delivered, id, at: 2)
        let index = try open()
        #expect(try await index.behind() == 2)
        try await read(index)
        try await read(index)
        #expect(try await index.behind() == 0)
        #expect(try await ids(index) == [later, id])
        for file in ["messages.db", "messages.db-wal", "messages.db-shm"] {
            try? FileManager.default.removeItem(atPath: "\(directory)/\(file)")
        }
        let fresh = try open()
        try await read(fresh)
        #expect(try await ids(fresh) == [later, id])
        #expect(try await ids(fresh) { $0.outcomes = [.delivered] } == [id])
    }

    @Test("a story has the facts of both outboxes in the order of their times")
    func story() async throws {
        let index = try open()
        let id = try await accept(at: 0)
        try await note(.bounced, id, at: 5)
        let learned = Fact(
            at: Self.start + 6, account: Self.ours, message: id,
            event: .administered(
                .init(
                    operation: "ses:PutSuppressedDestination", principal: "postern", resource: "bob@example.net",
                    sourceAddress: "")))
        try await records.record(learned)
        try await note(.complained, id, at: 9)
        for (moment, session, account) in [
            (-1.0, "session", Self.ours), (-2, "other", Self.ours), (7, "session", Self.ours),
            (-3, "session", Self.theirs),
        ] {
            let call = Fact.Call(
                request: session, source: "ses.amazonaws.com", name: "SmtpAuthenticate", identity: "{}", userName: nil,
                accessKeyID: nil, agent: "")
            try await spool.record([
                Fact(
                    at: Self.start + moment, account: account, message: nil,
                    event: .signedIn(.init(door: "smtp", call: call, sourceAddress: "192.0.2.1")))
            ])
        }
        try await read(index)
        let story = try await index.story(of: id)
        #expect(story.map(\.event.kind) == [.signedIn, .accepted, .bounced, .administered, .complained])
        #expect(story.first?.at == Self.start + -1)
        let unknown = MessageID(region: "eu-west-1", at: Self.start, random: (99, 99))
        #expect(try await index.story(of: unknown) == [])
    }

    @Test("a question that is too wide is refused")
    func wide() async throws {
        let index = try open()
        await #expect(throws: MessageSearchFailure.self) {
            _ = try await index.find(query { $0.to = Self.start + MessageQuery.longestRange + 1 })
        }
    }

    @Test("more entries than a page may look at end it early, and it goes on")
    func bounds() async throws {
        let index = try open()
        var facts: [Fact] = []
        for number in 0..<UInt64(20_100) {
            let moment = Self.start + Double(number) * 0.1
            let id = MessageID(region: "eu-west-1", at: moment, random: (number, number))
            let event = Fact.Accepted(
                door: "ses", principal: "", reversePath: "<>", from: number == 0 ? "rare@example.com" : "a@example.com",
                recipients: ["bob@example.net"], identity: "", size: 1, sourceAddress: "")
            facts.append(Fact(at: moment, account: Self.ours, message: id, event: .accepted(event)))
        }
        try await spool.record(facts)
        try await read(index)
        let rare = try Correspondent(parsing: "@example.com")
        let tag = try Correspondent(parsing: "bob@example.net")
        // Everything but the rarest term is passed over, entry by entry.
        let both = query { ($0.recipient, $0.sender) = (tag, try? Correspondent(parsing: "rare@example.com")) }
        let first = try await index.find(both)
        #expect(first.messages.isEmpty && first.next != nil)
        let second = try await index.find(
            query { ($0.recipient, $0.sender, $0.before) = (tag, both.sender, first.next) })
        #expect(second.messages.count == 1 && second.next == nil)
        #expect(try await ids(index) { ($0.sender, $0.limit) = (rare, 5) }.count == 5)
    }
}
