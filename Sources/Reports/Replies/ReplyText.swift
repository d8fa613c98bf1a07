// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A refusal made ready to be looked at: its code, its enhanced code, its words in one spelling.
///
/// Words are read to `maximumLength` octets. Addresses in them become `@`, because a mailbox may be called
/// `spam@example.com`; codes that multi-line replies repeat in the middle of a sentence are left out.
package struct ReplyText: Hashable, Sendable {
    package static let maximumLength = 2_000

    /// Nil where a delivery report gives an enhanced code only.
    package let code: UInt16?
    package let status: EnhancedStatusCode?
    let words: [UInt8]

    package init(_ reply: Reply) {
        self.init(code: reply.code, status: reply.enhanced, text: reply.lines.joined(separator: " ")[...])
    }

    /// Reads what a log or a delivery report says: `550 5.1.1 no such user`, `smtp; 550 …`, `host x said: 550 …`, `5.1.1`.
    /// - Throws: `SyntaxError` where there is no code of a refusal.
    package init(parsing text: String) throws(SyntaxError) {
        if let (code, rest) = ReplyCode.find(in: text) {
            self.init(code: code, status: nil, text: rest)
        } else if let (status, rest) = ReplyCode.status(leading: text[...]) {
            self.init(code: nil, status: status, text: rest)
        } else {
            throw SyntaxError(
                expected: "a reply that begins with a code from 400 to 599, or an enhanced code such as 5.1.1",
                offset: 0)
        }
    }

    /// What a delivery report says of one recipient (RFC 3464 §2.3.4 and §2.3.6).
    package init(status: EnhancedStatusCode?, diagnostic: String?) {
        let diagnostic = String((diagnostic ?? "").prefix(Self.maximumLength))
        if let (code, rest) = ReplyCode.find(in: diagnostic) {
            self.init(code: code, status: ReplyCode.status(leading: rest)?.0 ?? status, text: rest)
        } else {
            self.init(code: nil, status: status, text: diagnostic[...])
        }
    }

    private init(code: UInt16?, status: EnhancedStatusCode?, text: Substring) {
        let leading = ReplyCode.status(leading: text)
        let text = leading?.1 ?? text
        self.code = code
        self.status = status ?? leading?.0 ?? ReplyCode.status(marked: text)
        words = Self.withoutAddresses(
            Self.withoutCodes(
                TextFolding.text(text, limit: Self.maximumLength), code: code, status: leading?.0 ?? status))
    }

    /// Whether the peer asks to try again.
    package var isTransient: Bool {
        if let code { return code < 500 }
        return status?.category == 4
    }

    var hasWords: Bool { words.contains { $0.isLetterOrDigit || $0 >= 0x80 } }

    /// Leaves out `550-5.1.1`, `550 5.1.1` and `5.1.1` where a word begins.
    private static func withoutCodes(_ words: [UInt8], code: UInt16?, status: EnhancedStatusCode?) -> [UInt8] {
        guard let code, let digit = "\(code)".utf8.first, words.contains(digit) else { return words }
        let markers = ["\(code)-", "\(code) "] + (status.map { ["\($0) "] } ?? [])
        let known = markers.map { Array($0.utf8) }
        var kept: [UInt8] = []
        kept.reserveCapacity(words.count)
        var index = 0
        while index < words.count {
            let beginsWord =
                kept.last == TextFolding.space && (UInt8(ascii: "4")...UInt8(ascii: "5")).contains(words[index])
            if beginsWord, let marker = known.first(where: { words[index...].starts(with: $0) }) {
                index += marker.count
            } else {
                kept.append(words[index])
                index += 1
            }
        }
        return kept
    }

    private static func withoutAddresses(_ words: [UInt8]) -> [UInt8] {
        guard words.contains(UInt8(ascii: "@")) else { return words }
        var kept: [UInt8] = []
        kept.reserveCapacity(words.count)
        var index = 0
        while index < words.count {
            let octet = words[index]
            kept.append(octet)
            index += 1
            guard octet == UInt8(ascii: "@"), index < words.count, isDomainText(words[index]) else { continue }
            kept.removeLast()
            while let last = kept.last, isLocalText(last), !kept.suffix(2).elementsEqual("..".utf8) {
                kept.removeLast()
            }
            kept.append(octet)
            while index < words.count, isDomainText(words[index]) { index += 1 }
        }
        return kept
    }

    private static func isDomainText(_ octet: UInt8) -> Bool {
        octet.isLetterOrDigit || octet == UInt8(ascii: "-") || octet == UInt8(ascii: ".") || octet == UInt8(ascii: "_")
            || octet >= 0x80
    }

    private static func isLocalText(_ octet: UInt8) -> Bool {
        isDomainText(octet) || octet == UInt8(ascii: "+") || octet == UInt8(ascii: "=") || octet == UInt8(ascii: "%")
            || octet == UInt8(ascii: "~")
    }
}

/// Finds the codes of a refusal in what people and programs write about it.
enum ReplyCode {
    /// The code, and what stands behind it: at the beginning, behind `smtp;`, or quoted (`said: 550 …`, `'550 …'`).
    static func find(in text: String) -> (UInt16, Substring)? {
        let octets = Array(text.utf8.prefix(ReplyText.maximumLength))
        guard let first = octets.firstIndex(where: { $0 > 32 }) else { return nil }
        var start: Int?
        if code(in: octets, at: first) != nil { start = first }
        if start == nil {
            // What a reply of another kind (250, 354) or an enhanced code begins is no quotation.
            guard !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octets[first]) else { return nil }
            start = octets.indices.first { isQuotation(octets, at: $0) && code(in: octets, at: $0) != nil }
        }
        guard let start, let code = code(in: octets, at: start) else { return nil }
        let end = text.utf8.index(text.startIndex, offsetBy: start + 3)
        return (code, text[end...].drop { $0 == " " || $0 == "-" || $0 == "\t" || $0 == ":" })
    }

    // reply-code = ("4" / "5") 2DIGIT, with a space, a hyphen, a colon or the end behind it
    private static func code(in octets: [UInt8], at index: Int) -> UInt16? {
        guard index + 3 <= octets.count, octets[index] == UInt8(ascii: "4") || octets[index] == UInt8(ascii: "5") else {
            return nil
        }
        var code: UInt16 = 0
        for octet in octets[index..<index + 3] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) else { return nil }
            code = code * 10 + UInt16(octet - UInt8(ascii: "0"))
        }
        guard index + 3 == octets.count || " -:\t\r\n,;#".utf8.contains(octets[index + 3]) else { return nil }
        return code
    }

    // `: 550`, `;550`, `'550`, `<<< 550`: what gateways put around the words of another server.
    private static func isQuotation(_ octets: [UInt8], at index: Int) -> Bool {
        guard index > 0 else { return false }
        if ";'\"<".utf8.contains(octets[index - 1]) { return true }
        return index > 1 && octets[index - 1] == 32 && ":;'\"<".utf8.contains(octets[index - 2])
    }

    /// `5.1.1`, `#5.1.1`, `(5.1.1)`, `[5.1.1]` in front of a text, and what stands behind it.
    static func status(leading text: Substring) -> (EnhancedStatusCode, Substring)? {
        let start = text.prefix(20).drop { " \t#([<-:".contains($0) }
        let word = start.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let rest = text[word.endIndex...]
        guard let status = EnhancedStatusCode(parsing: word) ?? EnhancedStatusCode(parsing: word.dropLast()),
            status.category != 2, rest.first.map({ " :;,)]>-\t\r\n\"'".contains($0) }) ?? true
        else { return nil }
        return (status, rest.drop { " :;,)]>-\t".contains($0) })
    }

    /// `(#5.1.1)`, `(5.1.1)`: qmail and others write the enhanced code at the end of the text.
    static func status(marked text: Substring) -> EnhancedStatusCode? {
        for piece in text.utf8.prefix(ReplyText.maximumLength).split(whereSeparator: { "(#[".utf8.contains($0) })
            .dropFirst().prefix(20)
        {
            let number = piece.prefix {
                $0 == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
            let closes = piece.dropFirst(number.count).first.map { ")] ;:,".utf8.contains($0) } ?? true
            let written = EnhancedStatusCode(parsing: String(decoding: number, as: UTF8.self))
            if closes, let written, written.category != 2 { return written }
        }
        return nil
    }
}
