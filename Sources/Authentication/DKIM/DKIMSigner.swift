// SPDX-License-Identifier: Apache-2.0

package import MIME
package import Mail

/// Signs messages for one domain (RFC 6376 §5; rsa-sha256 or ed25519-sha256, relaxed/relaxed).
package struct DKIMSigner: Sendable {
    /// From is signed once more than it occurs, so that nobody can add a second one.
    private static let signedFields = [
        "From", "From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "Sender", "In-Reply-To", "References",
        "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "List-Unsubscribe", "List-Unsubscribe-Post",
        "List-Id",
        "Feedback-ID",
    ]

    package let domain: Domain
    package let selector: String
    private let key: DKIMKey

    package init(domain: Domain, selector: String, key: DKIMKey) {
        self.domain = domain
        self.selector = selector
        self.key = key
    }

    /// - Returns: the complete `DKIM-Signature` field with its CRLF, to be put before the header.
    package func sign(_ header: HeaderSection, bodyHash: [UInt8], at moment: Timestamp) throws -> [UInt8] {
        var names: [String] = []
        var input: [UInt8] = []
        for name in Self.signedFields {
            let occurrence = names.count { $0 == name }
            let present = header.fields.filter { $0.isNamed(name) }
            // Fields of one name are signed from the bottom up (RFC 6376 §5.4.2).
            if occurrence < present.count { input += relaxed(present[present.count - 1 - occurrence].raw) }
            if occurrence < present.count || name == "From" { names.append(name) }
        }
        let unsigned =
            "DKIM-Signature: v=1; a=\(key.algorithm.rawValue); c=relaxed/relaxed; d=\(domain); s=\(selector);\r\n"
            + "\tt=\(moment.seconds); h=\(Self.folded(names));\r\n"
            + "\tbh=\(base64(bodyHash));\r\n\tb="
        // The signature covers its own field with an empty b= and without the last CRLF.
        input += relaxed(Array(unsigned.utf8)).dropLast(2)
        let signature = base64(try key.signature(of: input))
        return Array((unsigned + Self.wrapped(signature) + "\r\n").utf8)
    }

    private static func folded(_ names: [String]) -> String {
        var lines: [String] = [""]
        for (index, name) in names.enumerated() {
            if lines[lines.count - 1].utf8.count + name.utf8.count > 60 { lines.append("") }
            lines[lines.count - 1] += name + (index + 1 < names.count ? ":" : "")
        }
        return lines.joined(separator: "\r\n\t ")
    }

    private static func wrapped(_ text: String) -> String {
        let octets = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(octets.count + octets.count / 16)
        for start in stride(from: 0, to: octets.count, by: 72) {
            if start > 0 { result += [13, 10, 9, 32] }
            result += octets[start..<min(start + 72, octets.count)]
        }
        return String(decoding: result, as: UTF8.self)
    }
}

func base64(_ bytes: [UInt8]) -> String { String(decoding: Base64.encode(bytes), as: UTF8.self) }
