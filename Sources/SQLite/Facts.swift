// SPDX-License-Identifier: Apache-2.0

import Foundation
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

    static func after(_ sequence: Int64, limit: Int, _ db: Database) throws -> [RecordedFact] {
        let rows = try Row.fetchAll(
            db,
            sql:
                "SELECT sequence, at, account, message, event FROM fact WHERE sequence > $1 ORDER BY sequence LIMIT $2",
            arguments: [sequence, limit])
        return try read(rows)
    }

    // An event begins with its name, so what is not asked for is passed over without being decoded.
    static func of(
        _ kinds: Set<Fact.Event.Kind>, after sequence: Int64, limit: Int, _ db: Database
    ) throws -> FactPage {
        let window = try Row.fetchOne(
            db,
            sql: """
                SELECT max(sequence) AS last, count(*) AS seen FROM
                (SELECT sequence FROM fact WHERE sequence > $1 ORDER BY sequence LIMIT $2)
                """, arguments: [sequence, limit])
        guard let window, let last: Int64 = window["last"] else {
            return FactPage(facts: [], last: sequence, isFull: false)
        }
        let names = kinds.map { "event GLOB '{\"\($0.rawValue)\":*'" }.sorted().joined(separator: " OR ")
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT sequence, at, account, message, event FROM fact WHERE sequence > $1 AND sequence <= $2
                AND (\(names)) ORDER BY sequence
                """, arguments: [sequence, last])
        return FactPage(facts: try read(rows), last: last, isFull: window["seen"] == limit)
    }

    /// What a timeline shows at most.
    private static let longestTimeline = 1_000

    /// Everything about one message, oldest first.
    static func about(_ message: MessageID, _ db: Database) throws -> [Fact] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT sequence, at, account, message, event FROM fact WHERE message = $1 ORDER BY sequence LIMIT $2
                """)
        let rows = try Row.fetchAll(statement, arguments: [message.description, longestTimeline])
        return try read(rows).map(\.fact)
    }

    static func read(_ rows: [Row]) throws -> [RecordedFact] {
        let decoder = JSONDecoder()
        return try rows.compactMap { row in
            guard let account = AccountID(row["account"]) else { return nil }
            let text: String = row["event"]
            let message: String? = row["message"]
            return RecordedFact(
                sequence: row["sequence"],
                fact: Fact(
                    at: Timestamp(milliseconds: row["at"]), account: account,
                    message: message.flatMap { MessageID(parsing: $0) },
                    event: try decoder.decode(Fact.Event.self, from: Data(text.utf8))))
        }
    }
}
