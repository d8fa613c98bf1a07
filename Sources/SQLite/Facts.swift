// SPDX-License-Identifier: Apache-2.0

import GRDB
import Journal
import Mail

/// A database's outbox: the table of facts that each change is committed with.
enum Facts {
    static let schema = """
        CREATE TABLE fact (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            at BIGINT NOT NULL,
            account TEXT NOT NULL CHECK (length(account) = 12),
            message TEXT,
            event TEXT NOT NULL
        )
        """

    /// A fact made ready off the writer's thread.
    struct Prepared: Sendable {
        let at: Int64
        let account: String
        let message: String?
        let event: String
    }

    static func prepare(_ facts: [Fact]) -> [Prepared] {
        facts.map { fact in
            Prepared(
                at: fact.at.milliseconds, account: fact.account.description, message: fact.message?.description,
                event: fact.event.json)
        }
    }

    static func insert(_ facts: [Prepared], _ db: Database) throws {
        guard !facts.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: "INSERT INTO fact (at, account, message, event) VALUES ($1, $2, $3, $4)")
        for fact in facts { try statement.execute(arguments: [fact.at, fact.account, fact.message, fact.event]) }
    }

    static let columns = "sequence, at, account, message, event"

    static func after(_ sequence: Int64, limit: Int, _ db: Database) throws -> [RecordedFact] {
        let statement = try db.cachedStatement(
            sql: "SELECT \(columns) FROM fact WHERE sequence > $1 ORDER BY sequence LIMIT $2")
        return try read(statement, [sequence, limit])
    }

    static func of(
        _ kinds: Set<Fact.Event.Kind>, after sequence: Int64, limit: Int, _ db: Database
    ) throws -> FactPage {
        let statement = try db.cachedStatement(
            sql: """
                SELECT sequence, at, account, message, \(event(of: kinds))
                FROM fact WHERE sequence > $1 ORDER BY sequence LIMIT $2
                """)
        var (facts, seen, last) = ([RecordedFact](), 0, sequence)
        let rows = try Row.fetchCursor(statement, arguments: [sequence, limit])
        while let row = try rows.next() {
            (seen, last) = (seen + 1, row[0])
            guard !row.hasNull(atIndex: 4) else { continue }
            let fact = fact(row)
            if kinds.contains(fact.fact.event.kind) { facts.append(fact) }
        }
        return FactPage(facts: facts, last: last, isFull: seen == limit)
    }

    // An event begins with its name, so what is not asked for is passed over without being decoded. What cannot be read
    // may begin with anything: whoever asks for it gets all that is nothing else.
    private static func event(of kinds: Set<Fact.Event.Kind>) -> String {
        func begins(_ kinds: some Sequence<Fact.Event.Kind>) -> String {
            kinds.map { "event GLOB '{\"\($0.rawValue)\":*'" }.sorted().joined(separator: " OR ")
        }
        guard kinds.contains(.unreadable) else { return "CASE WHEN \(begins(kinds)) THEN event END" }
        let others = Set(Fact.Event.Kind.allCases).subtracting(kinds)
        return others.isEmpty ? "event" : "CASE WHEN \(begins(others)) THEN NULL ELSE event END"
    }

    /// What a timeline shows at most.
    private static let longestTimeline = 1_000

    /// Everything about one message, oldest first.
    static func about(_ message: MessageID, _ db: Database) throws -> [Fact] {
        let statement = try db.cachedStatement(
            sql: "SELECT \(columns) FROM fact WHERE message = $1 ORDER BY sequence LIMIT $2")
        return try read(statement, [message.description, longestTimeline]).map(\.fact)
    }

    static func read(_ statement: Statement, _ arguments: StatementArguments) throws -> [RecordedFact] {
        var facts: [RecordedFact] = []
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        while let row = try rows.next() {
            facts.append(fact(row))
        }
        return facts
    }

    // Columns by their place: looking for their names costs more than reading them.
    // A damaged file may hold a value of any type in any column, which must neither stop a reader nor the server.
    private static func fact(_ row: Row) -> RecordedFact {
        let account = String.fromDatabaseValue(row[2]).flatMap(AccountID.init)
        let message = String.fromDatabaseValue(row[3])
        let text = String.fromDatabaseValue(row[4])
        var event = text.map { Fact.Event(stored: $0) } ?? .unreadable(.init(reason: "it is no text"))
        if account == nil { event = .unreadable(.init(reason: "its account is none")) }
        return RecordedFact(
            sequence: row[0],
            fact: Fact(
                at: Timestamp(milliseconds: Int64.fromDatabaseValue(row[1]) ?? 0), account: account ?? .nobody,
                message: message.flatMap { MessageID(parsing: $0) }, event: event))
    }
}
