// SPDX-License-Identifier: Apache-2.0

import GRDB
import Mail
package import Trail

/// The local trail in `trail.db`, a file of its own so that its disk never holds up the spool's. Every commit is synced.
///
/// A data event costs its row and its name; only management events are found by what `LookupEvents` knows.
package struct SQLiteTrail: TrailStore {
    let engine: Engine

    package init(directory: String) throws {
        engine = try Engine(path: "\(directory)/trail.db", synchronous: .full, migrator: Self.migrator)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("001-trail") { db in for sql in schema { try db.execute(sql: sql) } }
        return migrator
    }

    package func append(_ records: [TrailRecord], from stream: String, upTo position: Int64) async throws {
        try await engine.write { db in
            var volumes: [TrailRecord.Category: TrailVolume] = [:]
            for record in records where try Self.insert(record, db) {
                volumes[record.category, default: .none].add(record)
            }
            for (category, volume) in volumes {
                try Self.measure(category, records: volume.records, octets: volume.octets, db)
            }
            try db.execute(
                sql: """
                    INSERT INTO read_position (stream, position) VALUES ($1, $2)
                    ON CONFLICT (stream) DO UPDATE SET position = max(position, excluded.position)
                    """, arguments: [stream, position])
        }
    }

    package func position(in stream: String) async throws -> Int64 {
        try await engine.read {
            try Int64.fetchOne($0, sql: "SELECT position FROM read_position WHERE stream = $1", arguments: [stream])
        } ?? 0
    }

    package func records(after sequence: Int64, limit: Int) async throws -> [StoredTrailRecord] {
        try await engine.read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT \(Self.columns) FROM record WHERE sequence > $1 ORDER BY sequence LIMIT $2")
            return try Self.read(try Row.fetchCursor(statement, arguments: [sequence, max(0, limit)]), db)
        }
    }

    // Whether it was not there yet.
    private static func insert(_ record: TrailRecord, _ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO record (id, at, account, category, source, name, read_only, user_name, access_key, json)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING
                """)
        try statement.execute(
            arguments: [
                record.id, record.at.milliseconds, record.account.description, record.category.rawValue, record.source,
                record.name, record.isReadOnly, record.userName, record.accessKeyID, record.json,
            ])
        guard db.changesCount > 0 else { return false }
        guard record.category == .management else { return true }
        let sequence = db.lastInsertedRowID
        for resource in record.resources {
            try db.cachedStatement(
                sql: """
                    INSERT INTO record_resource (sequence, type, name, account, at) VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT (sequence, type, name) DO NOTHING
                    """
            ).execute(
                arguments: [
                    sequence, resource.type, resource.name, record.account.description, record.at.milliseconds,
                ])
        }
        return true
    }

    static func measure(_ category: TrailRecord.Category, records: Int, octets: Int, _ db: Database) throws {
        try db.cachedStatement(
            sql: "UPDATE volume SET records = records + $1, octets = octets + $2 WHERE category = $3"
        ).execute(arguments: [records, octets, category.rawValue])
    }
}

// MARK: - Rows

extension SQLiteTrail {
    private static let schema = [
        """
        CREATE TABLE record (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL,
            at BIGINT NOT NULL,
            account TEXT NOT NULL CHECK (length(account) = 12),
            category TEXT NOT NULL CHECK (category IN ('Management', 'Data')),
            source TEXT NOT NULL,
            name TEXT NOT NULL,
            read_only BIGINT NOT NULL,
            user_name TEXT,
            access_key TEXT,
            json TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE record_resource (
            sequence BIGINT NOT NULL REFERENCES record (sequence) ON DELETE CASCADE,
            type TEXT NOT NULL,
            name TEXT NOT NULL,
            account TEXT NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (sequence, type, name)
        ) WITHOUT ROWID
        """,
        "CREATE TABLE read_position (stream TEXT PRIMARY KEY, position BIGINT NOT NULL)",
        // Kept beside the records, because nobody can count millions of them for a metric.
        "CREATE TABLE volume (category TEXT PRIMARY KEY, records BIGINT NOT NULL, octets BIGINT NOT NULL)",
        "INSERT INTO volume (category, records, octets) VALUES ('Management', 0, 0), ('Data', 0, 0)",
        // A send has one fact, so only the acts of the house have to be told apart.
        "CREATE UNIQUE INDEX record_id ON record (id) WHERE category = 'Management'",
        index("time", "account, at"), index("name", "account, name, at"), index("source", "account, source, at"),
        index("user", "account, user_name, at"), index("key", "account, access_key, at"),
        index("read_only", "account, read_only, at"),
        "CREATE INDEX record_resource_name ON record_resource (account, name, at, sequence)",
        "CREATE INDEX record_resource_type ON record_resource (account, type, at, sequence)",
    ]

    private static func index(_ name: String, _ columns: String) -> String {
        "CREATE INDEX record_\(name) ON record (\(columns)) WHERE category = 'Management'"
    }

    static let columns = """
        record.sequence, id, record.at, record.account, category, source, record.name, read_only, user_name, access_key,
        json
        """

    // Columns by their place: looking for their names costs more than reading them.
    static func read(_ rows: RowCursor, _ db: Database) throws -> [StoredTrailRecord] {
        var records: [StoredTrailRecord] = []
        while let row = try rows.next() {
            guard let account = AccountID(row[3] as String), let category = TrailRecord.Category(rawValue: row[4])
            else { continue }
            let record = TrailRecord(
                id: row[1], at: Timestamp(milliseconds: row[2]), account: account, category: category,
                source: row[5], name: row[6], isReadOnly: row[7], userName: row[8], accessKeyID: row[9],
                resources: category == .management ? try resources(of: row[0], db) : [], json: row[10])
            records.append(StoredTrailRecord(sequence: row[0], record: record))
        }
        return records
    }

    private static func resources(of sequence: Int64, _ db: Database) throws -> [TrailRecord.Resource] {
        let statement = try db.cachedStatement(
            sql: "SELECT type, name FROM record_resource WHERE sequence = $1 ORDER BY type, name")
        return try Row.fetchAll(statement, arguments: [sequence]).map { .init(type: $0["type"], name: $0["name"]) }
    }
}
