// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Puts a server's reply together, line by line (RFC 5321 §4.2, RFC 2034).
///
/// Limits: a line of 2,048 octets (the RFC's 512 is exceeded in the field), 100 lines a reply. Control characters in
/// a peer's text become spaces, so that a reply can stand in a log or a record.
package struct ReplyParser {
    package static let maximumLineLength = 2048
    package static let maximumLines = 100

    private var input: [UInt8] = []
    private var position = 0
    private var code: UInt16?
    private var enhanced: EnhancedStatusCode?
    private var lines: [String] = []

    package init() {}

    /// Octets that came in and are not part of a complete reply yet.
    package var hasLeftover: Bool { position < input.count || code != nil }

    package mutating func append(_ bytes: some Collection<UInt8>) {
        if position > 0 {
            input.removeFirst(position)
            position = 0
        }
        input.append(contentsOf: bytes)
    }

    /// The next complete reply, or nil until more octets come.
    /// - Throws: `SyntaxError` when the peer does not speak SMTP; what follows cannot be read then.
    package mutating func next() throws(SyntaxError) -> Reply? {
        while let end = input[position...].firstIndex(of: 10) {
            let start = position
            position = end + 1
            let length = end > start && input[end - 1] == 13 ? end - 1 - start : end - start
            guard length <= Self.maximumLineLength else { throw tooLong(at: start) }
            if let reply = try receive(input[start..<start + length]) { return reply }
        }
        guard input.count - position <= Self.maximumLineLength else { throw tooLong(at: position) }
        return nil
    }

    // Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
    // Reply-code = %x32-35 %x30-35 %x30-39 ; a second digit up to 9 is seen and harmless
    private mutating func receive(_ line: ArraySlice<UInt8>) throws(SyntaxError) -> Reply? {
        let separator = line.dropFirst(3).first
        guard let code = Self.code(line), self.code ?? code == code, lines.count < Self.maximumLines,
            separator == nil || separator == 32 || separator == UInt8(ascii: "-")
        else { throw SyntaxError(expected: "an SMTP reply", offset: line.startIndex) }
        self.code = code
        lines.append(text(line.dropFirst(4), code))
        if separator == UInt8(ascii: "-") { return nil }
        defer {
            self.code = nil
            enhanced = nil
            lines = []
        }
        return Reply(code: code, enhanced: enhanced, lines: lines)
    }

    private static func code(_ line: ArraySlice<UInt8>) -> UInt16? {
        guard line.count >= 3 else { return nil }
        var code: UInt16 = 0
        for octet in line.prefix(3) {
            guard (48...57).contains(octet) else { return nil }
            code = code * 10 + UInt16(octet - 48)
        }
        return (200...599).contains(code) ? code : nil
    }

    // The first enhanced code of a reply counts; one of another class than the reply is text (RFC 2034 §4).
    private mutating func text(_ octets: ArraySlice<UInt8>, _ code: UInt16) -> String {
        let word = octets.prefix { $0 != 32 }
        var rest = octets
        if word.count >= 5, word[word.startIndex + 1] == UInt8(ascii: "."),
            let status = EnhancedStatusCode(parsing: String(decoding: word, as: UTF8.self)),
            UInt16(status.category) == code / 100
        {
            enhanced = enhanced ?? status
            rest = octets[word.endIndex...].drop { $0 == 32 }
        }
        guard rest.contains(where: { $0 < 32 || $0 == 127 }) else { return String(decoding: rest, as: UTF8.self) }
        return String(decoding: rest.map { $0 < 32 || $0 == 127 ? 32 : $0 }, as: UTF8.self)
    }

    private func tooLong(at offset: Int) -> SyntaxError {
        SyntaxError(expected: "a reply line of at most \(Self.maximumLineLength) octets", offset: offset)
    }
}
