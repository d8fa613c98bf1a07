// SPDX-License-Identifier: Apache-2.0

package import Delivery
import Foundation
import GRDB
import Mail

/// Captured mail in `inbox.db`; the newest `capacity` messages are kept.
package struct SQLiteInbox: Inbox {
    private let engine: Engine
    private let capacity: Int

    package init(directory: String, capacity: Int) throws {
        self.capacity = capacity
        engine = try Engine(path: "\(directory)/inbox.db", synchronous: .full, migrator: Self.migrator)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("001-captured") { db in
            try db.execute(
                sql: """
                    CREATE TABLE captured (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        message TEXT NOT NULL,
                        account TEXT NOT NULL,
                        captured_at BIGINT NOT NULL,
                        reverse_path TEXT NOT NULL,
                        recipients TEXT NOT NULL,
                        sender TEXT NOT NULL,
                        subject TEXT NOT NULL,
                        size BIGINT NOT NULL,
                        content BLOB NOT NULL,
                        UNIQUE (message, recipients)
                    )
                    """)
        }
        return migrator
    }

    package func keep(_ message: CapturedMessage) async throws {
        let summary = message.summary
        let capacity = capacity
        try await engine.write { db in
            try db.execute(
                sql: """
                    INSERT INTO captured (message, account, captured_at, reverse_path, recipients, sender, subject, size, content)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (message, recipients) DO NOTHING
                    """,
                arguments: [
                    summary.message.description, summary.account.description, summary.capturedAt.milliseconds,
                    summary.reversePath, summary.recipients.joined(separator: "\n"), summary.from, summary.subject,
                    summary.size, Data(message.content),
                ])
            try db.execute(
                sql: "DELETE FROM captured WHERE id <= $1", arguments: [db.lastInsertedRowID - Int64(capacity)])
        }
    }

    private static let columns = "id, message, account, captured_at, reverse_path, recipients, sender, subject, size"

    package func messages(before: Int64?, limit: Int, search: String?) async throws -> [CapturedSummary] {
        let pattern = "%" + (search ?? "").flatMap { "%_\\".contains($0) ? ["\\", $0] : [$0] } + "%"
        return try await engine.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Self.columns) FROM captured WHERE id < $1 AND (sender LIKE $2 ESCAPE '\\'
                    OR recipients LIKE $3 ESCAPE '\\' OR subject LIKE $4 ESCAPE '\\') ORDER BY id DESC LIMIT $5
                    """, arguments: [before ?? .max, pattern, pattern, pattern, limit])
            return rows.compactMap { Self.summary($0) }
        }
    }

    package func message(_ id: Int64) async throws -> CapturedMessage? {
        try await engine.read { db in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM captured WHERE id = $1", arguments: [id]),
                let summary = Self.summary(row)
            else { return nil }
            let content: Data = row["content"]
            return CapturedMessage(summary: summary, content: Array(content))
        }
    }

    package func deleteAll() async throws {
        try await engine.write { try $0.execute(sql: "DELETE FROM captured") }
    }

    private static func summary(_ row: Row) -> CapturedSummary? {
        let recipients: String = row["recipients"]
        guard let message = MessageID(parsing: row["message"]), let account = AccountID(row["account"]) else {
            return nil
        }
        return CapturedSummary(
            id: row["id"], message: message, account: account, capturedAt: Timestamp(milliseconds: row["captured_at"]),
            reversePath: row["reverse_path"], recipients: recipients.split(separator: "\n").map(String.init),
            from: row["sender"], subject: row["subject"], size: row["size"])
    }
}
