// SPDX-License-Identifier: Apache-2.0

/// The TXT record at `_mta-sts.DOMAIN` that says there is a policy, and which edition (RFC 8461 §3.1).
package struct MTASTSRecord: Hashable, Sendable {
    package static let maximumIDLength = 32

    /// Changes when the policy does; 1 to 32 letters and digits.
    package let id: String

    // sts-text-record = sts-version 1*(sts-field-delim sts-field) [sts-field-delim]
    // sts-version = %s"v=STSv1"; sts-id = %s"id" "=" 1*32(ALPHA / DIGIT)
    package init?(parsing text: some StringProtocol) {
        guard text.utf8.starts(with: "v=STSv1;".utf8), let tags = TagList(parsing: text), let id = tags["id"],
            (1...Self.maximumIDLength).contains(id.utf8.count), id.utf8.allSatisfy(Self.isLetterOrDigit)
        else { return nil }
        self.id = id
    }

    /// The record among all TXT records of the name; nil unless exactly one claims to be it.
    package static func only(among texts: [String]) -> MTASTSRecord? {
        let claims = texts.filter { $0.utf8.starts(with: "v=STSv1;".utf8) }
        guard claims.count == 1, let text = claims.first else { return nil }
        return MTASTSRecord(parsing: text)
    }

    private static func isLetterOrDigit(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
