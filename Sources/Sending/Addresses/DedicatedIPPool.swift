// SPDX-License-Identifier: Apache-2.0

/// A named group of an account's addresses: mail that is assigned to it leaves from one of them and from no other.
package struct DedicatedIPPool: ShelfRecord, Hashable {
    package enum ScalingMode: String, Sendable, Codable, CaseIterable {
        /// Warm-up is the account's to decide.
        case standard = "STANDARD"
        /// The server warms addresses up by itself.
        case managed = "MANAGED"
    }

    package static let kind = "dedicated-ip-pool"
    /// SES: 50 in an account and Region.
    package static let maximumCount = 50
    /// Holds the addresses of an account that are in no pool; every account has it, and its mail leaves from there
    /// where nothing else is said.
    package static let byDefault = "ses-default-dedicated-pool"
    /// Names no pool but the addresses that all accounts share.
    package static let shared = "ses-shared-pool"

    package let name: String
    package var scaling: ScalingMode
    package var tags: [String: String] = [:]

    package init(name: String, scaling: ScalingMode) {
        self.name = name
        self.scaling = scaling
    }

    package func check() throws {
        guard RecordName.isPlain(name, maximum: 64) else {
            throw RecordFailure.invalid(
                "Invalid pool name <\(name.prefix(100))>: only alphanumeric ASCII characters, '_', and '-' are allowed."
            )
        }
        guard name != Self.byDefault, name != Self.shared else {
            throw RecordFailure.invalid("The pool name <\(name)> is reserved.")
        }
    }
}
