// SPDX-License-Identifier: Apache-2.0

import MIME

/// The TXT record at `SELECTOR._domainkey.DOMAIN` (RFC 6376 §3.6.1).
package struct DKIMKeyRecord: Hashable, Sendable {
    /// `rsa` or `ed25519`.
    package let keyType: String
    /// Empty for a key that was revoked.
    package let publicKey: [UInt8]
    /// Whether signatures of mail with SHA-256 may be checked with it (`h=`, `s=`).
    package let isForMail: Bool
    /// Whether the identity that signs must be the domain itself and none beneath it (`t=s`).
    package let isStrict: Bool

    package init(keyType: String, publicKey: [UInt8]) {
        isForMail = true
        isStrict = false
        self.keyType = keyType
        self.publicKey = publicKey
    }

    package init?(parsing text: String) {
        guard let tags = TagList(parsing: text), tags["v"] ?? "DKIM1" == "DKIM1", let key = tags.compact("p") else {
            return nil
        }
        keyType = tags["k"] ?? "rsa"
        publicKey = Base64.decode(Array(key.utf8))
        let (hashes, services) = (tags.words("h"), tags.words("s"))
        isForMail = hashes?.contains("sha256") ?? true && services?.contains { $0 == "*" || $0 == "email" } ?? true
        isStrict = tags.words("t")?.contains("s") ?? false
    }

    /// Whether the record publishes exactly this RSA key, given as SubjectPublicKeyInfo DER.
    package func holds(publicKeySPKI: [UInt8]) -> Bool {
        keyType == "rsa" && isForMail && !publicKey.isEmpty && publicKey == publicKeySPKI
    }

    /// The record's text.
    package var text: String { "v=DKIM1; k=\(keyType); p=\(base64(publicKey))" }

    /// For a zone file: quoted strings of at most 255 octets (RFC 1035 §3.3.14).
    package var zoneFileText: String {
        var strings: [String] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            strings.append("\"\(rest.prefix(255))\"")
            rest = rest.dropFirst(255)
        }
        return strings.joined(separator: " ")
    }
}
