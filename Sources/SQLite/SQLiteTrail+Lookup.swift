// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Mail
package import Trail

// MARK: - LookupEvents

extension SQLiteTrail {
    /// Records that one question is answered with at most.
    package static let longestAnswer = 1_000

    package func lookup(_ query: TrailQuery) async throws -> [StoredTrailRecord] {
        try await engine.read { db in
            let (table, condition, value) = Self.parts(of: query.attribute)
            var sql = "SELECT \(Self.columns) FROM \(table)"
            // Only what stands in the SQL as it is can show SQLite that its partial indexes serve.
            sql += " WHERE record.category = 'Management' AND \(Self.time(table)).account = ?"
            var arguments: StatementArguments = [query.account.description]
            if let value {
                sql += " AND \(condition) = ?"
                arguments += [value]
            }
            sql += " AND \(Self.time(table)).at >= ? AND \(Self.time(table)).at <= ?"
            arguments += [query.from.milliseconds, query.to.milliseconds]
            if let before = query.before { try Self.add(before, Self.time(table), to: &sql, &arguments, db) }
            sql += " ORDER BY \(Self.time(table)).at DESC, \(Self.time(table)).sequence DESC LIMIT ?"
            arguments += [min(max(0, query.limit), Self.longestAnswer)]
            return try Self.read(try Row.fetchCursor(db, sql: sql, arguments: arguments), db)
        }
    }

    // Older than that one: two streams have no common order, so its place is its moment first.
    private static func add(
        _ before: Int64, _ table: String, to sql: inout String, _ arguments: inout StatementArguments, _ db: Database
    ) throws {
        if let at = try Int64.fetchOne(db, sql: "SELECT at FROM record WHERE sequence = $1", arguments: [before]) {
            sql += " AND (\(table).at, \(table).sequence) < (?, ?)"
            arguments += [at, before]
        } else {
            sql += " AND \(table).sequence < ?"
            arguments += [before]
        }
    }

    private static let resource = "record_resource JOIN record ON record.sequence = record_resource.sequence"

    private static func time(_ table: String) -> String { table == resource ? "record_resource" : "record" }

    private static func parts(
        of attribute: TrailQuery.Attribute?
    ) -> (table: String, condition: String, value: (any DatabaseValueConvertible)?) {
        switch attribute {
        case nil: ("record", "", nil)
        case .eventID(let id): ("record", "record.id", id)
        case .eventName(let name): ("record", "record.name", name)
        case .readOnly(let isReadOnly): ("record", "record.read_only", isReadOnly)
        case .userName(let name): ("record", "record.user_name", name)
        case .eventSource(let source): ("record", "record.source", source)
        case .accessKeyID(let key): ("record", "record.access_key", key)
        case .resourceType(let type): (resource, "record_resource.type", type)
        case .resourceName(let name): (resource, "record_resource.name", name)
        }
    }
}

// MARK: - Volume and age

/// How much of one class of records there is.
package struct TrailVolume: Hashable, Sendable {
    package private(set) var records: Int
    /// Of the records' texts.
    package private(set) var octets: Int

    static let none = Self(records: 0, octets: 0)

    package init(records: Int, octets: Int) {
        self.records = records
        self.octets = octets
    }

    mutating func add(_ record: TrailRecord) {
        records += 1
        octets += record.json.utf8.count
    }
}

extension SQLiteTrail {
    private static let piece = 5_000

    package func volume(of category: TrailRecord.Category) async throws -> TrailVolume {
        try await engine.read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT records, octets FROM volume WHERE category = $1", arguments: [category.rawValue])
            return TrailVolume(records: row?["records"] ?? 0, octets: row?["octets"] ?? 0)
        }
    }

    /// Removes records whose time is over and which every reader has passed, so many in one transaction that no other
    /// write waits long.
    /// - Parameters:
    ///   - moment: records from before it go.
    ///   - last: the sequence of the last record that may go.
    /// - Returns: how many went.
    @discardableResult
    package func prune(_ category: TrailRecord.Category, before moment: Timestamp, upTo last: Int64) async throws -> Int
    {
        var (done, removed) = (Int64(0), 0)
        while let end = try await window(after: done, upTo: last, before: moment) {
            removed += try await remove(category, after: done, upTo: end, before: moment)
            done = end
        }
        return removed
    }

    // The end of the next records of whatever class; nil where there are none, or all are younger: so are those behind
    // them, but for what a slow stream brought late, which another night finds.
    private func window(after done: Int64, upTo last: Int64, before moment: Timestamp) async throws -> Int64? {
        try await engine.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT max(sequence) AS end, min(at) AS oldest FROM
                    (SELECT sequence, at FROM record WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3)
                    """, arguments: [done, last, Self.piece])
            guard let end: Int64 = row?["end"], let oldest: Int64 = row?["oldest"], oldest < moment.milliseconds else {
                return nil
            }
            return end
        }
    }

    private func remove(
        _ category: TrailRecord.Category, after done: Int64, upTo end: Int64, before moment: Timestamp
    ) async throws -> Int {
        let range = "sequence > $1 AND sequence <= $2 AND category = $3 AND at < $4"
        let arguments: [any DatabaseValueConvertible & Sendable] = [
            done, end, category.rawValue, moment.milliseconds,
        ]
        let (count, octets) = try await engine.read { db in
            let row = try Row.fetchOne(
                db,
                sql: "SELECT count(*) AS n, sum(length(CAST(json AS BLOB))) AS octets FROM record WHERE \(range)",
                arguments: StatementArguments(arguments))
            return ((row?["n"] ?? 0) as Int, (row?["octets"] ?? 0) as Int)
        }
        guard count > 0 else { return 0 }
        try await engine.write { db in
            try db.execute(sql: "DELETE FROM record WHERE \(range)", arguments: StatementArguments(arguments))
            try Self.measure(category, records: -count, octets: -octets, db)
        }
        return count
    }
}
