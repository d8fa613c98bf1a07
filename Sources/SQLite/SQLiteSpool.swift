// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
package import Journal
package import Mail
package import Queue

/// The spool in one SQLite file, `spool.db`, with large bodies beside it in `bodies/`.
package struct SQLiteSpool: Spool, FactStream {
    package let name = "spool"
    package let engine: Engine
    let bodies: BodyFiles
    private let space: FreeSpace

    /// - Parameters:
    ///   - directory: must exist.
    ///   - reserve: octets of disk that stay free.
    package init(directory: String, reserve: Int, synchronous: Engine.Synchronous) throws {
        bodies = try BodyFiles(directory: "\(directory)/bodies")
        space = FreeSpace(directory: directory, reserve: reserve)
        engine = try Engine(path: "\(directory)/spool.db", synchronous: synchronous, migrator: Self.migrator)
    }

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("001-messages") { db in
            try db.execute(sql: schema)
            try db.execute(sql: Facts.schema)
        }
        migrator.registerMigration("002-signing-account") { db in
            try db.execute(sql: "ALTER TABLE message ADD COLUMN signing_account TEXT")
        }
        migrator.registerMigration("003-delivery-ids-once") { db in try db.execute(sql: deliveryIDsOnce) }
        return migrator
    }

    private static let schema = """
        CREATE TABLE message (
            id TEXT NOT NULL PRIMARY KEY,
            account TEXT NOT NULL CHECK (length(account) = 12),
            accepted_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL CHECK (expires_at >= accepted_at),
            reverse_path TEXT NOT NULL,
            signing_domain TEXT,
            header BLOB NOT NULL,
            body BLOB,
            body_file TEXT,
            body_offset BIGINT NOT NULL DEFAULT 0,
            body_length BIGINT NOT NULL DEFAULT 0,
            CHECK ((body IS NULL) <> (body_file IS NULL))
        );
        CREATE TABLE delivery (
            id INTEGER PRIMARY KEY,
            message TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
            site TEXT NOT NULL,
            recipients TEXT NOT NULL CHECK (length(recipients) > 0),
            attempts BIGINT NOT NULL CHECK (attempts >= 0),
            due_at BIGINT NOT NULL,
            last_reply TEXT NOT NULL
        );
        CREATE INDEX delivery_due ON delivery (due_at);
        CREATE INDEX delivery_message ON delivery (message);
        """

    // Without AUTOINCREMENT the id of a row that is gone is given to the next one, while a try of the old one may still
    // be on its way to being settled.
    private static let deliveryIDsOnce = """
        CREATE TABLE delivery_once (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            message TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
            site TEXT NOT NULL,
            recipients TEXT NOT NULL CHECK (length(recipients) > 0),
            attempts BIGINT NOT NULL CHECK (attempts >= 0),
            due_at BIGINT NOT NULL,
            last_reply TEXT NOT NULL
        );
        INSERT INTO delivery_once (id, message, site, recipients, attempts, due_at, last_reply)
            SELECT id, message, site, recipients, attempts, due_at, last_reply FROM delivery;
        DROP TABLE delivery;
        ALTER TABLE delivery_once RENAME TO delivery;
        CREATE INDEX delivery_due ON delivery (due_at);
        CREATE INDEX delivery_message ON delivery (message);
        """

    package func accept(
        _ message: SpooledMessage, _ deliveries: [PendingDelivery], _ facts: [Fact]
    ) async throws -> [PendingDelivery] {
        try space.require(message.content.size, reusable: engine.reusable)
        let prepared = Facts.prepare(facts)
        let body = try await bodies.adopt(message)
        let ids: [Int64]
        do {
            ids = try await engine.write { db in
                try Self.insert(message, body: body, db)
                let ids = try deliveries.map { try Self.insert($0, db) }
                try Facts.insert(prepared, db)
                return ids
            }
        } catch {
            if case .file(let file, _, _) = body { bodies.remove(file) }
            throw error
        }
        return zip(ids, deliveries).map { id, delivery in delivery.with(id: id) }
    }

    package func message(_ id: MessageID) async throws -> SpooledMessage? {
        let bodies = bodies
        return try await engine.read { db in
            let statement = try db.cachedStatement(sql: "SELECT * FROM message WHERE id = $1")
            return try Row.fetchOne(statement, arguments: [id.description]).map { try Self.message($0, bodies) }
        }
    }

    package func record(_ facts: [Fact]) async throws {
        let prepared = Facts.prepare(facts)
        try await engine.write { try Facts.insert(prepared, $0) }
    }

    package func facts(after sequence: Int64, limit: Int) async throws -> [RecordedFact] {
        try await engine.read { try Facts.after(sequence, limit: limit, $0) }
    }

    /// Removes files that no message names: left by a crash between writing one and committing its row.
    package func sweep() async throws {
        let named = try await engine.read {
            Set(try String.fetchAll($0, sql: "SELECT body_file FROM message WHERE body_file IS NOT NULL"))
        }
        bodies.removeAll(except: named)
    }

    private static func insert(_ message: SpooledMessage, body: BodyFiles.Stored, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO message (id, account, accepted_at, expires_at, reverse_path, signing_domain, header, body,
                    body_file, body_offset, body_length, signing_account)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                """)
        let memory: Data?
        let file: (String?, Int, Int)
        switch body {
        case .memory(let bytes): (memory, file) = (Data(bytes), (nil, 0, bytes.count))
        case .file(let name, let offset, let length): (memory, file) = (nil, (name, offset, length))
        }
        try statement.execute(arguments: [
            message.id.description, message.account.description, message.acceptedAt.milliseconds,
            message.expiresAt.milliseconds, message.reversePath.mailbox?.description ?? "",
            message.signingDomain?.description, Data(message.content.header), memory, file.0, file.1, file.2,
            message.signingAccount == message.account ? nil : message.signingAccount.description,
        ])
    }

    private static func message(_ row: Row, _ bodies: BodyFiles) throws -> SpooledMessage {
        let path: String = row["reverse_path"]
        let signing: String? = row["signing_domain"]
        let signingAccount: String? = row["signing_account"]
        let id: String = row["id"]
        guard let id = MessageID(parsing: id), let account = AccountID(row["account"]) else {
            throw SpoolFailure.unavailable("a message row cannot be read")
        }
        let header: Data = row["header"]
        let memory: Data? = row["body"]
        let file: String? = row["body_file"]
        return SpooledMessage(
            id: id, account: account, acceptedAt: Timestamp(milliseconds: row["accepted_at"]),
            expiresAt: Timestamp(milliseconds: row["expires_at"]),
            reversePath: path.isEmpty ? .null : .mailbox(try Mailbox(parsing: path)),
            signingDomain: try signing.map { try Domain(parsing: $0) },
            signingAccount: signingAccount.flatMap { AccountID($0) },
            content: Content(
                header: Array(header),
                body: file.map { .file(path: bodies.path($0), offset: row["body_offset"], length: row["body_length"]) }
                    ?? .memory(Array(memory ?? Data()))))
    }
}

extension PendingDelivery {
    func with(id: Int64) -> PendingDelivery {
        PendingDelivery(
            id: id, message: message, account: account, site: site, recipients: recipients, attempts: attempts,
            dueAt: dueAt, acceptedAt: acceptedAt, expiresAt: expiresAt, lastReply: lastReply)
    }
}
