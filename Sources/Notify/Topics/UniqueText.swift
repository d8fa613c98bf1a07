// SPDX-License-Identifier: Apache-2.0

import Mail

/// Names and tokens that nobody else has.
enum UniqueText {
    private static let digits = Array("0123456789abcdef".utf8)

    static func hex(_ octets: some Sequence<UInt8>) -> String {
        String(decoding: octets.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// 16 hexadecimal digits a word.
    static func hex(_ random: RandomBits, words: Int) -> String {
        hex(bits(random, words: words))
    }

    /// 32 digits as a UUID is written.
    static func hyphenated(_ digits: ArraySlice<UInt8>) -> String {
        var text: [UInt8] = []
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func bits(_ random: RandomBits, words: Int) -> [UInt8] {
        (0..<words).flatMap { _ in
            let word = random()
            return stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }
    }
}
