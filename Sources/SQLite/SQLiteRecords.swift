// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
package import Journal
package import Mail
package import Sending

/// Everything that is not mail, in `postern.db`: identities, readers' positions, and this file's own facts.
package struct SQLiteRecords: IdentityStore, CursorStore, FactStream {
    package let name = "records"
    package let engine: Engine
    private let path: String

    package init(directory: String, synchronous: Engine.Synchronous) throws {
        path = "\(directory)/postern.db"
        engine = try Engine(path: path, synchronous: synchronous, migrator: Self.migrator)
    }

    /// Makes the file forget what was overwritten: the free parts of its pages, and what its log still holds.
    package func scrub() async throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try await queue.vacuum()
        try await queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try queue.close()
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("001-identities") { db in
            try db.execute(sql: schema)
            try db.execute(sql: Facts.schema)
        }
        migrator.registerMigration("002-verification-token") { db in
            try db.execute(sql: "CREATE UNIQUE INDEX identity_verification_token ON identity (verification_token)")
        }
        migrator.registerMigration("003-access") { db in try db.execute(sql: accessSchema) }
        migrator.registerMigration("004-identity-policies") { db in
            try db.execute(sql: "ALTER TABLE identity ADD COLUMN policies TEXT NOT NULL DEFAULT '{}'")
        }
        migrator.registerMigration("005-configuration-sets-and-templates") { db in
            try db.execute(sql: "ALTER TABLE identity ADD COLUMN configuration_set TEXT")
            try db.execute(
                sql: """
                    CREATE TABLE sending_record (
                        kind TEXT NOT NULL,
                        account TEXT NOT NULL CHECK (length(account) = 12),
                        name TEXT NOT NULL CHECK (length(name) > 0),
                        content TEXT NOT NULL,
                        PRIMARY KEY (kind, account, name)
                    )
                    """)
        }
        migrator.registerMigration("006-mail-from") { db in try db.execute(sql: mailFromSchema) }
        migrator.registerMigration("007-suppression") { db in try db.execute(sql: suppressionSchema) }
        return migrator
    }

    private static let schema = """
        CREATE TABLE identity (
            account TEXT NOT NULL CHECK (length(account) = 12),
            name TEXT NOT NULL CHECK (length(name) > 0),
            created_at BIGINT NOT NULL,
            verification TEXT NOT NULL
                CHECK (verification IN ('PENDING', 'SUCCESS', 'FAILED', 'TEMPORARY_FAILURE', 'NOT_STARTED')),
            verification_error TEXT,
            verification_token TEXT NOT NULL,
            last_checked_at BIGINT,
            last_success_at BIGINT,
            tags TEXT NOT NULL,
            dkim_enabled BIGINT CHECK (dkim_enabled IN (0, 1)),
            dkim_status TEXT,
            dkim_tokens TEXT,
            dkim_verified_token TEXT,
            dkim_private_key BLOB,
            dkim_public_key BLOB,
            PRIMARY KEY (account, name),
            CHECK ((dkim_enabled IS NULL) = (dkim_private_key IS NULL))
        );
        CREATE TABLE reader_cursor (
            reader TEXT NOT NULL,
            stream TEXT NOT NULL,
            position BIGINT NOT NULL CHECK (position >= 0),
            PRIMARY KEY (reader, stream)
        );
        """

    package func facts(after sequence: Int64, limit: Int) async throws -> [RecordedFact] {
        try await engine.read { try Facts.after(sequence, limit: limit, $0) }
    }

    package func position(of reader: String, in stream: String) async throws -> Int64 {
        try await engine.read { db in
            try Int64.fetchOne(
                db, sql: "SELECT position FROM reader_cursor WHERE reader = $1 AND stream = $2",
                arguments: [reader, stream]) ?? 0
        }
    }

    package func advance(_ reader: String, in stream: String, to sequence: Int64) async throws {
        try await engine.write { db in
            try db.execute(
                sql: """
                    INSERT INTO reader_cursor (reader, stream, position) VALUES ($1, $2, $3)
                    ON CONFLICT (reader, stream) DO UPDATE SET position = excluded.position
                    WHERE excluded.position > reader_cursor.position
                    """, arguments: [reader, stream, sequence])
        }
    }

    package func create(_ identity: Identity, recording fact: Fact) async throws {
        let prepared = Facts.prepare([fact])
        try await engine.write { db in
            let exists = try Self.row(identity.name, identity.account, db) != nil
            if exists { throw IdentityFailure.alreadyExists(identity.name) }
            try Self.save(identity, db)
            try Facts.insert(prepared, db)
        }
    }

    package func identity(_ name: IdentityName, in account: AccountID) async throws -> Identity? {
        try await engine.read { try Self.row(name, account, $0).map { try Self.identity($0) } }
    }

    package func identities(in account: AccountID, after: String?, limit: Int) async throws -> [Identity] {
        try await engine.read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM identity WHERE account = $1 AND name > $2 ORDER BY name LIMIT $3",
                arguments: [account.description, after ?? "", limit])
            return try rows.map { try Self.identity($0) }
        }
    }

    package func everyIdentity(after: Identity?, limit: Int) async throws -> [Identity] {
        try await engine.read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM identity WHERE (account, name) > ($1, $2) ORDER BY account, name LIMIT $3",
                arguments: [after?.account.description ?? "", after?.name.description ?? "", limit])
            return try rows.map { try Self.identity($0) }
        }
    }

    package func identity(verificationToken: String) async throws -> Identity? {
        try await engine.read { db in
            try Row.fetchOne(
                db, sql: "SELECT * FROM identity WHERE verification_token = $1", arguments: [verificationToken]
            ).map { try Self.identity($0) }
        }
    }

    package func unverified(limit: Int) async throws -> [Identity] {
        try await engine.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM identity WHERE verification IN ('PENDING', 'TEMPORARY_FAILURE')
                    OR dkim_status IN ('PENDING', 'TEMPORARY_FAILURE') ORDER BY created_at LIMIT $1
                    """, arguments: [limit])
            return try rows.map { try Self.identity($0) }
        }
    }

    @discardableResult
    package func change(
        _ name: IdentityName, in account: AccountID, recording fact: Fact?, _ body: @escaping Change
    ) async throws -> Identity {
        let prepared = Facts.prepare([fact].compactMap(\.self))
        return try await engine.write { db -> Result<Identity, any Error> in
            guard let before = try Self.row(name, account, db).map({ try Self.identity($0) }) else {
                return .failure(IdentityFailure.notFound(name))
            }
            var identity = before
            // A no is a result: thrown, it would roll back everybody who shares the transaction.
            do { try body(&identity) } catch { return .failure(error) }
            if identity != before { try Self.save(identity, db) }
            try Facts.insert(prepared, db)
            return .success(identity)
        }.get()
    }

    package func record(_ fact: Fact) async throws {
        let prepared = Facts.prepare([fact])
        try await engine.write { try Facts.insert(prepared, $0) }
    }

    package func delete(_ name: IdentityName, in account: AccountID, recording fact: Fact) async throws -> Bool {
        let prepared = Facts.prepare([fact])
        return try await engine.write { db in
            guard try Self.row(name, account, db) != nil else { return false }
            try db.execute(
                sql: "DELETE FROM identity WHERE account = $1 AND name = $2",
                arguments: [account.description, name.description])
            try Facts.insert(prepared, db)
            return true
        }
    }
}
