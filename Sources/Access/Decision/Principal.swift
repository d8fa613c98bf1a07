// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Somebody who may be allowed things: named by an ARN, at home in one account.
package struct Principal: Hashable, Sendable {
    package enum Kind: Hashable, Sendable, Codable {
        /// The account itself: its root user. The management account's key stands in the configuration.
        case root
        case user(name: String, path: String, id: String)
        /// Somebody who assumed a role.
        case role(name: String, path: String, id: String, session: String)
    }

    package let account: AccountID
    package let kind: Kind
    /// What temporary credentials brought with them; nil for a long-term key.
    package let session: SessionFacts?

    package init(account: AccountID, kind: Kind, session: SessionFacts? = nil) {
        self.account = account
        self.kind = kind
        self.session = session
    }

    /// `arn:aws:iam::111122223333:user/app`, `arn:aws:sts::111122223333:assumed-role/mailer/s1`
    package var arn: String {
        switch kind {
        case .root: "arn:aws:iam::\(account):root"
        case .user(let name, let path, _): "arn:aws:iam::\(account):user\(path)\(name)"
        case .role(let name, _, _, let session): "arn:aws:sts::\(account):assumed-role/\(name)/\(session)"
        }
    }

    /// The role behind a session.
    package var roleARN: String? {
        guard case .role(let name, let path, _, _) = kind else { return nil }
        return "arn:aws:iam::\(account):role\(path)\(name)"
    }

    /// The unique id that `GetCallerIdentity` calls UserId.
    package var userID: String {
        switch kind {
        case .root: account.description
        case .user(_, _, let id): id
        case .role(_, _, let id, let session): "\(id):\(session)"
        }
    }
}

/// What is known of temporary credentials beyond whose they are.
package struct SessionFacts: Hashable, Sendable, Codable {
    package let issuedAt: Timestamp
    package let expiresAt: Timestamp
    /// When a code of an MFA device was shown, by whoever stands at the beginning of a chain of roles; nil for never.
    package let mfaAt: Timestamp?
    /// The long-term key at the beginning of the chain: what is switched off, or too old, takes its sessions with it.
    package let origin: String
    /// Session policies as given; nil for none.
    package let policies: [String]?
    package let tags: [Tag]

    package init(
        issuedAt: Timestamp, expiresAt: Timestamp, mfaAt: Timestamp?, origin: String, policies: [String]? = nil,
        tags: [Tag] = []
    ) {
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.mfaAt = mfaAt
        self.origin = origin
        self.policies = policies
        self.tags = tags
    }

    package var isMFA: Bool { mfaAt != nil }
}
