// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
package import Journal
package import Mail
package import Queue

/// The spool in one SQLite file, `spool.db`, with large bodies beside it in `bodies/`.
package struct SQLiteSpool: FactStream {
    package let name = "spool"
    package let engine: Engine
    let bodies: BodyFiles
    private let space: FreeSpace
    let lanes = LaneIDs()
    let recent = RecentMessages()

    /// - Parameters:
    ///   - directory: must exist.
    ///   - reserve: octets of disk that stay free.
    package init(directory: String, reserve: Int, synchronous: Engine.Synchronous) throws {
        bodies = try BodyFiles(directory: "\(directory)/bodies")
        space = FreeSpace(directory: directory, reserve: reserve)
        engine = try Engine(path: "\(directory)/spool.db", synchronous: synchronous, migrator: Self.migrator)
    }

    private struct Stored: Sendable {
        let deliveries: [Int64]
        let lanes: LaneIDs.Found
    }

    package func accept(
        _ message: SpooledMessage, _ deliveries: [PendingDelivery], _ facts: [Fact]
    ) async throws -> [PendingDelivery] {
        try space.require(message.content.size, reusable: engine.reusable)
        let prepared = Facts.prepare(facts)
        let body = try await bodies.adopt(message)
        let stored: Stored
        let lanes = lanes
        do {
            stored = try await engine.write { db in
                try Self.insert(message, body: body, db)
                let found = try lanes.ids(of: Set(deliveries.map(\.lane)), db)
                let ids = try deliveries.map { try Self.insert($0, in: found.ids[$0.lane] ?? 0, db) }
                try Facts.insert(prepared, db)
                return Stored(deliveries: ids, lanes: found)
            }
        } catch {
            if case .file(let file, _, _) = body { bodies.remove(file) }
            throw error
        }
        lanes.remember(stored.lanes)
        if case .memory = body { recent.add(message) }
        return zip(stored.deliveries, deliveries).map { id, delivery in delivery.numbered(id) }
    }

    package func message(_ id: MessageID) async throws -> SpooledMessage? {
        if let message = recent.message(id) { return message }
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
                    body_file, body_offset, body_length, signing_account, return_path, configuration_set, set_owner, pool, tls,
                    identity)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
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
            message.returnPath == message.reversePath ? nil : message.returnPath.mailbox?.description ?? "",
            message.terms.configurationSet, message.terms.configurationSetOwner?.description,
            message.terms.pool?.description, message.terms.tls.rawValue, message.terms.identity,
        ])
    }

    private static func message(_ row: Row, _ bodies: BodyFiles) throws -> SpooledMessage {
        let reversePath = try path(row["reverse_path"])
        let returnPath: String? = row["return_path"]
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
            reversePath: reversePath, returnPath: try returnPath.map { try path($0) },
            signingDomain: try signing.map { try Domain(parsing: $0) },
            signingAccount: signingAccount.flatMap { AccountID($0) }, terms: terms(row),
            content: Content(
                header: Array(header),
                body: file.map { .file(path: bodies.path($0), offset: row["body_offset"], length: row["body_length"]) }
                    ?? .memory(Array(memory ?? Data()))))
    }

    private static func path(_ text: String) throws -> ReversePath {
        text.isEmpty ? .null : .mailbox(try Mailbox(parsing: text))
    }

    private static func terms(_ row: Row) -> DeliveryTerms {
        let owner: String? = row["set_owner"]
        let pool: String? = row["pool"]
        return DeliveryTerms(
            configurationSet: row["configuration_set"], configurationSetOwner: owner.flatMap { AccountID($0) },
            pool: pool.flatMap { PoolID(parsing: $0) },
            tls: DeliveryTerms.TLSDemand(rawValue: row["tls"]) ?? .requireTLS,
            identity: row["identity"])
    }
}
