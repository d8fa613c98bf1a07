// SPDX-License-Identifier: Apache-2.0

extension CBORValue {
    /// The item as octets: shortest numbers and lengths, floats of 64 bits, nothing of indefinite length (RFC 8949 §4.1).
    package var octets: [UInt8] {
        var output: [UInt8] = []
        write(to: &output)
        return output
    }

    /// Appends the item.
    package func write(to output: inout [UInt8]) {
        switch self {
        case .unsigned(let number): Self.head(0, number, to: &output)
        case .negative(let number): Self.head(1, number, to: &output)
        case .bytes(let bytes):
            Self.head(2, UInt64(bytes.count), to: &output)
            output += bytes
        case .text(let text): Self.write(text, to: &output)
        case .array(let elements):
            Self.head(4, UInt64(elements.count), to: &output)
            for element in elements { element.write(to: &output) }
        case .map(let members):
            Self.head(5, UInt64(members.count), to: &output)
            for member in members {
                Self.write(member.name, to: &output)
                member.value.write(to: &output)
            }
        case .tagged(let tag, let value):
            Self.head(6, tag, to: &output)
            value.write(to: &output)
        case .boolean(let flag): output.append(flag ? 0xF5 : 0xF4)
        case .null: output.append(0xF6)
        case .double(let number):
            output.append(0xFB)
            Self.write(number.bitPattern, width: 8, to: &output)
        }
    }

    private static func write(_ text: String, to output: inout [UInt8]) {
        head(3, UInt64(text.utf8.count), to: &output)
        output += text.utf8
    }

    private static func head(_ type: UInt8, _ argument: UInt64, to output: inout [UInt8]) {
        let (information, width): (UInt8, Int) =
            switch argument {
            case 0..<24: (UInt8(truncatingIfNeeded: argument), 0)
            case 0...0xFF: (24, 1)
            case 0...0xFFFF: (25, 2)
            case 0...0xFFFF_FFFF: (26, 4)
            default: (27, 8)
            }
        output.append(type << 5 | information)
        write(argument, width: width, to: &output)
    }

    private static func write(_ number: UInt64, width: Int, to output: inout [UInt8]) {
        for place in (0..<width).reversed() { output.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * place))) }
    }
}
