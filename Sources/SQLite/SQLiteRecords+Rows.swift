// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
package import Mail
import Queue
package import Sending

extension SQLiteRecords {
    static let mailFromSchema = """
        ALTER TABLE identity ADD COLUMN mail_from_domain TEXT;
        ALTER TABLE identity ADD COLUMN mail_from_status TEXT
            CHECK (mail_from_status IN ('PENDING', 'SUCCESS', 'FAILED', 'TEMPORARY_FAILURE'));
        ALTER TABLE identity ADD COLUMN mail_from_behavior TEXT
            CHECK (mail_from_behavior IN ('USE_DEFAULT_VALUE', 'REJECT_MESSAGE'));
        ALTER TABLE identity ADD COLUMN mail_from_since BIGINT;
        ALTER TABLE identity ADD COLUMN mail_from_checked_at BIGINT;
        ALTER TABLE identity ADD COLUMN mail_from_error TEXT;
        ALTER TABLE identity ADD COLUMN feedback_forwarding BIGINT NOT NULL DEFAULT 1
            CHECK (feedback_forwarding IN (0, 1));
        """

    package func identitiesWithMailFrom(checkedBefore moment: Timestamp, limit: Int) async throws -> [Identity] {
        try await engine.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM identity WHERE mail_from_status IN ('PENDING', 'TEMPORARY_FAILURE')
                    OR mail_from_checked_at < $1 ORDER BY mail_from_checked_at LIMIT $2
                    """, arguments: [moment.milliseconds, limit])
            return try rows.map { try Self.identity($0) }
        }
    }

    static func row(_ name: IdentityName, _ account: AccountID, _ db: Database) throws -> Row? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM identity WHERE account = $1 AND name = $2",
            arguments: [account.description, name.description])
    }

    static func save(_ identity: Identity, _ db: Database) throws {
        let dkim = identity.dkim
        try db.execute(
            sql: """
                INSERT INTO identity (account, name, created_at, verification, verification_error, verification_token,
                    last_checked_at, last_success_at, tags, dkim_enabled, dkim_status, dkim_tokens, dkim_verified_token,
                    dkim_private_key, dkim_public_key, policies,
                    configuration_set, mail_from_domain, mail_from_status, mail_from_behavior, mail_from_since,
                    mail_from_checked_at, mail_from_error, feedback_forwarding)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                    $22, $23, $24)
                ON CONFLICT (account, name) DO UPDATE SET verification = excluded.verification,
                    verification_error = excluded.verification_error, last_checked_at = excluded.last_checked_at,
                    last_success_at = excluded.last_success_at, tags = excluded.tags, dkim_enabled = excluded.dkim_enabled,
                    dkim_status = excluded.dkim_status, dkim_tokens = excluded.dkim_tokens,
                    dkim_verified_token = excluded.dkim_verified_token, dkim_private_key = excluded.dkim_private_key,
                    dkim_public_key = excluded.dkim_public_key, policies = excluded.policies,
                    configuration_set = excluded.configuration_set, mail_from_domain = excluded.mail_from_domain,
                    mail_from_status = excluded.mail_from_status, mail_from_behavior = excluded.mail_from_behavior,
                    mail_from_since = excluded.mail_from_since, mail_from_checked_at = excluded.mail_from_checked_at,
                    mail_from_error = excluded.mail_from_error, feedback_forwarding = excluded.feedback_forwarding
                """,
            arguments: [
                identity.account.description, identity.name.description, identity.createdAt.milliseconds,
                identity.verification.rawValue, identity.verificationError?.rawValue, identity.verificationToken,
                identity.lastCheckedAt?.milliseconds, identity.lastSuccessAt?.milliseconds,
                String(decoding: try JSONEncoder().encode(identity.tags), as: UTF8.self),
                dkim.map { $0.signingEnabled ? 1 : 0 }, dkim?.status.rawValue, dkim?.tokens.joined(separator: " "),
                dkim?.verifiedToken, dkim.map { Data($0.privateKey.exposed) }, dkim.map { Data($0.publicKey) },
                String(decoding: try JSONEncoder().encode(identity.policies), as: UTF8.self),
                identity.configurationSet, identity.mailFrom?.domain.description, identity.mailFrom?.status.rawValue,
                identity.mailFrom?.behavior.rawValue, identity.mailFrom?.since.milliseconds,
                identity.mailFrom?.lastCheckedAt?.milliseconds, identity.mailFrom?.error?.rawValue,
                identity.feedbackForwarding ? 1 : 0,
            ])
    }

    static func identity(_ row: Row) throws -> Identity {
        guard let account = AccountID(row["account"]),
            let verification = VerificationStatus(rawValue: row["verification"])
        else { throw SpoolFailure.unavailable("an identity row cannot be read") }
        let name: String = row["name"]
        let tags: String = row["tags"]
        let error: String? = row["verification_error"]
        let checked: Int64? = row["last_checked_at"]
        let success: Int64? = row["last_success_at"]
        let policies: String = row["policies"]
        var identity = Identity(
            account: account, name: try IdentityName(parsing: name),
            createdAt: Timestamp(milliseconds: row["created_at"]),
            verification: verification, verificationError: error.flatMap { VerificationError(rawValue: $0) },
            lastCheckedAt: checked.map { Timestamp(milliseconds: $0) },
            lastSuccessAt: success.map { Timestamp(milliseconds: $0) },
            verificationToken: row["verification_token"], dkim: dkim(row),
            tags: try JSONDecoder().decode([String: String].self, from: Data(tags.utf8)))
        identity.policies = try JSONDecoder().decode([String: String].self, from: Data(policies.utf8))
        identity.configurationSet = row["configuration_set"]
        identity.mailFrom = try mailFrom(row)
        identity.feedbackForwarding = row["feedback_forwarding"] == 1
        return identity
    }

    private static func mailFrom(_ row: Row) throws -> MailFrom? {
        guard let domain: String = row["mail_from_domain"] else { return nil }
        let status: String? = row["mail_from_status"]
        let behavior: String? = row["mail_from_behavior"]
        let error: String? = row["mail_from_error"]
        let checked: Int64? = row["mail_from_checked_at"]
        return MailFrom(
            domain: try Domain(parsing: domain),
            status: status.flatMap { VerificationStatus(rawValue: $0) } ?? .pending,
            behavior: behavior.flatMap { MailFrom.Behavior(rawValue: $0) } ?? .rejectMessage,
            since: Timestamp(milliseconds: row["mail_from_since"] ?? 0),
            lastCheckedAt: checked.map { Timestamp(milliseconds: $0) },
            error: error.flatMap { VerificationError(rawValue: $0) })
    }

    private static func dkim(_ row: Row) -> DKIMSettings? {
        let key: Data? = row["dkim_private_key"]
        guard let key, let publicKey: Data = row["dkim_public_key"], let status: String = row["dkim_status"] else {
            return nil
        }
        let tokens: String = row["dkim_tokens"]
        let enabled: Int = row["dkim_enabled"]
        return DKIMSettings(
            signingEnabled: enabled == 1, status: VerificationStatus(rawValue: status) ?? .pending,
            tokens: tokens.split(separator: " ").map(String.init), verifiedToken: row["dkim_verified_token"],
            privateKey: SecretBytes(Array(key)), publicKey: Array(publicKey))
    }
}
