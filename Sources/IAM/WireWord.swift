// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access

/// A word out of a closed list; any other is refused in IAM's words.
protocol WireWord: RawRepresentable<String>, CaseIterable, Decodable, Sendable {
    /// The member that holds it, for messages.
    static var member: String { get }
}

extension WireWord {
    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let word = Self.allCases.first(where: { $0.rawValue == text }) else {
            let words = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw ServiceError(
                IAMRules.violation(Self.member, "Member must satisfy enum value set: [\(words)]"))
        }
        self = word
    }
}
