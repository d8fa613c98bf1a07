// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A record of the directory: a user, a role, a key. Kept by account and by a key that is unique within its kind.
package protocol AccessEntity: Codable, Hashable, Sendable {
    /// The kind's name in the store; never changed.
    static var kind: String { get }
    var account: AccountID { get }
    var key: String { get }
}

/// A tag: AWS keeps the case of keys and compares them without it.
package struct Tag: Codable, Hashable, Sendable {
    package var key: String
    package var value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

/// What may carry policies: users, groups and roles.
package protocol PolicyHolder: AccessEntity {
    var name: String { get }
    var path: String { get }
    var arn: String { get }
    /// Inline policies: documents as they were put, by name.
    var inline: [String: String] { get set }
    /// ARNs of attached managed policies, in the order of attaching.
    var attached: [String] { get set }
    /// Characters of all inline policies together, white space not counted.
    static var inlineLimit: Int { get }
    /// `user`, `group`, `role`: for messages.
    static var noun: String { get }
}

/// What may be bounded by a managed policy.
package protocol Bounded: PolicyHolder {
    var boundary: String? { get set }
    var tags: [Tag] { get set }
}

/// What may be tagged.
package protocol Taggable: AccessEntity {
    var tags: [Tag] { get set }
}
