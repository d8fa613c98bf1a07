// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
package import Journal
package import Mail
import Sending

extension SQLiteRecords: RecordStore {
    package func record(_ kind: String, _ name: String, in account: AccountID) async throws -> [UInt8]? {
        try await engine.read { db in
            try String.fetchOne(
                db, sql: "SELECT content FROM sending_record WHERE kind = $1 AND account = $2 AND name = $3",
                arguments: [kind, account.description, name]
            ).map { Array($0.utf8) }
        }
    }

    package func records(
        _ kind: String, in account: AccountID, after: String, limit: Int
    ) async throws -> [[UInt8]] {
        try await engine.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT content FROM sending_record WHERE kind = $1 AND account = $2 AND name > $3
                    ORDER BY name LIMIT $4
                    """, arguments: [kind, account.description, after, limit]
            ).map { Array($0.utf8) }
        }
    }

    package func count(_ kind: String, in account: AccountID) async throws -> Int {
        try await engine.read { db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM sending_record WHERE kind = $1 AND account = $2",
                arguments: [kind, account.description]) ?? 0
        }
    }

    package func change(
        _ kind: String, _ name: String, in account: AccountID, recording fact: Fact?,
        _ body: @escaping @Sendable ([UInt8]) throws -> [UInt8]
    ) async throws -> [UInt8]? {
        let prepared = Facts.prepare([fact].compactMap(\.self))
        return try await engine.write { db -> Result<[UInt8]?, any Error> in
            let before = try String.fetchOne(
                db, sql: "SELECT content FROM sending_record WHERE kind = $1 AND account = $2 AND name = $3",
                arguments: [kind, account.description, name])
            guard let before else { return .success(nil) }
            let after: [UInt8]
            // A no is a result: thrown, it would roll back everybody who shares the transaction.
            do { after = try body(Array(before.utf8)) } catch { return .failure(error) }
            try db.execute(
                sql: "UPDATE sending_record SET content = $1 WHERE kind = $2 AND account = $3 AND name = $4",
                arguments: [String(decoding: after, as: UTF8.self), kind, account.description, name])
            try Facts.insert(prepared, db)
            return .success(after)
        }.get()
    }

    package func put(
        _ kind: String, _ name: String, in account: AccountID, content: [UInt8], replacing: Bool, recording fact: Fact
    ) async throws -> Bool {
        let prepared = Facts.prepare([fact])
        let text = String(decoding: content, as: UTF8.self)
        // SQLite numbers parameters in the order in which they first appear, whatever they are called.
        let sql =
            replacing
            ? "UPDATE sending_record SET content = $1 WHERE kind = $2 AND account = $3 AND name = $4"
            : """
            INSERT INTO sending_record (content, kind, account, name) VALUES ($1, $2, $3, $4)
            ON CONFLICT (kind, account, name) DO NOTHING
            """
        return try await engine.write { db in
            try db.execute(sql: sql, arguments: [text, kind, account.description, name])
            guard db.changesCount == 1 else { return false }
            try Facts.insert(prepared, db)
            return true
        }
    }

    package func remove(
        _ kind: String, _ name: String, in account: AccountID, recording fact: Fact
    ) async throws -> Bool {
        let prepared = Facts.prepare([fact])
        return try await engine.write { db in
            try db.execute(
                sql: "DELETE FROM sending_record WHERE kind = $1 AND account = $2 AND name = $3",
                arguments: [kind, account.description, name])
            guard db.changesCount == 1 else { return false }
            try Facts.insert(prepared, db)
            return true
        }
    }
}
