// SPDX-License-Identifier: Apache-2.0

/// A twelve-digit AWS account id: who owns identities, quota and mail.
package struct AccountID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        guard text.utf8.count == 12, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        description = text
    }
}
