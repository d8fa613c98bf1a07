// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Journal
package import Mail

/// The trail as a log: an account's management events by their moments. Sends are the mail's own log's to tell of.
package struct SQLiteTrailLog: AccountLog {
    private let trail: SQLiteTrail

    package init(_ trail: SQLiteTrail) { self.trail = trail }

    // Only what stands in the SQL as it is can show SQLite that its partial index serves.
    private static let condition = "category = 'Management' AND account = ?"

    package func page(_ query: LogQuery) async throws -> LogPage {
        let (sign, order) = query.isBackward ? ("<", "DESC") : (">", "ASC")
        var sql = "SELECT sequence, id, at, json FROM record WHERE \(Self.condition) AND at >= ? AND at < ?"
        var arguments: StatementArguments = [
            query.account.description, query.from.milliseconds, query.to.milliseconds,
        ]
        if let place = query.place {
            sql += " AND (at, sequence) \(sign) (?, ?)"
            arguments += [place.at, place.sequence]
        }
        sql += " ORDER BY at \(order), sequence \(order) LIMIT ?"
        // One more shows whether there is more.
        arguments += [query.limit + 1]
        return try await trail.engine.read { [sql, arguments] db in
            var (found, octets) = ([LogEntry](), 0)
            let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
            while octets <= query.octets, let row = try rows.next() {
                // In a damaged file anything may stand in any column.
                guard let at = Int64.fromDatabaseValue(row["at"]), let id = String.fromDatabaseValue(row["id"]),
                    let text = String.fromDatabaseValue(row["json"])
                else { continue }
                let entry = LogEntry(
                    id: id, at: Timestamp(milliseconds: at), place: LogPlace(at: at, sequence: row["sequence"]),
                    text: text)
                octets += entry.text.utf8.count
                found.append(entry)
            }
            return LogPage(found, for: query, isLast: octets <= query.octets)
        }
    }

    package func range(of account: AccountID) async throws -> ClosedRange<Timestamp>? {
        try await trail.engine.read { db in
            func end(_ order: String) throws -> Int64? {
                try Int64.fetchOne(
                    db, sql: "SELECT at FROM record WHERE \(Self.condition) ORDER BY at \(order) LIMIT 1",
                    arguments: [account.description])
            }
            guard let first = try end("ASC"), let last = try end("DESC") else { return nil }
            return Timestamp(milliseconds: first)...Timestamp(milliseconds: last)
        }
    }
}
