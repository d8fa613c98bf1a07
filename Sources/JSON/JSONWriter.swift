// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// The document on one line, without spaces.
    ///
    /// Whatever a terminal, an editor or a collector could take for the end of a line or for another order of letters is
    /// escaped, not only what RFC 8259 demands: a text of a stranger's stays one text wherever it is shown.
    package var octets: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(1024)
        write(to: &output)
        return output
    }

    package var text: String { String(decoding: octets, as: UTF8.self) }

    /// Appends the document.
    package func write(to output: inout [UInt8]) {
        switch self {
        case .null: output += "null".utf8
        case .boolean(let value): output += (value ? "true" : "false").utf8
        case .number(let text): output += text.utf8
        case .string(let text): Self.write(text, to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.write(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// Appends a text with its quotation marks.
    package static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var text = text
        let isWritten = text.withUTF8 { octets in
            let isPlain = octets.allSatisfy {
                $0 >= 32 && $0 < 127 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
            if isPlain { output.append(contentsOf: octets) }
            return isPlain
        }
        if !isWritten { for scalar in text.unicodeScalars { write(scalar, to: &output) } }
        output.append(UInt8(ascii: "\""))
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func write(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
        switch scalar.value {
        case 0x22, 0x5C: output += [UInt8(ascii: "\\"), UInt8(scalar.value)]
        // C0, DEL and C1; line and paragraph separator; marks, embeddings, overrides and isolates of direction.
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
            output += "\\u".utf8
            for shift in stride(from: 12, through: 0, by: -4) {
                output.append(digits[Int(scalar.value >> UInt32(shift) & 15)])
            }
        default: output += Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }
}
