// SPDX-License-Identifier: Apache-2.0

import Mail

/// Ids and secrets in the forms AWS gives them ("IAM identifiers", IAM user guide).
enum UniqueID {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    private static let small = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
    private static let base64 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// `AIDA` and 17 letters or digits.
    static func make(_ prefix: String, _ random: RandomBits) -> String { prefix + text(17, of: letters, random) }

    /// `p-` and lower-case letters or digits.
    static func small(_ prefix: String, _ length: Int, _ random: RandomBits) -> String {
        prefix + text(length, of: small, random)
    }

    /// In the form of a request's id: a UUID of version 4 (RFC 9562, 5.4).
    static func request(_ random: RandomBits) -> String {
        UUIDText.random(random)
    }

    /// 40 characters, as secret access keys have.
    static func secret(_ random: RandomBits) -> SecretBytes {
        SecretBytes(Array(text(40, of: base64, random).utf8))
    }

    static func octets(_ count: Int, _ random: RandomBits) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random() >> 24) }
    }

    static func digits(_ count: Int, _ random: RandomBits) -> String {
        text(count, of: Array("0123456789".utf8), random)
    }

    private static func text(_ length: Int, of alphabet: [UInt8], _ random: RandomBits) -> String {
        String(decoding: (0..<length).map { _ in alphabet[Int(random() % UInt64(alphabet.count))] }, as: UTF8.self)
    }
}
