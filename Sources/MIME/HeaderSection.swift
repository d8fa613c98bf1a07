// SPDX-License-Identifier: Apache-2.0

package import Mail

/// The header section of a message (RFC 5322 §2.2): its fields in order, each with the octets it came with.
///
/// Limits: 256 KiB, 1,000 fields, lines of 998 octets. A bare CR, a bare LF or a NUL is a syntax error: what one server
/// takes for a line end and another does not is how mail is smuggled.
package struct HeaderSection: Hashable, Sendable {
    package static let maximumLength = 256 * 1024
    package static let maximumFields = 1_000
    package static let maximumLineLength = 998

    package private(set) var fields: [HeaderField]

    package init(fields: [HeaderField] = []) { self.fields = fields }

    /// Reads a header section from the front of a message.
    /// - Returns: the section, and where the body begins.
    package static func parse(_ bytes: [UInt8]) throws(SyntaxError) -> (header: HeaderSection, bodyOffset: Int) {
        var scanner = FieldScanner(bytes)
        var fields: [HeaderField] = []
        while let field = try scanner.next() {
            guard fields.count < maximumFields else {
                throw SyntaxError(expected: "at most \(maximumFields) header fields", offset: scanner.offset)
            }
            fields.append(field)
        }
        return (HeaderSection(fields: fields), scanner.offset)
    }

    package func first(_ name: String) -> HeaderField? { fields.first { $0.isNamed(name) } }
    package func count(of name: String) -> Int { fields.count { $0.isNamed(name) } }
    package mutating func remove(named names: [String]) {
        fields.removeAll { field in names.contains { field.isNamed($0) } }
    }

    /// Adds a field at the end, folded where it is long.
    package mutating func append(name: String, value: String) throws(SyntaxError) {
        fields.append(try HeaderField(name: name, value: value))
    }

    package mutating func append(_ field: HeaderField) { fields.append(field) }

    /// Puts a field in the place of the first of its name, or at the end.
    package mutating func replace(_ field: HeaderField) {
        if let index = fields.firstIndex(where: { $0.isNamed(field.name) }) {
            fields[index] = field
        } else {
            fields.append(field)
        }
    }

    /// Fields that may stand once (RFC 5322 §3.6, and SES's list of single-instance fields).
    private static let singleInstance: Set<String> = [
        "from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references",
        "return-path", "mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id",
        "content-description", "list-id", "list-unsubscribe", "list-unsubscribe-post", "list-help", "list-post",
        "list-owner", "list-archive", "list-subscribe", "importance", "priority", "precedence",
    ]

    /// The name of a field that stands twice though it may stand once.
    package var firstDuplicate: String? {
        var seen: Set<String> = []
        for field in fields {
            let name = field.name.lowercased()
            if Self.singleInstance.contains(name), !seen.insert(name).inserted { return field.name }
        }
        return nil
    }

    /// All fields and the empty line that ends them.
    package func serialized() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(fields.reduce(2) { $0 + $1.raw.count })
        for field in fields { bytes += field.raw }
        bytes += [13, 10]
        return bytes
    }
}

/// One header field.
package struct HeaderField: Hashable, Sendable {
    /// As written.
    package let name: String
    /// Name, colon, value and line ends, as they go on the wire.
    package let raw: [UInt8]
    private let valueOffset: Int

    init(name: String, raw: [UInt8], valueOffset: Int) {
        self.name = name
        self.raw = raw
        self.valueOffset = valueOffset
    }

    /// A field of ours: 7-bit, folded at spaces towards 78 columns.
    package init(name: String, value: String) throws(SyntaxError) {
        guard !name.isEmpty, name.utf8.allSatisfy({ (33...126).contains($0) && $0 != UInt8(ascii: ":") }) else {
            throw SyntaxError(expected: "a header name of printable ASCII without colon", offset: 0)
        }
        let octets = Array(value.utf8)
        if let bad = octets.firstIndex(where: { ($0 < 32 && $0 != 9) || $0 >= 127 }) {
            throw SyntaxError(expected: "printable ASCII in the value of \(name)", offset: bad)
        }
        var line = Array(name.utf8)
        line.reserveCapacity(line.count + octets.count + 4)
        line += [UInt8(ascii: ":"), 32]
        line += octets
        var raw = Self.fold(line)
        raw += [13, 10]
        self.init(name: name, raw: raw, valueOffset: name.utf8.count + 1)
    }

    package func isNamed(_ other: String) -> Bool {
        name.utf8.count == other.utf8.count
            && zip(name.utf8, other.utf8).allSatisfy { ($0 | 0x20) == ($1 | 0x20) }
    }

    /// Unfolded, without the space around it; octets that are not UTF-8 become U+FFFD.
    package var value: String {
        let unfolded = raw[valueOffset...].filter { $0 != 13 && $0 != 10 }
        let start = unfolded.drop { $0 == 32 || $0 == 9 }
        let end = start.lastIndex { $0 != 32 && $0 != 9 }
        return end.map { String(decoding: start[...$0], as: UTF8.self) } ?? ""
    }

    /// Whether an octet is above 127.
    package var is8Bit: Bool { raw.contains { $0 > 127 } }

    // At spaces, so that lines keep within 78 columns where words allow it (RFC 5322 §2.1.1).
    private static func fold(_ line: [UInt8]) -> [UInt8] {
        guard line.count > 78 else { return line }
        var result: [UInt8] = []
        result.reserveCapacity(line.count + line.count / 32)
        var column = 0
        for word in line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false) {
            let breaks =
                column > 0 && column + 1 + word.count > 78 && !word.isEmpty && result.last != UInt8(ascii: ":")
            if breaks {
                result += [13, 10, 32]
                column = 1
            } else if column > 0 {
                result.append(32)
                column += 1
            }
            result += word
            column += word.count
        }
        return result
    }
}
