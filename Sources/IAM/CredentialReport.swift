// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Mail

/// The credential report ("Getting credential reports for your AWS account", IAM user guide).
enum CredentialReport {
    private static let header =
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
        + "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
        + "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,"
        + "access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,"
        + "access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"

    /// - Parameter rootHasKey: whether the account's root user has the key of the configuration.
    static func csv(of account: AccountID, _ state: AccessState, rootHasKey: Bool) -> String {
        let keys = Dictionary(grouping: state.all(UserKey.self, in: account), by: \.user)
        let protected = Set(state.all(MFADevice.self, in: account).compactMap(\.user))
        let key = rootHasKey ? ["true", "N/A", "N/A", "N/A", "N/A"] : noKey
        let root = [
            "<root_account>", "arn:aws:iam::\(account):root", "N/A", "not_supported", "N/A", "not_supported",
            "not_supported", "\(protected.contains(""))",
        ]
        let users = state.all(User.self, in: account).map { user in
            line(of: user, keys[user.key] ?? [], isProtected: protected.contains(user.key))
        }
        return ([header, text(root + key + noKey + noCertificates)] + users).joined(separator: "\n")
    }

    private static func line(of user: User, _ keys: [UserKey], isProtected: Bool) -> String {
        let keys = keys.sorted { $0.createdAt < $1.createdAt }
        let fields = [
            user.name, user.arn, date(user.createdAt), "false", "N/A", "N/A", "N/A", "\(isProtected)",
        ]
        let columns = (0..<2).flatMap { keys.indices.contains($0) ? key(keys[$0]) : noKey }
        return text(fields + columns + noCertificates)
    }

    private static let noKey = ["false", "N/A", "N/A", "N/A", "N/A"]
    private static let noCertificates = ["false", "N/A", "false", "N/A"]

    private static func key(_ key: UserKey) -> [String] {
        [
            "\(key.isActive)", date(key.createdAt), key.lastUsedAt.map(date) ?? "N/A", "N/A",
            key.lastUsedService ?? "N/A",
        ]
    }

    /// One record (RFC 4180): names may hold commas, and begin with signs that a spreadsheet takes for a formula.
    private static func text(_ fields: [String]) -> String {
        fields.map { field in
            let isPlain =
                !field.utf8.contains { ",\"\r\n".utf8.contains($0) } && field.utf8.first.map(isFormula) != true
            return isPlain ? field : "\"" + field.replacing("\"", with: "\"\"") + "\""
        }.joined(separator: ",")
    }

    private static func isFormula(_ first: UInt8) -> Bool { "=+-@".utf8.contains(first) }

    private static func date(_ moment: Timestamp) -> String {
        String(BasicDate.extended(moment.seconds).dropLast()) + "+00:00"
    }
}
