// SPDX-License-Identifier: Apache-2.0

import Crypto
import MIME

/// Makes DKIM signatures with any tags, right or wrong, that are arithmetically valid under `TestKey.ed25519`. Shares no
/// canonicalisation with the room under test: the caller writes the canonical form.
struct DKIMForgery {
    /// Single spaces, no folding. `#` stands for the body hash, `%` for the signature.
    var tags = "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=s; h=from; bh=#; b=%"
    /// The fields that h= names, canonical.
    var signedFields = "from:ada@example.com\r\n"
    var header = "From: ada@example.com\r\nTo: b@example.net\r\n"

    var message: [UInt8] {
        get throws {
            let bodyHash = encoded(Array(SHA256.hash(data: Array("body\r\n".utf8))))
            let value = tags.replacing("#", with: bodyHash)
            let input = signedFields + "dkim-signature:" + value.replacing("%", with: "")
            let key = try Curve25519.Signing.PrivateKey(rawRepresentation: TestKey.ed25519Seed)
            let signature = encoded(Array(try key.signature(for: Array(SHA256.hash(data: Array(input.utf8))))))
            return Array("DKIM-Signature: \(value.replacing("%", with: signature))\r\n\(header)\r\nbody\r\n".utf8)
        }
    }

    private func encoded(_ bytes: [UInt8]) -> String { String(decoding: Base64.encode(bytes), as: UTF8.self) }
}
