// SPDX-License-Identifier: Apache-2.0

import SwiftASN1

/// Finds the public key inside a certificate without reading the rest of it, so that a key of a kind we do not know can
/// still be told by its digest.
enum SubjectPublicKey {
    // TBSCertificate ::= SEQUENCE { version [0] EXPLICIT OPTIONAL, serialNumber, signature, issuer, validity, subject,
    //   subjectPublicKeyInfo, … }                                                        ; RFC 5280 §4.1
    /// DER of the SubjectPublicKeyInfo; nil when this is no certificate.
    static func info(in certificate: [UInt8]) -> [UInt8]? {
        guard let root = try? DER.parse(certificate), root.identifier == .sequence,
            let body = members(root).first, body.identifier == .sequence
        else { return nil }
        var fields = members(body)[...]
        if fields.first?.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific) {
            fields = fields.dropFirst()
        }
        guard let key = fields.dropFirst(5).first, key.identifier == .sequence else { return nil }
        return Array(key.encodedBytes)
    }

    private static func members(_ node: ASN1Node) -> [ASN1Node] {
        guard case .constructed(let nodes) = node.content else { return [] }
        return Array(nodes)
    }
}
