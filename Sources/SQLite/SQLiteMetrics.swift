// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Mail
package import Monitoring

/// What was counted, by the minute, and where alarms stand, in `metrics.db`.
///
/// A series is its account, metric and unit; samples of 60, 300 and 3,600 seconds stand in one table, in the order in which
/// they are asked for.
package struct SQLiteMetrics: MetricStore {

    let engine: Engine

    package init(directory: String, synchronous: Engine.Synchronous) throws {
        engine = try Engine(path: "\(directory)/metrics.db", synchronous: synchronous, migrator: Self.migrator)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("001-metrics") { db in
            try db.execute(sql: schema)
            try db.execute(sql: alarmSchema)
        }
        return migrator
    }

    private static let schema = """
        CREATE TABLE series (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account TEXT NOT NULL CHECK (length(account) = 12),
            namespace TEXT NOT NULL,
            name TEXT NOT NULL,
            dimensions TEXT NOT NULL,
            unit TEXT NOT NULL,
            last BIGINT NOT NULL,
            UNIQUE (account, namespace, name, dimensions, unit)
        );
        CREATE INDEX series_namespace ON series (namespace, name, last);
        CREATE TABLE sample (
            series BIGINT NOT NULL REFERENCES series (id) ON DELETE CASCADE,
            period BIGINT NOT NULL CHECK (period IN (60, 300, 3600)),
            at BIGINT NOT NULL,
            count DOUBLE NOT NULL,
            sum DOUBLE NOT NULL,
            least DOUBLE NOT NULL,
            most DOUBLE NOT NULL,
            PRIMARY KEY (series, period, at)
        ) WITHOUT ROWID;
        CREATE TABLE reader_cursor (
            reader TEXT PRIMARY KEY,
            position BIGINT NOT NULL CHECK (position >= 0)
        );
        """

    package func position(of reader: String) async throws -> Int64 {
        try await engine.read { db in
            try Int64.fetchOne(db, sql: "SELECT position FROM reader_cursor WHERE reader = $1", arguments: [reader])
                ?? 0
        }
    }

    package func add(_ samples: [MetricSample], moving reader: MetricCursor?) async throws -> [MetricSample] {
        guard !samples.isEmpty || reader != nil else { return [] }
        return try await engine.write { db in
            // A reader that is there already was moved by somebody who counted the same facts.
            if let reader, try !Self.move(reader, db) { return [] }
            var left: [MetricSample] = []
            for sample in samples {
                guard let series = try Self.series(of: sample, db) else {
                    left.append(sample)
                    continue
                }
                try Self.add(sample.statistics, to: series, at: sample.minute, db)
            }
            return left
        }
    }

    private static func move(_ reader: MetricCursor, _ db: Database) throws -> Bool {
        try db.execute(
            sql: """
                INSERT INTO reader_cursor (reader, position) VALUES ($1, $2)
                ON CONFLICT (reader) DO UPDATE SET position = excluded.position
                WHERE excluded.position > reader_cursor.position
                """, arguments: [reader.reader, reader.position])
        return db.changesCount == 1
    }

    /// - Returns: nil where the account has no room for another.
    private static func series(of sample: MetricSample, _ db: Database) throws -> Int64? {
        let (account, metric) = (sample.account.description, sample.metric)
        let dimensions = metric.dimensionsText
        let known = try db.cachedStatement(
            sql: """
                SELECT id FROM series WHERE account = $1 AND namespace = $2 AND name = $3 AND dimensions = $4
                AND unit = $5
                """)
        if let id = try Int64.fetchOne(
            known, arguments: [account, metric.namespace, metric.name, dimensions, sample.unit])
        {
            try db.cachedStatement(sql: "UPDATE series SET last = max(last, $1) WHERE id = $2")
                .execute(arguments: [sample.minute, id])
            return id
        }
        guard try hasRoom(for: sample, db) else { return nil }
        try db.cachedStatement(
            sql: """
                INSERT INTO series (account, namespace, name, dimensions, unit, last) VALUES ($1, $2, $3, $4, $5, $6)
                """
        ).execute(arguments: [account, metric.namespace, metric.name, dimensions, sample.unit, sample.minute])
        return db.lastInsertedRowID
    }

    // Our own metrics without dimensions are few, and must be there.
    private static func hasRoom(for sample: MetricSample, _ db: Database) throws -> Bool {
        let own = [MinuteCounter.namespace, MinuteCounter.reputation]
        if sample.metric.dimensions.isEmpty, own.contains(sample.metric.namespace) { return true }
        let count = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT count(*) FROM series WHERE account = $1 AND last >= $2"),
            arguments: [sample.account.description, sample.minute - MetricLimits.retention[0].kept])
        return (count ?? 0) < MetricLimits.series
    }

    private static func add(
        _ statistics: StatisticSet, to series: Int64, period: Int64 = 60, at: Int64, _ db: Database
    ) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO sample (series, period, at, count, sum, least, most) VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (series, period, at) DO UPDATE SET count = count + excluded.count,
                sum = sum + excluded.sum, least = min(least, excluded.least), most = max(most, excluded.most)
                """
        ).execute(arguments: [
            series, period, at, statistics.count, statistics.sum, statistics.minimum, statistics.maximum,
        ])
    }
}

// MARK: - Asking

extension SQLiteMetrics {
    package func datapoints(
        of metric: Metric, unit: String?, in account: AccountID, from: Int64, to: Int64, period: Int64
    ) async throws -> [Datapoint] {
        let dimensions = metric.dimensionsText
        return try await engine.read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT at, count, sum, least, most FROM sample WHERE series IN (
                        SELECT id FROM series WHERE account = $1 AND namespace = $2 AND name = $3 AND dimensions = $4
                        AND ($5 IS NULL OR unit = $5)
                    ) AND period IN (60, 300, 3600) AND period <= $6 AND at >= $7 AND at < $8 ORDER BY at
                    """)
            return try Row.fetchAll(
                statement,
                arguments: [
                    account.description, metric.namespace, metric.name, dimensions, unit, period, from, to,
                ]
            ).map { row in
                Datapoint(
                    at: row["at"],
                    StatisticSet(count: row["count"], sum: row["sum"], minimum: row["least"], maximum: row["most"]))
            }
        }
    }

    package func units(of metric: Metric, in account: AccountID) async throws -> [String] {
        let dimensions = metric.dimensionsText
        return try await engine.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT unit FROM series WHERE account = $1 AND namespace = $2 AND name = $3 AND dimensions = $4
                    ORDER BY unit
                    """, arguments: [account.description, metric.namespace, metric.name, dimensions])
        }
    }

    package func metrics(in account: AccountID, _ filter: MetricFilter, limit: Int) async throws -> [Metric] {
        let (namespace, name, since) = (filter.namespace, filter.name, filter.since)
        let after = filter.after
        let afterText = after?.dimensionsText ?? ""
        // Dimensions are matched here, over the account's few thousand rows at most.
        let rows = try await engine.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT namespace, name, dimensions FROM series
                    WHERE account = $1 AND ($2 IS NULL OR namespace = $2) AND ($3 IS NULL OR name = $3) AND last >= $4
                    AND (namespace, name, dimensions) > ($5, $6, $7)
                    ORDER BY namespace, name, dimensions
                    """,
                arguments: [
                    account.description, namespace, name, since, after?.namespace ?? "", after?.name ?? "", afterText,
                ]
            ).map { row -> (String, String, String) in (row["namespace"], row["name"], row["dimensions"]) }
        }
        let metrics = rows.lazy.compactMap { namespace, name, text in
            Metric.dimensions(text).map { Metric(namespace, name, $0) }
        }
        return Array(metrics.filter(filter.matches).prefix(limit))
    }

    package func active(in namespace: String, _ name: String, since: Int64) async throws -> [AccountMetric] {
        try await engine.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT account, dimensions FROM series WHERE namespace = $1 AND name = $2 AND last >= $3
                    ORDER BY account, dimensions
                    """, arguments: [namespace, name, since]
            ).compactMap { row in
                guard let account = AccountID(row["account"]), let dimensions = Metric.dimensions(row["dimensions"])
                else { return nil }
                return AccountMetric(account: account, metric: Metric(namespace, name, dimensions))
            }
        }
    }
}
