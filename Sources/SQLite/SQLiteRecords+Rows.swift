// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Mail
import Queue
import Sending

extension SQLiteRecords {
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
                    configuration_set)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
                ON CONFLICT (account, name) DO UPDATE SET verification = excluded.verification,
                    verification_error = excluded.verification_error, last_checked_at = excluded.last_checked_at,
                    last_success_at = excluded.last_success_at, tags = excluded.tags, dkim_enabled = excluded.dkim_enabled,
                    dkim_status = excluded.dkim_status, dkim_tokens = excluded.dkim_tokens,
                    dkim_verified_token = excluded.dkim_verified_token, dkim_private_key = excluded.dkim_private_key,
                    dkim_public_key = excluded.dkim_public_key, policies = excluded.policies,
                    configuration_set = excluded.configuration_set
                """,
            arguments: [
                identity.account.description, identity.name.description, identity.createdAt.milliseconds,
                identity.verification.rawValue, identity.verificationError?.rawValue, identity.verificationToken,
                identity.lastCheckedAt?.milliseconds, identity.lastSuccessAt?.milliseconds,
                String(decoding: try JSONEncoder().encode(identity.tags), as: UTF8.self),
                dkim.map { $0.signingEnabled ? 1 : 0 }, dkim?.status.rawValue, dkim?.tokens.joined(separator: " "),
                dkim?.verifiedToken, dkim.map { Data($0.privateKey.exposed) }, dkim.map { Data($0.publicKey) },
                String(decoding: try JSONEncoder().encode(identity.policies), as: UTF8.self),
                identity.configurationSet,
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
        return identity
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
