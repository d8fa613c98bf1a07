// SPDX-License-Identifier: Apache-2.0

/// A text that equals another only octet for octet, as policies compare texts.
///
/// `String` also takes two spellings of one letter for equal (Unicode's canonical equivalence): as the key of a cache it
/// would hand out one policy's answer for another's.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.isExactly(right.text) }

    package func hash(into hasher: inout Hasher) { text.hashExactly(into: &hasher) }
}

extension String {
    func isExactly(_ other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }

    func hashExactly(into hasher: inout Hasher) {
        var text = self
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // No octet of UTF-8: where one text ends and the next begins.
        hasher.combine(UInt8.max)
    }
}

extension [String] {
    func isExactly(_ other: [String]) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.isExactly($1) }
    }
}
