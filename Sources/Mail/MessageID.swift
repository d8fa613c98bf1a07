// SPDX-License-Identifier: Apache-2.0

/// The id that a caller gets for an accepted message, in SES's form:
/// `RRRRtttttttttttt-8-4-4-4-12-000000`: region code, epoch milliseconds, a random UUID, all lower hex.
///
/// Ids of one server sort by time of acceptance.
package struct MessageID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let description: String

    /// - Parameter random: 16 fresh random octets; they become the UUID.
    package init(region: String, at moment: Timestamp, random: (UInt64, UInt64)) {
        var text = Self.regionCode(region)
        text += hex(UInt64(bitPattern: moment.milliseconds), digits: 12)
        let high = (random.0 & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
        let low = (random.1 & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        let uuid = Array(hex(high, digits: 16) + hex(low, digits: 16))
        for (start, end) in [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)] {
            text += "-" + String(uuid[start..<end])
        }
        description = text + "-000000"
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
        ["us-east-1": "0100", "us-west-2": "0101", "eu-west-1": "0102"][region] ?? "01ff"
    }
}

private func hex(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return text.utf8.count >= digits
        ? String(text.suffix(digits)) : String(repeating: "0", count: digits - text.utf8.count) + text
}
