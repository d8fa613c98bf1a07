// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Journal
package import Mail
import Queue
package import Sending

extension SQLiteRecords: SuppressionStore {
    static let suppressionSchema = """
        CREATE TABLE suppressed_destination (
            account TEXT NOT NULL CHECK (length(account) = 12),
            address TEXT NOT NULL CHECK (length(address) > 0),
            reason TEXT NOT NULL CHECK (reason IN ('BOUNCE', 'COMPLAINT')),
            updated_at BIGINT NOT NULL,
            message TEXT,
            feedback TEXT,
            PRIMARY KEY (account, address)
        ) WITHOUT ROWID;
        CREATE INDEX suppressed_destination_time ON suppressed_destination (account, updated_at, address);
        """

    package func isEmpty(_ account: AccountID) async throws -> Bool {
        try await engine.read { db in
            let any = try db.cachedStatement(sql: "SELECT 1 FROM suppressed_destination WHERE account = $1 LIMIT 1")
            return try Row.fetchOne(any, arguments: [account.description]) == nil
        }
    }

    package func suppressed(
        _ addresses: [Mailbox], in account: AccountID
    ) async throws -> [SuppressedDestination] {
        guard !addresses.isEmpty else { return [] }
        return try await engine.read { db in
            let places = (0..<addresses.count).map { "$\($0 + 2)" }.joined(separator: ", ")
            let statement = try db.cachedStatement(
                sql: "SELECT * FROM suppressed_destination WHERE account = $1 AND address IN (\(places))")
            let arguments = [account.description] + addresses.map(\.description)
            return try Row.fetchAll(statement, arguments: StatementArguments(arguments)).map {
                try Self.suppressed($0)
            }
        }
    }

    package func suppressed(
        _ selection: SuppressionSelection, limit: Int
    ) async throws -> [SuppressedDestination] {
        try await engine.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM suppressed_destination WHERE account = $1 AND updated_at >= $2 AND updated_at <= $3
                    AND (updated_at, address) > ($4, $5) AND ($6 IS NULL OR reason = $6)
                    ORDER BY updated_at, address LIMIT $7
                    """,
                arguments: [
                    selection.account.description, selection.from?.milliseconds ?? Int64.min,
                    selection.to?.milliseconds ?? Int64.max, selection.after?.updatedAt.milliseconds ?? Int64.min,
                    selection.after?.address ?? "", selection.reason?.rawValue, limit,
                ]
            ).map { try Self.suppressed($0) }
        }
    }

    package func suppress(_ destination: SuppressedDestination, recording fact: Fact) async throws {
        let prepared = Facts.prepare([fact])
        try await engine.write { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO suppressed_destination (account, address, reason, updated_at, message, feedback)
                    VALUES ($1, $2, $3, $4, $5, $6)
                    ON CONFLICT (account, address) DO UPDATE SET reason = excluded.reason,
                        updated_at = excluded.updated_at, message = excluded.message, feedback = excluded.feedback
                    WHERE (reason, updated_at, coalesce(message, ''), coalesce(feedback, ''))
                        <> (excluded.reason, excluded.updated_at, coalesce(excluded.message, ''),
                            coalesce(excluded.feedback, ''))
                    """)
            try statement.execute(arguments: [
                destination.account.description, destination.address.description, destination.reason.rawValue,
                destination.updatedAt.milliseconds, destination.message?.description, destination.feedback,
            ])
            if db.changesCount > 0 { try Facts.insert(prepared, db) }
        }
    }

    package func release(_ address: Mailbox, in account: AccountID, recording fact: Fact) async throws -> Bool {
        let prepared = Facts.prepare([fact])
        return try await engine.write { db in
            try db.execute(
                sql: "DELETE FROM suppressed_destination WHERE account = $1 AND address = $2",
                arguments: [account.description, address.description])
            guard db.changesCount == 1 else { return false }
            try Facts.insert(prepared, db)
            return true
        }
    }

    private static func suppressed(_ row: Row) throws -> SuppressedDestination {
        guard let account = AccountID(row["account"]), let reason = SuppressionReason(rawValue: row["reason"]) else {
            throw SpoolFailure.unavailable("an entry of a suppression list cannot be read")
        }
        let address: String = row["address"]
        let message: String? = row["message"]
        return SuppressedDestination(
            account: account, address: try Mailbox(parsing: address), reason: reason,
            updatedAt: Timestamp(milliseconds: row["updated_at"]), message: message.flatMap { MessageID(parsing: $0) },
            feedback: row["feedback"])
    }
}
