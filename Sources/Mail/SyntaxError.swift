// SPDX-License-Identifier: Apache-2.0

/// What is wrong with text a peer or a caller sent, and where.
package struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the grammar wanted, in words a person can act on: `"a domain"`, `"at most 64 octets of local-part"`.
    package let expected: String
    /// Octets from the start of the text to the fault.
    package let offset: Int

    package init(expected: String, offset: Int) {
        self.expected = expected
        self.offset = offset
    }

    package var description: String { "expected \(expected) at offset \(offset)" }
}
