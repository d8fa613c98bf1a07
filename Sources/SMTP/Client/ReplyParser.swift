// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Puts a server's reply together, line by line (RFC 5321 §4.2, RFC 2034).
///
/// Limits: a line of 2,048 octets, 100 lines a reply.
package struct ReplyParser {
    package static let maximumLineLength = 2048
    package static let maximumLines = 100

    private var input: [UInt8] = []
    private var position = 0
    private var code: UInt16?
    private var enhanced: EnhancedStatusCode?
    private var lines: [String] = []

    package init() {}

    /// Octets that came in and are not part of a reply yet.
    package var hasLeftover: Bool { position < input.count || code != nil }

    package mutating func append(_ bytes: some Collection<UInt8>) { input.append(contentsOf: bytes) }

    /// The next complete reply, or nil until more octets come.
    package mutating func next() throws(SyntaxError) -> Reply? {
        while let end = input[position...].firstIndex(of: 10) {
            var line = input[position..<end]
            position = end + 1
            if line.last == 13 { line.removeLast() }
            guard line.count <= Self.maximumLineLength else { throw tooLong }
            if let reply = try receive(Array(line)) {
                if position == input.count {
                    input.removeAll(keepingCapacity: input.capacity <= 4096)
                    position = 0
                }
                return reply
            }
        }
        guard input.count - position <= Self.maximumLineLength else { throw tooLong }
        return nil
    }

    private mutating func receive(_ line: [UInt8]) throws(SyntaxError) -> Reply? {
        guard line.count >= 3, let code = UInt16(String(decoding: line.prefix(3), as: UTF8.self)),
            (200...599).contains(code),
            line.count == 3 || line[3] == 32 || line[3] == UInt8(ascii: "-"), self.code ?? code == code,
            lines.count < Self.maximumLines
        else { throw SyntaxError(expected: "an SMTP reply", offset: 0) }
        self.code = code
        var text = String(decoding: line.dropFirst(4), as: UTF8.self)
        let word = text.prefix { $0 != " " }
        if let status = EnhancedStatusCode(parsing: word), UInt16(status.category) == code / 100 {
            enhanced = enhanced ?? status
            text = String(text.dropFirst(word.count).drop { $0 == " " })
        }
        lines.append(text)
        if line.count > 3, line[3] == UInt8(ascii: "-") { return nil }
        defer {
            self.code = nil
            enhanced = nil
            lines = []
        }
        return Reply(code: code, enhanced: enhanced, lines: lines)
    }

    private var tooLong: SyntaxError {
        SyntaxError(expected: "a reply line of at most \(Self.maximumLineLength) octets", offset: position)
    }
}
