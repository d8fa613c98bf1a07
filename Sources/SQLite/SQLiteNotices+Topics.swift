// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Journal
package import Mail
import Notify

/// Topics and subscriptions lie with the other named records, in `postern.db`.
extension SQLiteRecords: TopicStore {
    package func add(
        _ subscription: String, to topic: String, in account: AccountID, content: [UInt8], recording fact: Fact
    ) async throws -> Bool {
        let prepared = Facts.prepare([fact])
        let text = String(decoding: content, as: UTF8.self)
        return try await engine.write { db in
            try db.execute(
                sql: """
                    INSERT INTO sending_record (kind, account, name, content) SELECT $1, $2, $3, $4
                    WHERE EXISTS (SELECT 1 FROM sending_record WHERE kind = $5 AND account = $6 AND name = $7)
                    ON CONFLICT (kind, account, name) DO NOTHING
                    """,
                arguments: [
                    TopicKind.subscription, account.description, subscription, text, TopicKind.topic,
                    account.description, topic,
                ])
            guard db.changesCount == 1 else { return false }
            try Facts.insert(prepared, db)
            return true
        }
    }

    package func removeTopic(_ name: String, in account: AccountID, recording fact: Fact) async throws -> Bool {
        let prepared = Facts.prepare([fact])
        return try await engine.write { db in
            try db.execute(
                sql: "DELETE FROM sending_record WHERE kind = $1 AND account = $2 AND name = $3",
                arguments: [TopicKind.topic, account.description, name])
            guard db.changesCount == 1 else { return false }
            // A name has no slash, and `0` is what sorts behind it.
            try db.execute(
                sql: "DELETE FROM sending_record WHERE kind = $1 AND account = $2 AND name > $3 AND name < $4",
                arguments: [TopicKind.subscription, account.description, "\(name)/", "\(name)0"])
            try Facts.insert(prepared, db)
            return true
        }
    }
}
