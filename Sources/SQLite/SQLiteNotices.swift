// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
package import Mail
package import Notify
import Queue

/// What waits to be told to subscribers, in `notices.db`: one row a publication, one a notice of it.
package struct SQLiteNotices: NoticeStore {
    private let engine: Engine

    package init(directory: String) throws {
        engine = try Engine(path: "\(directory)/notices.db", synchronous: .full, migrator: Self.migrator)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("001-notices") { db in
            try db.execute(
                sql: """
                    CREATE TABLE publication (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        content TEXT NOT NULL
                    );
                    CREATE TABLE notice (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        subscription TEXT NOT NULL CHECK (length(subscription) > 0),
                        publication BIGINT NOT NULL REFERENCES publication (id),
                        attempts BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0),
                        due_at BIGINT NOT NULL
                    );
                    CREATE INDEX notice_subscription ON notice (subscription, due_at, id);
                    CREATE INDEX notice_publication ON notice (publication);
                    """)
        }
        return migrator
    }

    package func enqueue(
        _ publication: Publication, for subscriptions: [SubscriptionARN], limit: Int
    ) async throws -> [SubscriptionARN] {
        let content = String(decoding: try JSONEncoder().encode(publication), as: UTF8.self)
        let due = publication.at.milliseconds
        return try await engine.write { db in
            var full: [SubscriptionARN] = []
            try db.execute(sql: "INSERT INTO publication (content) VALUES ($1)", arguments: [content])
            let id = db.lastInsertedRowID
            let count = try db.cachedStatement(
                sql: "SELECT count(*) FROM (SELECT 1 FROM notice WHERE subscription = $1 LIMIT $2)")
            let insert = try db.cachedStatement(
                sql: "INSERT INTO notice (subscription, publication, due_at) VALUES ($1, $2, $3)")
            for subscription in subscriptions {
                let name = subscription.description
                guard try Int.fetchOne(count, arguments: [name, limit]) ?? 0 < limit else {
                    full.append(subscription)
                    continue
                }
                try insert.execute(arguments: [name, id, due])
            }
            try Self.forget(id, db)
            return full
        }
    }

    // From one subscription's rows to the next, so that a long queue of one costs nothing; then the head of each.
    private static let heads = """
        WITH RECURSIVE waiting (name) AS (
            SELECT min(subscription) FROM notice
            UNION ALL
            SELECT (SELECT min(subscription) FROM notice WHERE subscription > name) FROM waiting WHERE name IS NOT NULL
        )
        SELECT notice.id, notice.subscription FROM waiting JOIN notice ON notice.id =
            (SELECT id FROM notice WHERE subscription = name AND due_at <= $1 ORDER BY due_at, id LIMIT 1)
        ORDER BY notice.due_at, notice.id
        """

    package func due(at moment: Timestamp, except busy: Set<SubscriptionARN>, limit: Int) async throws -> [Notice] {
        let names = Set(busy.map(\.description))
        return try await engine.read { db in
            let rows = try Row.fetchAll(db, sql: Self.heads, arguments: [moment.milliseconds])
            let wanted = Self.inTurns(rows.filter { !names.contains($0["subscription"]) }).prefix(max(limit, 0))
            return try wanted.compactMap { try Self.notice($0["id"], db) }
        }
    }

    // The oldest of each account, then the second of each: who has many keeps nobody waiting.
    private static func inTurns(_ heads: [Row]) -> [Row] {
        var seen: [String: Int] = [:]
        let ranked = heads.enumerated().map { index, row in
            let subscription: String = row["subscription"]
            let account = SubscriptionARN(subscription)?.topic.account.description ?? ""
            defer { seen[account, default: 0] += 1 }
            return (rank: seen[account, default: 0], index: index, row: row)
        }
        return ranked.sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }.map(\.row)
    }

    package func postpone(_ id: Int64, attempts: Int, to moment: Timestamp) async throws {
        try await engine.write { db in
            try db.execute(
                sql: "UPDATE notice SET attempts = $1, due_at = $2 WHERE id = $3",
                arguments: [attempts, moment.milliseconds, id])
        }
    }

    package func settle(_ id: Int64) async throws {
        try await engine.write { db in
            let publication = try Int64.fetchOne(
                db, sql: "SELECT publication FROM notice WHERE id = $1", arguments: [id])
            try db.execute(sql: "DELETE FROM notice WHERE id = $1", arguments: [id])
            if let publication { try Self.forget(publication, db) }
        }
    }

    package func waiting() async throws -> Int {
        try await engine.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notice") ?? 0 }
    }

    // A publication goes with its last notice.
    private static func forget(_ publication: Int64, _ db: Database) throws {
        try db.execute(
            sql: "DELETE FROM publication WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM notice WHERE publication = $1)",
            arguments: [publication])
    }

    private static func notice(_ id: Int64, _ db: Database) throws -> Notice? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT subscription, attempts, due_at, content FROM notice
                JOIN publication ON publication.id = notice.publication WHERE notice.id = $1
                """, arguments: [id])
        guard let row else { return nil }
        let (name, content): (String, String) = (row["subscription"], row["content"])
        guard let subscription = SubscriptionARN(name) else {
            throw SpoolFailure.unavailable("a notice is for no subscription")
        }
        return Notice(
            id: id, subscription: subscription, attempts: row["attempts"],
            dueAt: Timestamp(milliseconds: row["due_at"]),
            publication: try JSONDecoder().decode(Publication.self, from: Data(content.utf8)))
    }
}
