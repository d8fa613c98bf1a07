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

    /// - Parameter isManagement: whether the root user has the key of the configuration.
    static func csv(of account: AccountID, _ state: AccessState, isManagement: Bool) -> String {
        let rootHasDevice = !state.devices(of: "", in: account).isEmpty
        let key = isManagement ? ["true", "N/A", "N/A", "N/A", "N/A"] : noKey
        let root = [
            "<root_account>", "arn:aws:iam::\(account):root", "N/A", "not_supported", "N/A", "not_supported",
            "not_supported", "\(rootHasDevice)",
        ]
        var lines = [header, (root + key + noKey + noCertificates).joined(separator: ",")]
        for user in state.all(User.self, in: account) {
            let keys = state.keys(of: user).sorted { $0.createdAt < $1.createdAt }
            let fields = [
                user.name, user.arn, date(user.createdAt), "false", "N/A", "N/A", "N/A",
                "\(!state.devices(of: user.key, in: account).isEmpty)",
            ]
            let columns = (0..<2).flatMap { keys.indices.contains($0) ? self.key(keys[$0]) : noKey }
            lines.append((fields + columns + noCertificates).joined(separator: ","))
        }
        return lines.joined(separator: "\n")
    }

    private static let noKey = ["false", "N/A", "N/A", "N/A", "N/A"]
    private static let noCertificates = ["false", "N/A", "false", "N/A"]

    private static func key(_ key: UserKey) -> [String] {
        [
            "\(key.isActive)", date(key.createdAt), key.lastUsedAt.map(date) ?? "N/A", "N/A",
            key.lastUsedService ?? "N/A",
        ]
    }

    private static func date(_ moment: Timestamp) -> String {
        String(BasicDate.extended(moment.seconds).dropLast()) + "+00:00"
    }
}
