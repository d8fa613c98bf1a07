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

    // An event begins with its name, so what is not asked for is passed over without being decoded.
    static func of(
        _ kinds: Set<Fact.Event.Kind>, after sequence: Int64, limit: Int, _ db: Database
    ) throws -> FactPage {
        let names = kinds.map { "event GLOB '{\"\($0.rawValue)\":*'" }.sorted().joined(separator: " OR ")
        let statement = try db.cachedStatement(
            sql: """
                SELECT sequence, at, account, message, CASE WHEN \(names) THEN event END
                FROM fact WHERE sequence > $1 ORDER BY sequence LIMIT $2
                """)
        var (facts, seen, last) = ([RecordedFact](), 0, sequence)
        let rows = try Row.fetchCursor(statement, arguments: [sequence, limit])
        while let row = try rows.next() {
            (seen, last) = (seen + 1, row[0])
            if !row.hasNull(atIndex: 4), let fact = try fact(row) { facts.append(fact) }
        }
        return FactPage(facts: facts, last: last, isFull: seen == limit)
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
            if let fact = try fact(row) { facts.append(fact) }
        }
        return facts
    }

    // Columns by their place: looking for their names costs more than reading them.
    private static func fact(_ row: Row) throws -> RecordedFact? {
        guard let account = AccountID(row[2] as String) else { return nil }
        let message: String? = row[3]
        return RecordedFact(
            sequence: row[0],
            fact: Fact(
                at: Timestamp(milliseconds: row[1]), account: account,
                message: message.flatMap { MessageID(parsing: $0) }, event: try Fact.Event(json: row[4])))
    }
}
