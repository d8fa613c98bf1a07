// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
package import Mail
package import Monitoring

/// Where alarms stand and stood.
extension SQLiteMetrics: AlarmStore {
    /// Seconds.
    static let historyKept: Int64 = 30 * 86_400

    static let alarmSchema = """
        CREATE TABLE alarm_status (
            account TEXT NOT NULL CHECK (length(account) = 12),
            name TEXT NOT NULL,
            content TEXT NOT NULL,
            PRIMARY KEY (account, name)
        ) WITHOUT ROWID;
        CREATE TABLE alarm_history (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account TEXT NOT NULL CHECK (length(account) = 12),
            alarm TEXT NOT NULL,
            type TEXT NOT NULL,
            at BIGINT NOT NULL,
            kind TEXT NOT NULL,
            summary TEXT NOT NULL,
            data TEXT NOT NULL
        );
        CREATE INDEX alarm_history_account ON alarm_history (account, at);
        CREATE INDEX alarm_history_alarm ON alarm_history (account, alarm, at);
        CREATE INDEX alarm_history_at ON alarm_history (at);
        """

    package func statuses(in account: AccountID) async throws -> [String: AlarmStatus] {
        try await engine.read { db in
            var statuses: [String: AlarmStatus] = [:]
            let rows = try Row.fetchCursor(
                db, sql: "SELECT name, content FROM alarm_status WHERE account = $1",
                arguments: [account.description])
            while let row = try rows.next() { statuses[row["name"]] = try Self.status(row["content"]) }
            return statuses
        }
    }

    package func status(of alarm: String, in account: AccountID) async throws -> AlarmStatus? {
        try await engine.read { db in
            try String.fetchOne(
                db, sql: "SELECT content FROM alarm_status WHERE account = $1 AND name = $2",
                arguments: [account.description, alarm]
            ).map(Self.status)
        }
    }

    package func keep(
        _ status: AlarmStatus?, of alarm: String, in account: AccountID, history: [AlarmHistoryItem]
    ) async throws {
        let content = try status.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        try await engine.write { db in
            if let content {
                try db.execute(
                    sql: """
                        INSERT INTO alarm_status (account, name, content) VALUES ($1, $2, $3)
                        ON CONFLICT (account, name) DO UPDATE SET content = excluded.content
                        """, arguments: [account.description, alarm, content])
            }
            for item in history {
                try db.execute(
                    sql: """
                        INSERT INTO alarm_history (account, alarm, type, at, kind, summary, data)
                        VALUES ($1, $2, $3, $4, $5, $6, $7)
                        """,
                    arguments: [
                        account.description, item.alarm, item.type, item.at.milliseconds, item.kind.rawValue,
                        item.summary, item.data,
                    ])
            }
        }
    }

    package func forget(_ alarm: String, in account: AccountID) async throws {
        try await engine.write { db in
            try db.execute(
                sql: "DELETE FROM alarm_status WHERE account = $1 AND name = $2",
                arguments: [account.description, alarm])
        }
    }

    package func history(
        in account: AccountID, _ filter: AlarmHistoryFilter, after place: AlarmHistoryPlace?, limit: Int
    ) async throws -> AlarmHistoryPage {
        let (sign, order) = filter.newestFirst ? ("<", "DESC") : (">", "ASC")
        let types = filter.types.count == 1 ? filter.types.first : nil
        let sql = """
            SELECT id, alarm, type, at, kind, summary, data FROM alarm_history
            WHERE account = $1 AND ($2 IS NULL OR alarm = $2) AND ($3 IS NULL OR type = $3)
            AND ($4 IS NULL OR kind = $4) AND at >= $5 AND at <= $6 AND ($7 IS NULL OR (at, id) \(sign) ($7, $8))
            ORDER BY at \(order), id \(order) LIMIT $9
            """
        // One more shows whether there is more.
        return try await engine.read { db in
            let rows = try Row.fetchAll(
                db, sql: sql,
                arguments: [
                    account.description, filter.alarm, types, filter.kind?.rawValue, filter.from.milliseconds,
                    filter.to.milliseconds, place?.at.milliseconds, place?.number, limit + 1,
                ])
            let shown = rows.prefix(limit)
            let next = rows.count > limit ? shown.last.map(Self.place) : nil
            return AlarmHistoryPage(items: shown.compactMap(Self.item), next: next)
        }
    }

    private static func place(_ row: Row) -> AlarmHistoryPlace {
        AlarmHistoryPlace(at: Timestamp(milliseconds: row["at"]), number: row["id"])
    }

    private static func item(_ row: Row) -> AlarmHistoryItem? {
        guard let kind = AlarmHistoryItem.Kind(rawValue: row["kind"]) else { return nil }
        return AlarmHistoryItem(
            alarm: row["alarm"], type: row["type"], at: Timestamp(milliseconds: row["at"]), kind: kind,
            summary: row["summary"], data: row["data"])
    }

    private static func status(_ content: String) throws -> AlarmStatus {
        try JSONDecoder().decode(AlarmStatus.self, from: Data(content.utf8))
    }
}
