// SPDX-License-Identifier: Apache-2.0

/// Reads one document, octet by octet. The octets are UTF-8: that was seen to.
struct JSONReader {
    private let octets: [UInt8]
    private let maximumDepth: Int
    private let allowsRepeatedNames: Bool
    private var position = 0

    init(_ octets: [UInt8], maximumDepth: Int, allowsRepeatedNames: Bool) {
        self.octets = octets
        self.maximumDepth = maximumDepth
        self.allowsRepeatedNames = allowsRepeatedNames
    }

    mutating func document() throws(JSONSyntaxError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard position == octets.count else { throw fault("something follows the document") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard depth < maximumDepth else { throw fault("nested too deeply") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try array(depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(_ depth: Int) throws(JSONSyntaxError) -> JSONValue {
        position += 1
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        guard !take("}") else { return .object([]) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw fault("a member's name was expected") }
            let name = try string()
            guard allowsRepeatedNames || names.insert(name).inserted else { throw fault("\"\(name)\" stands twice") }
            guard take(":") else { throw fault("':' was expected") }
            members.append(.init(name: name, value: try value(depth: depth + 1)))
        } while take(",")
        guard take("}") else { throw fault("',' or '}' was expected") }
        return .object(members)
    }

    private mutating func array(_ depth: Int) throws(JSONSyntaxError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        guard !take("]") else { return .array([]) }
        repeat { elements.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw fault("',' or ']' was expected") }
        return .array(elements)
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        passPlainText()
        // Nearly every string is as it stands.
        if next == UInt8(ascii: "\"") {
            position += 1
            return String(decoding: octets[start..<(position - 1)], as: UTF8.self)
        }
        return try string(after: octets[start..<position])
    }

    private mutating func string(after plain: ArraySlice<UInt8>) throws(JSONSyntaxError) -> String {
        var bytes = Array(plain)
        while next == UInt8(ascii: "\\") {
            position += 1
            try escape(into: &bytes)
            let start = position
            passPlainText()
            bytes += octets[start..<position]
        }
        guard let end = next else { throw fault("a string does not end") }
        guard end == UInt8(ascii: "\"") else { throw fault("a control character stands in a string") }
        position += 1
        return String(decoding: bytes, as: UTF8.self)
    }

    // unescaped = %x20-21 / %x23-5B / %x5D-10FFFF          ; RFC 8259 §7
    private mutating func passPlainText() {
        let start = position
        position = octets.withUnsafeBytes { octets in
            var end = start
            while end <= octets.count - 8,
                Self.isPlain(octets.loadUnaligned(fromByteOffset: end, as: UInt64.self))
            { end += 8 }
            while end < octets.count, octets[end] >= 32, octets[end] != UInt8(ascii: "\""),
                octets[end] != UInt8(ascii: "\\")
            { end += 1 }
            return end
        }
    }

    // Eight octets at a look: none below 32, no quotation mark and no backslash. Those above 127 are plain.
    private static func isPlain(_ word: UInt64) -> Bool {
        let every: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (every * UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (every * UInt64(UInt8(ascii: "\\")))
        return ((word &- every * 32) | (quotes &- every) | (backslashes &- every)) & ~word & (every * 0x80) == 0
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(JSONSyntaxError) {
        guard let octet = next else { throw fault("a string does not end") }
        position += 1
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(octet)
        case UInt8(ascii: "b"): bytes.append(8)
        case UInt8(ascii: "f"): bytes.append(12)
        case UInt8(ascii: "n"): bytes.append(10)
        case UInt8(ascii: "r"): bytes.append(13)
        case UInt8(ascii: "t"): bytes.append(9)
        case UInt8(ascii: "u"): bytes += try unicodeEscape()
        default: throw fault("an unknown escape stands in a string")
        }
    }

    private mutating func unicodeEscape() throws(JSONSyntaxError) -> [UInt8] {
        var code = try fourHexDigits()
        if (0xD800...0xDBFF).contains(code) {
            guard next == UInt8(ascii: "\\"), position + 1 < octets.count, octets[position + 1] == UInt8(ascii: "u")
            else { throw fault("half a surrogate pair") }
            position += 2
            let low = try fourHexDigits()
            guard (0xDC00...0xDFFF).contains(low) else { throw fault("half a surrogate pair") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw fault("half a surrogate pair") }
        return Array(String(Character(scalar)).utf8)
    }

    private mutating func fourHexDigits() throws(JSONSyntaxError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let octet = next, let digit = Character(Unicode.Scalar(octet)).hexDigitValue else {
                throw fault("\\u needs four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        // int = zero / ( digit1-9 *DIGIT )          ; RFC 8259 §6
        let isZero = next == UInt8(ascii: "0")
        let whole = position
        guard digits() else { throw fault("a value was expected") }
        guard !isZero || position == whole + 1 else { throw fault("a number begins with a needless 0") }
        if next == UInt8(ascii: ".") {
            position += 1
            guard digits() else { throw fault("a number ends in '.'") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard digits() else { throw fault("a number has no exponent") }
        }
        return .number(String(decoding: octets[start..<position], as: UTF8.self))
    }

    private mutating func digits() -> Bool {
        let start = position
        while let octet = next, (48...57).contains(octet) { position += 1 }
        return position > start
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        guard octets[position...].starts(with: word.utf8) else { throw fault("a value was expected") }
        position += word.utf8.count
        return value
    }

    private var next: UInt8? { position < octets.count ? octets[position] : nil }

    private mutating func skipSpace() {
        while let octet = next, octet == 32 || octet == 9 || octet == 10 || octet == 13 { position += 1 }
    }

    private mutating func take(_ sign: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: sign) else { return false }
        position += 1
        return true
    }

    private func fault(_ reason: String) -> JSONSyntaxError {
        let read = octets[..<min(position, octets.count)]
        return JSONSyntaxError(
            reason: reason, offset: position, line: read.count { $0 == 10 } + 1,
            column: position - (read.lastIndex(of: 10) ?? -1))
    }
}
