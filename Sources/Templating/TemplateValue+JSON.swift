// SPDX-License-Identifier: Apache-2.0

extension TemplateValue {
    /// Octets of one data document.
    package static let maximumLength = 262_144
    static let maximumDepth = 64

    /// Template data: a JSON object (RFC 8259). An empty text is an empty one.
    ///
    /// Read here because general decoders turn numbers into binary ones, and their text is what belongs in a message.
    package init(data text: String) throws(TemplateDataFault) {
        guard text.utf8.count <= Self.maximumLength else {
            throw TemplateDataFault(description: "Template data is longer than \(Self.maximumLength) bytes.")
        }
        guard !text.isEmpty else {
            self = .object(TemplateObject())
            return
        }
        var reader = TemplateDataReader(text)
        self = try reader.document()
        guard case .object = self else { throw TemplateDataFault(description: "Template data is not a JSON object.") }
    }
}

/// Why template data cannot be read.
package struct TemplateDataFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

private struct TemplateDataReader {
    private let octets: [UInt8]
    private var position = 0

    init(_ text: String) { octets = Array(text.utf8) }

    mutating func document() throws(TemplateDataFault) -> TemplateValue {
        let value = try value(0)
        skipSpace()
        guard position == octets.count else { throw fault("something follows the object") }
        return value
    }

    private mutating func value(_ depth: Int) throws(TemplateDataFault) -> TemplateValue {
        guard depth < TemplateValue.maximumDepth else { throw fault("nested too deeply") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try list(depth)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .flag(true))
        case UInt8(ascii: "f"): return try word("false", .flag(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object(_ depth: Int) throws(TemplateDataFault) -> TemplateValue {
        position += 1
        var object = TemplateObject()
        guard !take("}") else { return .object(object) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw fault("a member's name was expected") }
            let name = try string()
            guard take(":") else { throw fault("':' was expected") }
            object[name] = try value(depth + 1)
        } while take(",")
        guard take("}") else { throw fault("',' or '}' was expected") }
        return .object(object)
    }

    private mutating func list(_ depth: Int) throws(TemplateDataFault) -> TemplateValue {
        position += 1
        var elements: [TemplateValue] = []
        guard !take("]") else { return .list([]) }
        repeat { elements.append(try value(depth + 1)) } while take(",")
        guard take("]") else { throw fault("',' or ']' was expected") }
        return .list(elements)
    }

    private mutating func string() throws(TemplateDataFault) -> String {
        position += 1
        var bytes: [UInt8] = []
        while let octet = next, octet != UInt8(ascii: "\"") {
            guard octet >= 32 else { throw fault("a control character stands in a string") }
            position += 1
            if octet == UInt8(ascii: "\\") { bytes += try escape() } else { bytes.append(octet) }
        }
        guard next != nil else { throw fault("a string does not end") }
        position += 1
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func escape() throws(TemplateDataFault) -> [UInt8] {
        guard let octet = next else { throw fault("a string does not end") }
        position += 1
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [octet]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw fault("an unknown escape stands in a string")
        }
    }

    private mutating func unicodeEscape() throws(TemplateDataFault) -> [UInt8] {
        var code = try fourHexDigits()
        if (0xD800...0xDBFF).contains(code) {
            guard octets[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
                throw fault("half a surrogate pair")
            }
            position += 2
            let low = try fourHexDigits()
            guard (0xDC00...0xDFFF).contains(low) else { throw fault("half a surrogate pair") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw fault("half a surrogate pair") }
        return Array(String(Character(scalar)).utf8)
    }

    private mutating func fourHexDigits() throws(TemplateDataFault) -> UInt32 {
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

    private mutating func number() throws(TemplateDataFault) -> String {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let whole = position
        guard digits() else { throw fault("a value was expected") }
        guard octets[whole] != UInt8(ascii: "0") || position == whole + 1 else { throw fault("a number begins with 0") }
        if next == UInt8(ascii: ".") {
            position += 1
            guard digits() else { throw fault("a number ends in '.'") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard digits() else { throw fault("a number has no exponent") }
        }
        return String(decoding: octets[start..<position], as: UTF8.self)
    }

    private mutating func digits() -> Bool {
        let start = position
        while let octet = next, (48...57).contains(octet) { position += 1 }
        return position > start
    }

    private mutating func word(_ word: String, _ value: TemplateValue) throws(TemplateDataFault) -> TemplateValue {
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

    private func fault(_ why: String) -> TemplateDataFault {
        TemplateDataFault(description: "Template data is not valid JSON: \(why), at octet \(position).")
    }
}
