// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Mail

/// Where a lookup goes on, sealed, so that nobody reads or makes one; good for the same question of the same account
/// alone. The size of the page may change.
struct LookupToken {
    private static let longest = 16 << 10

    private let question: String
    private let sealer: SecretSealer

    init(_ input: LookupEvents.Input, of account: AccountID, sealer: SecretSealer) {
        let attributes = (input.lookupAttributes ?? []).flatMap { [$0.attributeKey, $0.attributeValue] }
        let times = [input.startTime, input.endTime].map { $0.map { "\($0)" } ?? "" }
        // Each with its length: no two questions are the same text.
        question = ([account.description, input.eventCategory ?? ""] + times + attributes)
            .map { "\($0.utf8.count):\($0)" }.joined()
        self.sealer = sealer
    }

    private var purpose: String { "lookup token \(question)" }

    /// - Parameter sequence: the last record that was shown.
    func seal(_ sequence: Int64) throws -> String {
        try sealer.seal(SecretBytes(Array("\(sequence)".utf8)), for: purpose)
    }

    /// - Throws: `InvalidNextTokenException` for one that was not given for this question.
    func open(_ token: String) throws -> Int64 {
        guard token.utf8.count <= Self.longest, let opened = try? sealer.open(token, for: purpose),
            let sequence = Int64(String(decoding: opened.exposed, as: UTF8.self))
        else { throw ServiceError("InvalidNextTokenException", "Invalid token.") }
        return sequence
    }
}
