// SPDX-License-Identifier: Apache-2.0

/// The detailed code in front of a reply's text: `5.7.1` (RFC 3463).
package struct EnhancedStatusCode: Hashable, Sendable, CustomStringConvertible {
    package let category: UInt8
    package let subject: UInt16
    package let detail: UInt16

    package init(_ category: UInt8, _ subject: UInt16, _ detail: UInt16) {
        self.category = category
        self.subject = subject
        self.detail = detail
    }

    /// `class "." subject "." detail`, at the start of a text; nil where there is none.
    package init?(parsing text: some StringProtocol) {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, let category = UInt8(numbers[0]), [2, 4, 5].contains(category),
            numbers[1].count <= 3, numbers[2].count <= 3,
            let subject = UInt16(numbers[1]), let detail = UInt16(numbers[2])
        else { return nil }
        self.init(category, subject, detail)
    }

    package var description: String { "\(category).\(subject).\(detail)" }
}

/// One answer of an SMTP server: three digits, perhaps an enhanced code, lines of text (RFC 5321 §4.2).
package struct Reply: Hashable, Sendable, CustomStringConvertible {
    package let code: UInt16
    package let enhanced: EnhancedStatusCode?
    /// At least one; without code, enhanced code and line end.
    package let lines: [String]

    package init(_ code: UInt16, _ enhanced: EnhancedStatusCode? = nil, _ lines: String...) {
        self.init(code: code, enhanced: enhanced, lines: lines)
    }

    package init(code: UInt16, enhanced: EnhancedStatusCode?, lines: [String]) {
        self.code = code
        self.enhanced = enhanced
        self.lines = lines.isEmpty ? [""] : lines
    }

    package var isPositive: Bool { (200..<400).contains(code) }
    package var isTransient: Bool { (400..<500).contains(code) }
    package var isPermanent: Bool { (500..<600).contains(code) }

    /// On one line, for logs and records: `550 5.1.1 no such user`.
    package var description: String {
        ([String(code)] + [enhanced?.description].compactMap(\.self) + [lines.joined(separator: " ")])
            .filter { !$0.isEmpty }.joined(separator: " ")
    }
}
