// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Journal
package import Mail

/// The facts of mail as a log: what happened to messages, and which sends were refused, in the order of their commits.
///
/// The facts have no index by time or account. They were committed as they happened, so where a time begins is found by
/// halving; and a page looks through so many facts of everybody's at most.
package struct SQLiteMailLog: AccountLog {
    /// Facts that one page looks through.
    package static let longest: Int64 = 20_000
    /// Milliseconds by which a fact may be older than one that was committed before it.
    private static let disorder: Int64 = 600_000

    private let spool: SQLiteSpool

    package init(_ spool: SQLiteSpool) { self.spool = spool }

    package func page(_ query: LogQuery) async throws -> LogPage {
        try await spool.engine.read { db in
            var first = try Self.first(from: query.from.milliseconds - Self.disorder, db)
            var last = try Self.first(from: query.to.milliseconds + Self.disorder, db) - 1
            if let place = query.place {
                // Strangers write places: one beyond all facts is not even counted on from.
                guard query.isBackward ? place.sequence > first : place.sequence < last else {
                    return LogPage(entries: [], looked: nil, isLast: true)
                }
                if query.isBackward {
                    last = min(last, place.sequence - 1)
                } else {
                    first = max(first, place.sequence + 1)
                }
            }
            guard first <= last else { return LogPage(entries: [], looked: nil, isLast: true) }
            let isLast = last - first < Self.longest
            if !isLast {
                if query.isBackward { first = last - Self.longest + 1 } else { last = first + Self.longest - 1 }
            }
            let (found, isCut) = try Self.entries(first...last, query, db)
            let end = LogPlace(at: 0, sequence: query.isBackward ? first : last)
            return LogPage(found, for: query, end: isCut ? nil : end, isLast: isLast && !isCut)
        }
    }

    package func range(of account: AccountID) async throws -> ClosedRange<Timestamp>? {
        try await spool.engine.read { db in
            func end(_ order: String) throws -> Int64? {
                try Int64.fetchOne(db, sql: "SELECT at FROM fact ORDER BY sequence \(order) LIMIT 1")
            }
            guard let first = try end("ASC"), let last = try end("DESC") else { return nil }
            return Timestamp(milliseconds: min(first, last))...Timestamp(milliseconds: max(first, last))
        }
    }

    private static func entries(
        _ range: ClosedRange<Int64>, _ query: LogQuery, _ db: Database
    ) throws -> (found: [LogEntry], isCut: Bool) {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT sequence, at, message, event FROM fact WHERE sequence BETWEEN ? AND ? AND account = ?
                AND at >= ? AND at < ? AND (message IS NOT NULL OR event GLOB '{"refused":*')
                ORDER BY sequence \(query.isBackward ? "DESC" : "ASC") LIMIT ?
                """,
            arguments: [
                range.lowerBound, range.upperBound, query.account.description, query.from.milliseconds,
                query.to.milliseconds, query.limit + 1,
            ])
        var (found, octets) = ([LogEntry](), 0)
        while let row = try rows.next() {
            let sequence: Int64 = row["sequence"]
            // In a damaged file anything may stand in any column.
            guard let at = Int64.fromDatabaseValue(row["at"]), let event = String.fromDatabaseValue(row["event"]) else {
                continue
            }
            let entry = LogEntry(
                id: "\(sequence)", at: Timestamp(milliseconds: at), place: LogPlace(at: at, sequence: sequence),
                text: text(at, query.account, String.fromDatabaseValue(row["message"]), event))
            octets += entry.text.utf8.count
            found.append(entry)
            if octets > query.octets { return (found, true) }
        }
        return (found, found.count > query.limit)
    }

    /// An event is an object of one member, named as the event is: `{"delivered":{…}}`. What else is known goes first.
    private static func text(_ at: Int64, _ account: AccountID, _ message: String?, _ event: String) -> String {
        let name = event.utf8.dropFirst(2).prefix { $0 != UInt8(ascii: "\"") }
        var text = "{\"time\":\"\(Timestamp(milliseconds: at))\",\"accountId\":\"\(account)\","
        if let message { text += "\"messageId\":\"\(message)\"," }
        return text + "\"event\":\"\(String(decoding: name, as: UTF8.self))\"," + event.dropFirst()
    }

    /// The number of the first fact of this moment or later; one more than the last's where there is none.
    private static func first(from moment: Int64, _ db: Database) throws -> Int64 {
        let ends = try Row.fetchOne(db, sql: "SELECT min(sequence), max(sequence) FROM fact")
        guard var low: Int64 = ends?[0], let newest: Int64 = ends?[1] else { return 1 }
        let statement = try db.cachedStatement(
            sql: "SELECT at FROM fact WHERE sequence >= $1 ORDER BY sequence LIMIT 1")
        var high = newest + 1
        while low < high {
            let middle = low + (high - low) / 2
            guard let at = try Int64.fetchOne(statement, arguments: [middle]) else { return high }
            if at < moment { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
