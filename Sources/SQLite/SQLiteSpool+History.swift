// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Journal
package import Mail

extension SQLiteSpool {
    /// What reports about a message are judged by, oldest first: its acceptance, bounces, complaints, and the delays that
    /// reports told of. Our own tries are left out: there may be thousands.
    package func facts(about message: MessageID) async throws -> [Fact] {
        try await engine.read { try Facts.history(of: message, $0) }
    }
}

extension Facts {
    /// A message has 50 recipients, and of each there are a bounce, a complaint and ten delays at most.
    private static let longestHistory = 1_000

    fileprivate static func history(of message: MessageID, _ db: Database) throws -> [Fact] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(columns) FROM fact WHERE message = $1
                AND (event GLOB '{"accepted":*' OR event GLOB '{"bounced":*' OR event GLOB '{"complained":*'
                    OR event GLOB '{"deferred":*"attempt":0,*')
                ORDER BY sequence LIMIT $2
                """)
        return try read(statement, [message.description, longestHistory]).map(\.fact)
    }
}
