// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Mail
package import Queue

/// What the queue learned, and what cold addresses have sent, over a restart.
extension SQLiteSpool {
    private static let anywhere = "*"

    static func add(_ departure: Departure, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO departure (day, address, site, messages) VALUES ($1, $2, $3, $4)
                ON CONFLICT (day, address, site) DO UPDATE SET messages = messages + excluded.messages
                """)
        try statement.execute(arguments: [departure.day, departure.address, departure.site, departure.messages])
    }

    package func keep(_ lessons: [KeptLesson]) async throws {
        try await engine.write { db in
            for lesson in lessons {
                // One of a kind: what closes a path stands in place of what closed it before.
                let kind: String =
                    switch lesson.act {
                    case .closed: "closed"
                    case .connections: "connections"
                    case .rate: "rate"
                    }
                try db.cachedStatement(
                    sql: """
                        INSERT OR REPLACE INTO lesson (site, address, kind, act, until, rule, reply)
                        VALUES ($1, $2, $3, $4, $5, $6, $7)
                        """
                ).execute(arguments: [
                    lesson.site, lesson.address ?? Self.anywhere, kind, lesson.actText, lesson.until.milliseconds,
                    lesson.rule, lesson.reply,
                ])
            }
        }
    }

    package func recall(at moment: Timestamp) async throws -> (lessons: [KeptLesson], departures: [Departure]) {
        try await engine.write { db in
            try db.execute(sql: "DELETE FROM lesson WHERE until <= $1", arguments: [moment.milliseconds])
            try db.execute(sql: "DELETE FROM departure WHERE day < $1", arguments: [moment.day])
            let lessons = try Row.fetchAll(db, sql: "SELECT * FROM lesson ORDER BY until").compactMap(Self.lesson)
            let departures = try Row.fetchAll(db, sql: "SELECT * FROM departure").map { row in
                Departure(day: row["day"], address: row["address"], site: row["site"], messages: row["messages"])
            }
            return (lessons, departures)
        }
    }

    private static func lesson(_ row: Row) -> KeptLesson? {
        let address: String = row["address"]
        return KeptLesson.act(parsing: row["act"]).map { act in
            KeptLesson(
                address: address == anywhere ? nil : address, site: row["site"], act: act,
                until: Timestamp(milliseconds: row["until"]), rule: row["rule"], reply: row["reply"])
        }
    }

    package func orphans(after message: MessageID?, limit: Int) async throws
        -> (found: [MessageID], next: MessageID?)
    {
        try await engine.read { db in
            let after = message?.description ?? ""
            let last = try String.fetchOne(
                db, sql: "SELECT id FROM message WHERE id > $1 ORDER BY id LIMIT 1 OFFSET $2",
                arguments: [after, limit])
            let found = try String.fetchAll(
                db,
                sql: """
                    SELECT id FROM message m WHERE id > $1 AND ($2 IS NULL OR id <= $2)
                        AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.message = m.id) LIMIT 100
                    """, arguments: [after, last])
            return (found.compactMap { MessageID(parsing: $0) }, last.flatMap { MessageID(parsing: $0) })
        }
    }

    /// Removes lanes that hold nothing any more.
    package func sweepLanes() async throws {
        let lanes = lanes
        try await engine.write { try lanes.removeEmpty($0) }
    }
}
