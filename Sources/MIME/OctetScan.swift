// SPDX-License-Identifier: Apache-2.0

/// Looks for the few octets that mean something in a message, eight at a time: most of a message means nothing.
///
/// A look gives a mark, the high bit of an octet, for each octet that is looked for. Above the lowest mark of eight there
/// may be marks for others too; the lowest itself is always right.
enum OctetScan {
    /// Every octet of a word.
    private static let every: UInt64 = 0x0101_0101_0101_0101
    private static let high: UInt64 = 0x80 * every

    /// Octets below 14: CR, LF and NUL are among them.
    @inline(__always)
    static func controls(_ word: UInt64) -> UInt64 { (word &- 14 * every) & ~word & high }

    /// Octets below 14 and above 127.
    @inline(__always)
    static func controlsAnd8Bit(_ word: UInt64) -> UInt64 { ((word &- 14 * every) | word) & high }

    /// All but 33 to 126 without `=`: what quoted-printable cannot leave as it is without looking around.
    @inline(__always)
    static func unquotable(_ word: UInt64) -> UInt64 {
        let equals = word ^ (UInt64(UInt8(ascii: "=")) * every)
        return ((word &- 33 * every) | (word &+ every) | word | (equals &- every) & ~equals) & high
    }

    /// Where the first octet from `start` on stands that is looked for; `end`, or the end of the octets, if none does.
    @inline(__always)
    static func first(
        in octets: UnsafeRawBufferPointer, from start: Int, to end: Int = .max, _ look: (UInt64) -> UInt64
    ) -> Int {
        let end = min(end, octets.count)
        var index = max(start, 0)
        while index <= end - 8 {
            let marks = look(UInt64(littleEndian: octets.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
            if marks != 0 { return index + marks.trailingZeroBitCount / 8 }
            index += 8
        }
        // One octet among seven that nobody looks for.
        while index < end {
            if look(UInt64(octets[index]) | 0x4141_4141_4141_4100) & 0x80 != 0 { return index }
            index += 1
        }
        return end
    }
}
