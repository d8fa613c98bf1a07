// SPDX-License-Identifier: Apache-2.0

/// Base64 (RFC 2045 §6.8).
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, octet) in alphabet.enumerated() { table[Int(octet)] = UInt8(value) }
        return table
    }()

    package static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var held = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            held += 1
            if held == 3 {
                for shift in [18, 12, 6, 0] as [UInt32] { result.append(alphabet[Int(group >> shift & 63)]) }
                group = 0
                held = 0
            }
        }
        if held > 0 {
            group <<= 8 * UInt32(3 - held)
            for place in 0..<4 {
                result.append(place <= held ? alphabet[Int(group >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "="))
            }
        }
        return result
    }

    /// In lines of 76, each ended by CRLF.
    package static func lines(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let text = encode(bytes)
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 38 + 2)
        for start in stride(from: 0, to: text.count, by: 76) {
            result += text[start..<min(start + 76, text.count)]
            result += [13, 10]
        }
        return result
    }

    /// Takes what it can: octets outside the alphabet are passed over, as RFC 2045 asks.
    package static func decode(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var bits = 0
        for octet in text {
            let value = values[Int(octet)]
            if value == 255 { continue }
            group = (group << 6 | UInt32(value)) & 0xFFFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return result
    }
}

/// Quoted-printable (RFC 2045 §6.7).
package enum QuotedPrintable {
    private static let hex = Array("0123456789ABCDEF".utf8)

    /// Encodes text whose lines end in CRLF; the line ends stay line ends.
    package static func encode(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 8)
        var column = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == 13, index + 1 < text.count, text[index + 1] == 10 {
                result += [13, 10]
                column = 0
                index += 2
                continue
            }
            // Most of what is written stays as it is. Of white space it matters what follows.
            let end = text.withUnsafeBytes {
                OctetScan.first(in: $0, from: index, to: index + 75 - column, OctetScan.unquotable)
            }
            if end > index {
                result += text[index..<end]
                column += end - index
                index = end
                continue
            }
            let isPlain = isPlain(byte, atLineEnd: index + 1 >= text.count || text[index + 1] == 13)
            let width = isPlain ? 1 : 3
            if column + width > 75 {
                result.append(UInt8(ascii: "="))
                result.append(13)
                result.append(10)
                column = 0
            }
            if isPlain {
                result.append(byte)
            } else {
                result.append(UInt8(ascii: "="))
                result.append(hex[Int(byte >> 4)])
                result.append(hex[Int(byte & 15)])
            }
            column += width
            index += 1
        }
        return result
    }

    private static func isPlain(_ byte: UInt8, atLineEnd: Bool) -> Bool {
        (33...126).contains(byte) && byte != UInt8(ascii: "=") || (byte == 32 || byte == 9) && !atLineEnd
    }

    package static func decode(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "=") {
                if index + 2 < text.count, let high = digit(text[index + 1]), let low = digit(text[index + 2]) {
                    result.append(high << 4 | low)
                    index += 3
                    continue
                }
                var end = index + 1
                while end < text.count, text[end] == 32 || text[end] == 9 || text[end] == 13 { end += 1 }
                if end < text.count, text[end] == 10 {
                    index = end + 1
                    continue
                }
            }
            result.append(text[index])
            index += 1
        }
        return result
    }

    /// The "Q" encoding of header words, in which `_` is a space (RFC 2047 §4.2).
    static func decodeWord(_ text: [UInt8]) -> [UInt8] { decode(text.map { $0 == UInt8(ascii: "_") ? 32 : $0 }) }

    private static func digit(_ octet: UInt8) -> UInt8? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
