// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Mail
package import Queue

extension SQLiteSpool {
    static func insert(_ delivery: PendingDelivery, _ db: Database) throws -> Int64 {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO delivery (message, site, recipients, attempts, due_at, last_reply)
                VALUES ($1, $2, $3, $4, $5, $6)
                """)
        try statement.execute(arguments: [
            delivery.message.description, delivery.site, text(delivery.recipients), delivery.attempts,
            delivery.dueAt.milliseconds, delivery.lastReply,
        ])
        return db.lastInsertedRowID
    }

    package func due(at moment: Timestamp, limit: Int, excluding: Set<Int64>) async throws -> [PendingDelivery] {
        try await engine.read { db in
            // The window is bounded, so reading past what is excluded is bounded too.
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT d.id, d.message, d.site, d.recipients, d.attempts, d.due_at, d.last_reply,
                        m.account, m.accepted_at, m.expires_at
                    FROM delivery d JOIN message m ON m.id = d.message
                    WHERE d.due_at <= $1 ORDER BY d.due_at, d.id
                    """, arguments: [moment.milliseconds])
            var found: [PendingDelivery] = []
            while found.count < limit, let row = try rows.next() {
                if !excluding.contains(row[0]) { found.append(try Self.delivery(row)) }
            }
            return found
        }
    }

    package func nextDue(excluding: Set<Int64>) async throws -> Timestamp? {
        try await engine.read { db in
            let rows = try Row.fetchCursor(db, sql: "SELECT id, due_at FROM delivery ORDER BY due_at, id")
            while let row = try rows.next() {
                if !excluding.contains(row[0]) { return Timestamp(milliseconds: row["due_at"]) }
            }
            return nil
        }
    }

    package func settle(_ settlement: Settlement) async throws {
        let prepared = Facts.prepare(settlement.facts)
        let finished = try await engine.write { db -> String? in
            try Self.change(settlement, db)
            guard db.changesCount > 0 else { return nil }
            try Facts.insert(prepared, db)
            return settlement.retry == nil ? try Self.removeIfSettled(settlement.delivery.message, db) : nil
        }
        if let finished { bodies.remove(finished) }
    }

    package func waiting() async throws -> [String: Int] {
        try await engine.read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT site, count(*) AS n FROM delivery GROUP BY site")
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["site"], $0["n"]) })
        }
    }

    // Both name the message too: a settlement can never reach another one's delivery.
    private static func change(_ settlement: Settlement, _ db: Database) throws {
        let delivery = settlement.delivery
        guard let retry = settlement.retry else {
            return try db.cachedStatement(sql: "DELETE FROM delivery WHERE id = $1 AND message = $2")
                .execute(arguments: [delivery.id, delivery.message.description])
        }
        let statement = try db.cachedStatement(
            sql: """
                UPDATE delivery SET recipients = $1, attempts = $2, due_at = $3, last_reply = $4
                WHERE id = $5 AND message = $6
                """)
        try statement.execute(arguments: [
            text(retry.recipients), delivery.attempts + 1, retry.dueAt.milliseconds, retry.lastReply, delivery.id,
            delivery.message.description,
        ])
    }

    /// Removes a message that has no delivery left.
    /// - Returns: its body file.
    private static func removeIfSettled(_ message: MessageID, _ db: Database) throws -> String? {
        let id = message.description
        let others = try db.cachedStatement(sql: "SELECT 1 FROM delivery WHERE message = $1 LIMIT 1")
        guard try Row.fetchOne(others, arguments: [id]) == nil else { return nil }
        let file = try String.fetchOne(
            try db.cachedStatement(sql: "SELECT body_file FROM message WHERE id = $1"), arguments: [id])
        try db.cachedStatement(sql: "DELETE FROM message WHERE id = $1").execute(arguments: [id])
        return file
    }

    private static func delivery(_ row: Row) throws -> PendingDelivery {
        let id: String = row["message"]
        let recipients: String = row["recipients"]
        guard let message = MessageID(parsing: id), let account = AccountID(row["account"]) else {
            throw SpoolFailure.unavailable("a delivery row cannot be read")
        }
        return PendingDelivery(
            id: row["id"], message: message, account: account, site: row["site"],
            recipients: try recipients.split(separator: "\n").map { try Mailbox(parsing: $0) },
            attempts: row["attempts"],
            dueAt: Timestamp(milliseconds: row["due_at"]), acceptedAt: Timestamp(milliseconds: row["accepted_at"]),
            expiresAt: Timestamp(milliseconds: row["expires_at"]), lastReply: row["last_reply"])
    }

    private static func text(_ recipients: [Mailbox]) -> String {
        recipients.map(\.description).joined(separator: "\n")
    }
}
