// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Mail
package import Queue

extension SQLiteSpool: Spool {
    static let deliveryColumns = """
        d.id, d.message, d.recipients, d.attempts, d.due_at, d.last_reply, d.held_by, d.held_why, m.accepted_at,
        m.expires_at
        """

    static func insert(_ delivery: PendingDelivery, in lane: Int64, _ db: Database) throws -> Int64 {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO delivery (message, lane, recipients, attempts, due_at, last_reply)
                VALUES ($1, $2, $3, $4, $5, $6)
                """)
        try statement.execute(arguments: [
            delivery.message.description, lane, text(delivery.recipients), delivery.attempts,
            delivery.dueAt.milliseconds, delivery.lastReply,
        ])
        return db.lastInsertedRowID
    }

    package func lanes(dueBefore moment: Timestamp, after place: Int64, limit: Int) async throws -> LanePage {
        try await engine.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT l.*, n, first, due FROM (
                        SELECT lane, count(*) AS n, min(due_at) AS first, sum(due_at <= $1) AS due
                        FROM delivery WHERE held_by IS NULL AND lane > $2 GROUP BY lane ORDER BY lane LIMIT $3
                    ) JOIN lane l ON l.id = lane ORDER BY lane
                    """, arguments: [moment.milliseconds, place, limit])
            let last: Int64? = rows.count < limit ? nil : rows.last?["id"]
            var held = try Self.held(after: place, upTo: last ?? .max, db)
            let counts = try rows.map { row in
                LaneCount(
                    lane: try LaneIDs.lane(row), count: row["n"], nextDue: Timestamp(milliseconds: row["first"]),
                    held: held.removeValue(forKey: row["id"])?.held ?? 0, due: row["due"])
            }
            return LanePage(lanes: counts + held.sorted { $0.key < $1.key }.map(\.value), next: last)
        }
    }

    // Lanes of which something is held.
    private static func held(after place: Int64, upTo last: Int64, _ db: Database) throws -> [Int64: LaneCount] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT l.*, n FROM (
                    SELECT lane, count(*) AS n FROM delivery
                    WHERE held_by IS NOT NULL AND lane > $1 AND lane <= $2 GROUP BY lane
                ) JOIN lane l ON l.id = lane
                """, arguments: [place, last])
        let counts = try rows.map { row in
            (row["id"] as Int64, LaneCount(lane: try LaneIDs.lane(row), count: 0, nextDue: nil, held: row["n"]))
        }
        return Dictionary(uniqueKeysWithValues: counts)
    }

    package func due(_ reads: [LaneRead], at moment: Timestamp) async throws -> [LaneRows] {
        let lanes = lanes
        return try await engine.read { db in
            try reads.map { read in
                guard let lane = try lanes.id(of: read.lane, db) else {
                    return LaneRows(read: read, due: [], nextDue: nil)
                }
                return try Self.due(read, lane, moment, db)
            }
        }
    }

    // One row more than asked for tells when the next is due; where there is none, it is due in the future.
    private static func due(_ read: LaneRead, _ lane: Int64, _ moment: Timestamp, _ db: Database) throws -> LaneRows {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(deliveryColumns) FROM delivery d JOIN message m ON m.id = d.message
                WHERE d.lane = $1 AND d.due_at <= $2 AND d.held_by IS NULL ORDER BY d.due_at, d.id LIMIT $3
                """)
        let rows = try Row.fetchAll(statement, arguments: [lane, moment.milliseconds, read.limit + 1])
        let due = try rows.prefix(read.limit).map { try delivery($0, in: read.lane) }
        if rows.count > read.limit, let next = rows.last {
            return LaneRows(read: read, due: due, nextDue: Timestamp(milliseconds: next["due_at"]))
        }
        let next = try db.cachedStatement(
            sql: "SELECT min(due_at) FROM delivery WHERE lane = $1 AND due_at > $2 AND held_by IS NULL")
        let milliseconds = try Int64.fetchOne(next, arguments: [lane, moment.milliseconds])
        return LaneRows(read: read, due: due, nextDue: milliseconds.map { Timestamp(milliseconds: $0) })
    }

    package func expired(at moment: Timestamp, limit: Int) async throws -> [PendingDelivery] {
        try await engine.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Self.deliveryColumns), l.account, l.destination, l.pool, l.identity, l.bulky
                    FROM message m JOIN delivery d ON d.message = m.id JOIN lane l ON l.id = d.lane
                    WHERE m.expires_at <= $1 ORDER BY m.expires_at LIMIT $2
                    """, arguments: [moment.milliseconds, limit]
            ).map { try Self.delivery($0, in: try LaneIDs.lane($0)) }
        }
    }

    package func settle(_ settlement: Settlement, departure: Departure?) async throws {
        let prepared = Facts.prepare(settlement.facts)
        let message = settlement.delivery.message
        let lanes = lanes
        let (finished, found) = try await engine.write { db -> (Finished, LaneIDs.Found) in
            if let departure { try Self.add(departure, db) }
            let found = try settlement.retry?.lane.map { try lanes.ids(of: [$0], db) } ?? LaneIDs.Found()
            try Self.change(settlement, in: found, db)
            guard db.changesCount > 0 else { return (.no, found) }
            try Facts.insert(prepared, db)
            return (settlement.retry == nil ? try Self.removeIfSettled(message, db) : .no, found)
        }
        if !found.ids.isEmpty { lanes.remember(found) }
        guard case .yes(let file) = finished else { return }
        recent.remove(message)
        if let file { bodies.remove(file) }
    }

    package func waiting() async throws -> [String: Int] {
        try await engine.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT destination, sum(n) AS n
                    FROM (SELECT lane, count(*) AS n FROM delivery GROUP BY lane) JOIN lane l ON l.id = lane
                    GROUP BY destination
                    """)
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["destination"], $0["n"]) })
        }
    }

    // Both name the message too: a settlement can never reach another one's delivery.
    private static func change(_ settlement: Settlement, in lanes: LaneIDs.Found, _ db: Database) throws {
        let delivery = settlement.delivery
        guard let retry = settlement.retry else {
            return try db.cachedStatement(sql: "DELETE FROM delivery WHERE id = $1 AND message = $2")
                .execute(arguments: [delivery.id, delivery.message.description])
        }
        let statement = try db.cachedStatement(
            sql: """
                UPDATE delivery SET recipients = $1, attempts = $2, due_at = $3, last_reply = $4,
                lane = coalesce($5, lane) WHERE id = $6 AND message = $7
                """)
        try statement.execute(arguments: [
            text(retry.recipients), settlement.attempts, retry.dueAt.milliseconds, retry.lastReply,
            retry.lane.flatMap { lanes.ids[$0] }, delivery.id, delivery.message.description,
        ])
    }

    /// Whether a message is gone with its last delivery, and the file that its body was in.
    enum Finished: Sendable {
        case no
        case yes(file: String?)
    }

    static func removeIfSettled(_ message: MessageID, _ db: Database) throws -> Finished {
        let statement = try db.cachedStatement(
            sql: """
                DELETE FROM message WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM delivery WHERE message = $1)
                RETURNING body_file
                """)
        let gone = try Row.fetchOne(statement, arguments: [message.description])
        return gone.map { .yes(file: $0["body_file"]) } ?? .no
    }

    static func delivery(_ row: Row, in lane: Lane) throws -> PendingDelivery {
        let id: String = row["message"]
        let recipients: String = row["recipients"]
        guard let message = MessageID(parsing: id) else {
            throw SpoolFailure.unavailable("a delivery row cannot be read")
        }
        let heldBy: String? = row["held_by"]
        let heldWhy: String? = row["held_why"]
        return PendingDelivery(
            id: row["id"], message: message, lane: lane,
            recipients: try recipients.split(separator: "\n").map { try Mailbox(parsing: $0) },
            attempts: row["attempts"], dueAt: Timestamp(milliseconds: row["due_at"]),
            acceptedAt: Timestamp(milliseconds: row["accepted_at"]),
            expiresAt: Timestamp(milliseconds: row["expires_at"]), lastReply: row["last_reply"],
            hold: heldBy.map { Hold(by: $0, reason: heldWhy ?? "") })
    }

    private static func text(_ recipients: [Mailbox]) -> String {
        recipients.map(\.description).joined(separator: "\n")
    }
}
