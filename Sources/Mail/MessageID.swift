// SPDX-License-Identifier: Apache-2.0

/// The id that a caller gets for an accepted message, in SES's form:
/// `RRRRtttttttttttt-8-4-4-4-12-000000`: region code, epoch milliseconds, a random UUID, all lower hex.
///
/// Ids of one server sort by time of acceptance.
package struct MessageID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let description: String

    /// - Parameter random: 16 fresh random octets; they become the UUID.
    package init(region: String, at moment: Timestamp, random: (UInt64, UInt64)) {
        var text = Array(Self.regionCode(region).utf8)
        text.reserveCapacity(60)
        UUIDText.digits(of: UInt64(bitPattern: moment.milliseconds), 12, to: &text)
        text.append(UInt8(ascii: "-"))
        UUIDText.write(random.0, random.1, version: 4, to: &text)
        text += "-000000".utf8
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
