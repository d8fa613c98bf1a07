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
    private static let singleInstance = [
        "from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references",
        "return-path", "mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id",
        "content-description", "list-id", "list-unsubscribe", "list-unsubscribe-post", "list-help", "list-post",
        "list-owner", "list-archive", "list-subscribe", "importance", "priority", "precedence",
    ]

    /// The same by their lengths, each with a bit of its own.
    private static let singleInstanceByLength: [[(name: String, bit: UInt64)]] = {
        var table: [[(name: String, bit: UInt64)]] = []
        for (place, name) in singleInstance.enumerated() {
            while table.count <= name.utf8.count { table.append([]) }
            table[name.utf8.count].append((name, 1 << UInt64(place)))
        }
        return table
    }()

    /// The name of a field that stands twice though it may stand once.
    package var firstDuplicate: String? {
        let table = Self.singleInstanceByLength
        var seen: UInt64 = 0
        for field in fields where field.name.utf8.count < table.count {
            guard let bit = table[field.name.utf8.count].first(where: { field.isNamed($0.name) })?.bit else { continue }
            if seen & bit != 0 { return field.name }
            seen |= bit
        }
        return nil
    }

    /// All fields and the empty line that ends them.
    package func serialized() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(fields.reduce(2) { $0 + $1.raw.count })
        for field in fields { bytes += field.raw }
        bytes.append(13)
        bytes.append(10)
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
        var line: [UInt8] = []
        line.reserveCapacity(name.utf8.count + value.utf8.count + 4)
        line += name.utf8
        line.append(UInt8(ascii: ":"))
        line.append(32)
        line += value.utf8
        let start = name.utf8.count + 2
        if let bad = line[start...].firstIndex(where: { ($0 < 32 && $0 != 9) || $0 >= 127 }) {
            throw SyntaxError(expected: "printable ASCII in the value of \(name)", offset: bad - start)
        }
        var raw = line.count > Self.columns ? Self.fold(line) : line
        raw.append(13)
        raw.append(10)
        self.init(name: name, raw: raw, valueOffset: name.utf8.count + 1)
    }

    /// Lines keep within these where words allow it (RFC 5322 §2.1.1).
    private static let columns = 78

    package func isNamed(_ other: String) -> Bool {
        name.utf8.count == other.utf8.count
            && zip(name.utf8, other.utf8).allSatisfy { ($0 | 0x20) == ($1 | 0x20) }
    }

    /// Unfolded, without the space around it; octets that are not UTF-8 become U+FFFD.
    package var value: String {
        func isSpace(_ octet: UInt8) -> Bool { octet == 32 || octet == 9 || octet == 13 || octet == 10 }
        var (start, end) = (valueOffset, raw.count)
        while start < end, isSpace(raw[start]) { start += 1 }
        while start < end, isSpace(raw[end - 1]) { end -= 1 }
        let inner = raw[start..<end]
        guard inner.contains(where: { $0 == 13 || $0 == 10 }) else { return String(decoding: inner, as: UTF8.self) }
        return String(decoding: inner.filter { $0 != 13 && $0 != 10 }, as: UTF8.self)
    }

    /// Whether an octet is above 127.
    package var is8Bit: Bool { raw.contains { $0 > 127 } }

    // At spaces, never right behind the colon.
    private static func fold(_ line: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(line.count + line.count / 32 + 8)
        var column = 0
        var start = 0
        while start <= line.count {
            let end = line[start...].firstIndex(of: 32) ?? line.count
            let breaks =
                column > 0 && column + 1 + end - start > columns && end > start && result.last != UInt8(ascii: ":")
            if breaks {
                result.append(13)
                result.append(10)
                result.append(32)
                column = 1
            } else if column > 0 {
                result.append(32)
                column += 1
            }
            result += line[start..<end]
            column += end - start
            start = end + 1
        }
        return result
    }
}
