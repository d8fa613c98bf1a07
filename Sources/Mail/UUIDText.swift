// SPDX-License-Identifier: Apache-2.0

/// UUIDs as they are written: 36 characters, all lower hex (RFC 9562 §4).
package enum UUIDText {
    /// Version 4: random (§5.4).
    package static func random(_ random: RandomBits) -> String { make(random(), random(), version: 4) }

    /// Of 128 bits, of which six say the version and the variant.
    package static func make(_ high: UInt64, _ low: UInt64, version: UInt8) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        write(high, low, version: version, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    package static func write(_ high: UInt64, _ low: UInt64, version: UInt8, to text: inout [UInt8]) {
        let high = high & 0xFFFF_FFFF_FFFF_0FFF | UInt64(version & 15) << 12
        let low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let hyphen = UInt8(ascii: "-")
        digits(of: high >> 32, 8, to: &text)
        text.append(hyphen)
        digits(of: high >> 16, 4, to: &text)
        text.append(hyphen)
        digits(of: high, 4, to: &text)
        text.append(hyphen)
        digits(of: low >> 48, 4, to: &text)
        text.append(hyphen)
        digits(of: low, 12, to: &text)
    }

    /// The last digits of a number.
    static func digits(of value: UInt64, _ count: Int, to text: inout [UInt8]) {
        for place in (0..<count).reversed() {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(4 * place) & 15)
            text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
