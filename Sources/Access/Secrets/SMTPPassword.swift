// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Mail

/// The SMTP password that belongs to a secret access key in one region, by SES's own derivation (version 4):
/// "Obtaining Amazon SES SMTP credentials by converting existing AWS credentials", SES developer guide.
package enum SMTPPassword {
    /// - Returns: 44 characters of Base64, always beginning with `B`.
    package static func derive(secretAccessKey: SecretBytes, region: String) -> String {
        let version: UInt8 = 0x04
        var key = Array("AWS4".utf8) + secretAccessKey.exposed
        for step in ["11111111", region, "ses", "aws4_request", "SendRawEmail"] {
            key = Array(HMAC<SHA256>.authenticationCode(for: Array(step.utf8), using: SymmetricKey(data: key)))
        }
        return base64([version] + key)
    }
}

private func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
        for place in 0..<4 {
            text.append(place <= group.count ? alphabet[Int(bits >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}
