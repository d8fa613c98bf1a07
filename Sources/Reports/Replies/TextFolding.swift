// SPDX-License-Identifier: Apache-2.0

/// Makes spellings of one text alike: lower case, Latin letters without accents, one space between words.
///
/// Servers write "Boîte pleine" and "Boite pleine", and break a sentence wherever a line of a reply ends.
enum TextFolding {
    /// A piece of a phrase. Space at its ends stays, because it means that a word ends there.
    static func phrase(_ text: Substring) -> [UInt8] {
        var folded: [UInt8] = []
        for scalar in text.unicodeScalars { append(scalar, to: &folded) }
        return folded
    }

    /// A reply's text with a space before and behind it.
    /// - Parameter limit: octets of the text that are looked at.
    static func text(_ text: some StringProtocol, limit: Int) -> [UInt8] {
        var folded: [UInt8] = [space]
        folded.reserveCapacity(min(text.utf8.count, limit) + 8)
        let isASCII = text.utf8.withContiguousStorageIfAvailable { appendASCII($0, limit: limit, to: &folded) }
        if isASCII == true { return folded }
        folded = [space]
        for scalar in text.unicodeScalars {
            if folded.count >= limit { break }
            append(scalar, to: &folded)
        }
        if folded.last != space { folded.append(space) }
        return folded
    }

    static let space = UInt8(ascii: " ")

    /// What nearly all replies are, without looking at scalars.
    /// - Returns: whether the text is ASCII.
    private static func appendASCII(_ text: UnsafeBufferPointer<UInt8>, limit: Int, to folded: inout [UInt8]) -> Bool {
        for octet in text {
            if folded.count >= limit { break }
            guard octet < 0x80 else { return false }
            if octet <= 0x20 || octet == 0x7F {
                if folded.last != space { folded.append(space) }
            } else {
                folded.append((0x41...0x5A).contains(octet) ? octet | 0x20 : octet)
            }
        }
        if folded.last != space { folded.append(space) }
        return true
    }

    private static func append(_ scalar: Unicode.Scalar, to folded: inout [UInt8]) {
        let value = scalar.value
        switch value {
        case 0x41...0x5A: folded.append(UInt8(truncatingIfNeeded: value) | 0x20)
        case 0x21...0x7E: folded.append(UInt8(truncatingIfNeeded: value))
        case 0...0x20, 0x7F, 0xA0, 0x3000: if folded.last != space { folded.append(space) }
        case 0x80...0xBF: append(octetsOf: scalar, to: &folded)
        case 0xC0...0x17F: appendLatin(scalar, to: &folded)
        case 0x2018, 0x2019: folded.append(UInt8(ascii: "'"))
        case 0x201C, 0x201D: folded.append(UInt8(ascii: "\""))
        case 0x391...0x3A9, 0x410...0x42F: append(shifted: scalar, by: 0x20, to: &folded)
        case 0x400...0x40F: append(shifted: scalar, by: 0x50, to: &folded)
        default: append(octetsOf: scalar, to: &folded)
        }
    }

    // U+00C0 to U+017F: the letter under the accent; "?" for signs and for letters that have no such.
    private static let latin = Array(
        ("aaaaaaaceeeeiiiidnooooo?ouuuuy?" + "saaaaaaaceeeeiiiidnooooo?ouuuuy?y"
            + "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrr"
            + "ssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs").utf8)

    private static func appendLatin(_ scalar: Unicode.Scalar, to folded: inout [UInt8]) {
        let index = Int(scalar.value) - 0xC0
        guard latin.indices.contains(index), latin[index] != UInt8(ascii: "?") else {
            return append(octetsOf: scalar, to: &folded)
        }
        folded.append(latin[index])
        // The German sharp s stands for two letters.
        if scalar.value == 0xDF { folded.append(latin[index]) }
    }

    private static func append(shifted scalar: Unicode.Scalar, by distance: UInt32, to folded: inout [UInt8]) {
        append(octetsOf: Unicode.Scalar(scalar.value + distance) ?? scalar, to: &folded)
    }

    private static func append(octetsOf scalar: Unicode.Scalar, to folded: inout [UInt8]) {
        folded.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
}
