// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Mail

/// Time-based one-time passwords (RFC 6238): HMAC-SHA-1, six digits, steps of 30 seconds, as virtual MFA devices use them.
package enum TOTP {
    package static let period: Int64 = 30
    /// Steps a device's clock may be off, either way.
    package static let drift: Int64 = 1

    package static func code(seed: SecretBytes, step: Int64) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * Int64($0))) }
        let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: seed.exposed)))
        let offset = Int(mac[19] & 15)
        let bits = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let digits = String(bits % 1_000_000)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// The step that a code belongs to, near the present and after `last`: no code counts twice (RFC 6238 §5.2).
    package static func step(of code: String, seed: SecretBytes, at moment: Timestamp, after last: Int64) -> Int64? {
        let present = moment.seconds / period
        var found: Int64?
        for step in (present - drift)...(present + drift) where step > last {
            // No early way out: the time taken tells nothing.
            if constantTimeEquals(Array(code.utf8), Array(Self.code(seed: seed, step: step).utf8)) { found = step }
        }
        return found
    }
}

/// Base32 without padding (RFC 4648 §6), the form in which people type a seed.
package enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var bits: UInt64 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt64(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(alphabet[Int(bits >> UInt64(count) & 31)])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt64(5 - count) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
