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
