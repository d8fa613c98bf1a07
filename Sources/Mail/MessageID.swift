// SPDX-License-Identifier: Apache-2.0

/// The id that a caller gets for an accepted message, in SES's form:
/// `RRRRtttttttttttt-8-4-4-4-12-000000`: region code, epoch milliseconds, a random UUID, all lower hex.
///
/// Ids of one server sort by time of acceptance.
package struct MessageID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let description: String

    /// - Parameter random: 16 fresh random octets; they become the UUID.
    package init(region: String, at moment: Timestamp, random: (UInt64, UInt64)) {
        let high = (random.0 & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
        let low = (random.1 & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        var text = Array(Self.regionCode(region).utf8)
        text.reserveCapacity(60)
        append(UInt64(bitPattern: moment.milliseconds), digits: 12, to: &text)
        for (value, digits) in [
            (high >> 32, 8), (high >> 16, 4), (high, 4), (low >> 48, 4), (low, 12), (0, 6),
        ] as [(UInt64, Int)] {
            text.append(UInt8(ascii: "-"))
            append(value, digits: digits, to: &text)
        }
        description = String(decoding: text, as: UTF8.self)
    }

    /// Reads an id back; nil when it cannot be one of ours.
    package init?(parsing text: String) {
        guard text.utf8.count == 60, text.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }) else {
            return nil
        }
        description = text
    }

    package static func < (left: Self, right: Self) -> Bool { left.description < right.description }

    /// SES's own codes where they are known; every other region is `01ff`.
    private static func regionCode(_ region: String) -> String {
        switch region {
        case "us-east-1": "0100"
        case "us-west-2": "0101"
        case "eu-west-1": "0102"
        default: "01ff"
        }
    }
}

// The last digits of a number, in lower-case hex.
private func append(_ value: UInt64, digits: Int, to text: inout [UInt8]) {
    for place in (0..<digits).reversed() {
        let digit = UInt8(truncatingIfNeeded: value >> UInt64(4 * place) & 15)
        text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
}
