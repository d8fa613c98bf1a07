// SPDX-License-Identifier: Apache-2.0

package import Mail

/// An IAM user.
package struct User: Bounded, Taggable {
    package static let kind = "user"
    package static let noun = "user"
    package static let inlineLimit = 2_048

    package let account: AccountID
    package var name: String
    package var path: String
    /// `AIDA…`
    package let id: String
    package let createdAt: Timestamp
    package var tags: [Tag] = []
    package var inline: [String: String] = [:]
    package var attached: [String] = []
    package var boundary: String?
    /// Names of its groups, in lower case.
    package var groups: Set<String> = []

    package var key: String { name.lowercased() }
    package var arn: String { "arn:aws:iam::\(account):user\(path)\(name)" }
}

/// An IAM group.
package struct Group: PolicyHolder {
    package static let kind = "group"
    package static let noun = "group"
    package static let inlineLimit = 5_120

    package let account: AccountID
    package var name: String
    package var path: String
    /// `AGPA…`
    package let id: String
    package let createdAt: Timestamp
    package var inline: [String: String] = [:]
    package var attached: [String] = []

    package var key: String { name.lowercased() }
    package var arn: String { "arn:aws:iam::\(account):group\(path)\(name)" }
}

/// An IAM role.
package struct Role: Bounded, Taggable {
    package static let kind = "role"
    package static let noun = "role"
    package static let inlineLimit = 10_240

    package let account: AccountID
    package var name: String
    package var path: String
    /// `AROA…`
    package let id: String
    package let createdAt: Timestamp
    package var description: String
    /// Who may become it: the document as it was put.
    package var trust: String
    /// Seconds: 3,600 to 43,200.
    package var maximumSession: Int
    package var tags: [Tag] = []
    package var inline: [String: String] = [:]
    package var attached: [String] = []
    package var boundary: String?
    package var lastUsedAt: Timestamp?

    package var key: String { name.lowercased() }
    package var arn: String { "arn:aws:iam::\(account):role\(path)\(name)" }
}

/// A long-term access key of a user.
package struct UserKey: AccessEntity {
    package static let kind = "access-key"

    package let account: AccountID
    /// `AKIA…`
    package let id: String
    /// The user's name in lower case.
    package let user: String
    package let createdAt: Timestamp
    package var isActive: Bool
    /// The secret, sealed.
    package let sealed: String
    package var lastUsedAt: Timestamp?
    package var lastUsedService: String?

    package var key: String { id }
}

/// A virtual MFA device (RFC 6238).
package struct MFADevice: Taggable {
    package static let kind = "mfa-device"

    package let account: AccountID
    package let name: String
    package let path: String
    /// The seed, sealed.
    package let sealed: String
    /// The user's name in lower case; `root` marks the root user by an empty name.
    package var user: String?
    package var enabledAt: Timestamp?
    package var tags: [Tag] = []
    /// The time step of the last code taken: no code counts twice.
    package var lastStep: Int64 = 0
    /// Steps its clock is ahead of ours, as found when it was enabled or resynchronised; nil for none.
    package var drift: Int64?

    package var key: String { serial }
    package var serial: String { "arn:aws:iam::\(account):mfa\(path)\(name)" }
}

/// An identity provider that people may sign in with.
package struct IdentityProvider: Taggable {
    package static let kind = "identity-provider"

    package enum Standard: Codable, Hashable, Sendable {
        case saml(metadata: String, validUntil: Timestamp?)
        case oidc(url: String, clients: [String], thumbprints: [String])
    }

    package let account: AccountID
    package let name: String
    package let createdAt: Timestamp
    package var standard: Standard
    package var tags: [Tag] = []

    package var key: String { arn }
    package var arn: String {
        switch standard {
        case .saml: "arn:aws:iam::\(account):saml-provider/\(name)"
        case .oidc: "arn:aws:iam::\(account):oidc-provider/\(name)"
        }
    }
}

/// The name under which people know an account at sign-in.
package struct AccountAlias: AccessEntity {
    package static let kind = "account-alias"

    package let account: AccountID
    package let alias: String

    package var key: String { alias }
}
