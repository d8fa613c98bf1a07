// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Journal
package import Mail
import Trail

extension SQLiteRecords: TrailShelf {
    package func write(
        _ kind: String, _ name: String, in account: AccountID, recording fact: Fact,
        among body: @escaping @Sendable ([[UInt8]]) throws -> [UInt8]
    ) async throws {
        let prepared = Facts.prepare([fact])
        try await engine.write { db -> Result<Void, any Error> in
            let all = try String.fetchAll(
                db, sql: "SELECT content FROM sending_record WHERE kind = $1 AND account = $2 ORDER BY name",
                arguments: [kind, account.description]
            ).map { Array($0.utf8) }
            let content: [UInt8]
            // A no is a result: thrown, it would roll back everybody who shares the transaction.
            do { content = try body(all) } catch { return .failure(error) }
            try db.execute(
                sql: """
                    INSERT INTO sending_record (kind, account, name, content) VALUES ($1, $2, $3, $4)
                    ON CONFLICT (kind, account, name) DO UPDATE SET content = excluded.content
                    """, arguments: [kind, account.description, name, String(decoding: content, as: UTF8.self)])
            try Facts.insert(prepared, db)
            return .success(())
        }.get()
    }
}
