// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A managed policy with its versions.
package struct ManagedPolicy: Taggable {
    package static let kind = "policy"
    /// IAM: five, of which one is the default.
    package static let maximumVersions = 5
    /// Characters without white space.
    package static let maximumLength = 6_144

    package struct Version: Codable, Hashable, Sendable {
        /// `v1`
        package let id: String
        package let document: String
        package let createdAt: Timestamp

        package init(id: String, document: String, createdAt: Timestamp) {
            self.id = id
            self.document = document
            self.createdAt = createdAt
        }
    }

    package let account: AccountID
    package let name: String
    package let path: String
    /// `ANPA…`
    package let id: String
    package let description: String
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    package var versions: [Version]
    package var defaultVersion: String
    /// The number of the next version: ids are never given twice.
    package var nextVersion: Int
    package var tags: [Tag] = []

    package var key: String { arn }
    package var arn: String { "arn:aws:iam::\(account):policy\(path)\(name)" }
    package var document: String { versions.first { $0.id == defaultVersion }?.document ?? "" }
}

/// An account of the organisation. The management account is one too.
package struct MemberAccount: AccessEntity {
    package static let kind = "account"

    package enum Status: String, Codable, Sendable {
        case active = "ACTIVE"
        case suspended = "SUSPENDED"
    }

    /// The management account, in whose part of the store all accounts stand.
    package let account: AccountID
    package let id: AccountID
    package var name: String
    package var email: String
    package var status: Status
    package let joinedAt: Timestamp
    /// `car-…` of the request that made it.
    package let requestID: String
    package var tags: [Tag] = []

    package var key: String { id.description }
}

/// An organisation's policy of type SERVICE_CONTROL_POLICY.
package struct ServiceControlPolicy: AccessEntity {
    package static let kind = "service-control-policy"
    /// Characters.
    package static let maximumLength = 5_120

    package let account: AccountID
    /// `p-…`
    package let id: String
    package var name: String
    package var description: String
    package var document: String
    /// The root's id, and account ids.
    package var targets: [String]
    package var tags: [Tag] = []

    package var key: String { id }
}

/// The organisation itself; there is one, made at the first start.
package struct Organization: AccessEntity {
    package static let kind = "organization"

    package let account: AccountID
    /// `o-…`
    package let id: String
    /// `r-…`
    package let rootID: String

    package var key: String { "organization" }
}
