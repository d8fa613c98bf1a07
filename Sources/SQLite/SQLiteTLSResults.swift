// SPDX-License-Identifier: Apache-2.0

package import Delivery
import Foundation
import GRDB
package import Mail

/// What is known of strangers' TLS, in `tls.db`: counts of sessions for reports, and MTA-STS policies.
///
/// All of it can be had again, or is not missed after a power cut, so commits do not wait for the disk.
package struct SQLiteTLSResults: TLSResultStore, MTASTSStore {
    /// Rows of counts kept; beyond, the oldest span goes.
    static let maximumRows = 500_000

    private let engine: Engine

    package init(directory: String) throws {
        engine = try Engine(path: "\(directory)/tls.db", synchronous: .normal, migrator: Self.migrator)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("001-results") { db in
            // `failure` is empty for sessions that went well.
            try db.execute(
                sql: """
                    CREATE TABLE results (
                        span_start BIGINT NOT NULL,
                        domain TEXT NOT NULL,
                        policy TEXT NOT NULL,
                        failure TEXT NOT NULL,
                        sessions BIGINT NOT NULL,
                        PRIMARY KEY (span_start, domain, policy, failure)
                    )
                    """)
            try db.execute(
                sql: """
                    CREATE TABLE policies (
                        domain TEXT PRIMARY KEY,
                        edition TEXT NOT NULL,
                        content TEXT NOT NULL,
                        fetched_at BIGINT NOT NULL,
                        expires_at BIGINT NOT NULL
                    )
                    """)
            try db.execute(sql: "CREATE INDEX policies_expires_at ON policies (expires_at)")
        }
        return migrator
    }
}

// MARK: - Counts

extension SQLiteTLSResults {
    package func add(_ counts: [TLSCount]) async throws {
        let rows = try counts.map { (try Self.text($0.policy), try $0.failure.map { try Self.text($0) } ?? "", $0) }
        try await engine.write { db in
            for (policy, failure, count) in rows {
                try db.execute(
                    sql: """
                        INSERT INTO results (span_start, domain, policy, failure, sessions) VALUES ($1, $2, $3, $4, $5)
                        ON CONFLICT (span_start, domain, policy, failure)
                        DO UPDATE SET sessions = sessions + excluded.sessions
                        """,
                    arguments: [count.start.milliseconds, count.domain.description, policy, failure, count.sessions])
            }
            try Self.bound(db)
        }
    }

    private static func bound(_ db: Database) throws {
        let rows = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM results") ?? 0
        guard rows > maximumRows else { return }
        try db.execute(
            sql: """
                DELETE FROM results WHERE span_start = (SELECT MIN(span_start) FROM results)
                AND span_start < (SELECT MAX(span_start) FROM results)
                """)
    }

    package func domains(before moment: Timestamp) async throws -> [(start: Timestamp, domain: Domain)] {
        try await engine.read { db in
            try Row.fetchAll(
                db,
                sql:
                    "SELECT DISTINCT span_start, domain FROM results WHERE span_start < $1 ORDER BY span_start, domain",
                arguments: [moment.milliseconds]
            ).compactMap { row in
                let name: String = row["domain"]
                guard let domain = try? Domain(parsing: name) else { return nil }
                return (Timestamp(milliseconds: row["span_start"]), domain)
            }
        }
    }

    package func counts(of domain: Domain, from start: Timestamp) async throws -> [TLSCount] {
        try await engine.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT policy, failure, sessions FROM results WHERE span_start = $1 AND domain = $2
                    ORDER BY policy, sessions DESC, failure LIMIT 10000
                    """, arguments: [start.milliseconds, domain.description]
            ).map { row in
                let failure: String = row["failure"]
                return TLSCount(
                    start: start, domain: domain, policy: try Self.value(row["policy"]),
                    failure: failure.isEmpty ? nil : try Self.value(failure), sessions: row["sessions"])
            }
        }
    }

    package func remove(_ domain: Domain, from start: Timestamp) async throws {
        try await engine.write {
            try $0.execute(
                sql: "DELETE FROM results WHERE span_start = $1 AND domain = $2",
                arguments: [start.milliseconds, domain.description])
        }
    }

    private static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        // The text is part of the key: equal values must be written alike.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func value<Value: Decodable>(_ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
}

// MARK: - Policies

extension SQLiteTLSResults {
    package func policy(of domain: Domain) async throws -> MTASTSStored? {
        try await engine.read { db in
            try Row.fetchOne(
                db, sql: "SELECT edition, content, fetched_at, expires_at FROM policies WHERE domain = $1",
                arguments: [domain.description]
            ).map { row in
                MTASTSStored(
                    id: row["edition"], text: row["content"], fetchedAt: Timestamp(milliseconds: row["fetched_at"]),
                    expiresAt: Timestamp(milliseconds: row["expires_at"]))
            }
        }
    }

    package func keep(_ policy: MTASTSStored, of domain: Domain) async throws {
        try await engine.write {
            try $0.execute(
                sql: """
                    INSERT INTO policies (domain, edition, content, fetched_at, expires_at) VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT (domain) DO UPDATE SET edition = excluded.edition, content = excluded.content,
                    fetched_at = excluded.fetched_at, expires_at = excluded.expires_at
                    """,
                arguments: [
                    domain.description, policy.id, policy.text, policy.fetchedAt.milliseconds,
                    policy.expiresAt.milliseconds,
                ])
        }
    }

    package func removePolicies(expiredBefore moment: Timestamp) async throws {
        try await engine.write {
            try $0.execute(sql: "DELETE FROM policies WHERE expires_at < $1", arguments: [moment.milliseconds])
        }
    }
}
