// SPDX-License-Identifier: Apache-2.0

package import Access
import Foundation
import GRDB
package import Journal
import Mail
import Queue

extension SQLiteRecords: AccessStore {
    static let accessSchema = """
        CREATE TABLE access_record (
            kind TEXT NOT NULL,
            account TEXT NOT NULL CHECK (length(account) = 12),
            name TEXT NOT NULL,
            content TEXT NOT NULL,
            PRIMARY KEY (kind, account, name)
        );
        """

    package func load() async throws -> [AccessRow] {
        try await engine.read { db in
            try Row.fetchAll(db, sql: "SELECT kind, account, name, content FROM access_record").map { row in
                guard let account = AccountID(row["account"]) else {
                    throw SpoolFailure.unavailable("an access record has no account")
                }
                let content: String = row["content"]
                return AccessRow(kind: row["kind"], account: account, key: row["name"], content: Array(content.utf8))
            }
        }
    }

    package func save(_ changes: [AccessRowChange], recording facts: [Fact]) async throws {
        let prepared = Facts.prepare(facts)
        try await engine.write { db in
            for change in changes {
                switch change {
                case .put(let row):
                    try db.execute(
                        sql: """
                            INSERT INTO access_record (kind, account, name, content) VALUES ($1, $2, $3, $4)
                            ON CONFLICT (kind, account, name) DO UPDATE SET content = excluded.content
                            """,
                        arguments: [
                            row.kind, row.account.description, row.key, String(decoding: row.content, as: UTF8.self),
                        ])
                case .remove(let kind, let account, let key):
                    try db.execute(
                        sql: "DELETE FROM access_record WHERE kind = $1 AND account = $2 AND name = $3",
                        arguments: [kind, account.description, key])
                }
            }
            try Facts.insert(prepared, db)
        }
    }
}
