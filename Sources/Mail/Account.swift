// SPDX-License-Identifier: Apache-2.0

/// A twelve-digit AWS account id: who owns identities, quota and mail.
package struct AccountID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        guard text.utf8.count == 12, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        description = text
    }

    private init(digits: String) { description = digits }

    /// Of what has lost its account: no account has this number.
    package static let nobody = AccountID(digits: "000000000000")
}

extension AccountID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let account = AccountID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an account id")
        }
        self = account
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
