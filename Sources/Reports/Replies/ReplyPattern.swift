// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Which reply codes a rule means: `550`, `55x`, `5xx` (RFC 5321 §4.2.1).
package struct CodePattern: Hashable, Sendable {
    private let range: ClosedRange<UInt16>

    // code-pattern = ("4" / "5") (2DIGIT / DIGIT "x" / "xx")
    package init?(parsing text: String) {
        let octets = Array(text.utf8)
        guard octets.count == 3, octets[0] == UInt8(ascii: "4") || octets[0] == UInt8(ascii: "5") else { return nil }
        let digits = octets.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard octets.dropFirst(digits.count).allSatisfy({ $0 == UInt8(ascii: "x") }) else { return nil }
        let width: UInt16 = [1: 100, 2: 10, 3: 1][digits.count] ?? 100
        let first = digits.reduce(UInt16(0)) { $0 * 10 + UInt16($1 - UInt8(ascii: "0")) } * width
        range = first...(first + width - 1)
    }

    package func matches(_ code: UInt16?) -> Bool { code.map(range.contains) ?? false }

    /// Whether it means transient replies only.
    package var isTransient: Bool { range.upperBound < 500 }
}

/// Which enhanced status codes a rule means: `5.1.1`, `5.7.x`, `x.2.2` (RFC 3463).
package struct StatusPattern: Hashable, Sendable {
    private let category: UInt16?, subject: UInt16?, detail: UInt16?

    // status-pattern = ("4" / "5" / "x") "." (1*3DIGIT / "x") "." (1*3DIGIT / "x")
    package init?(parsing text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, ["4", "5", "x"].contains(parts[0]) else { return nil }
        for part in parts where part != "x" {
            guard (1...3).contains(part.utf8.count), UInt16(part) != nil else { return nil }
        }
        (category, subject, detail) = (UInt16(parts[0]), UInt16(parts[1]), UInt16(parts[2]))
    }

    package func matches(_ status: EnhancedStatusCode?) -> Bool {
        guard let status else { return false }
        return category.map { $0 == UInt16(status.category) } ?? true
            && subject.map { $0 == status.subject } ?? true && detail.map { $0 == status.detail } ?? true
    }
}

/// Words that stand in a reply's text: pieces in this order, each at most `maximumGap` octets behind the one before.
///
/// Written `user * unknown`. Case, accents and runs of space do not count. A piece has 3 to 200 octets, because shorter
/// ones are in every text.
package struct Phrase: Hashable, Sendable {
    package static let maximumGap = 80
    package static let pieceLength = 3...200
    package static let maximumPieces = 5

    let pieces: [[UInt8]]

    package init(parsing text: String) throws(SyntaxError) {
        let pieces = text.split(separator: "*", omittingEmptySubsequences: false).map { TextFolding.phrase($0) }
        guard pieces.count <= Self.maximumPieces else {
            throw SyntaxError(expected: "at most \(Self.maximumPieces) pieces between '*'", offset: 0)
        }
        guard pieces.allSatisfy({ Self.pieceLength.contains($0.count) }) else {
            throw SyntaxError(
                expected: "pieces of \(Self.pieceLength.lowerBound) to \(Self.pieceLength.upperBound) octets", offset: 0
            )
        }
        self.pieces = pieces
    }
}
