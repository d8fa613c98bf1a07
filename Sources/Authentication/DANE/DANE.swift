// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Mail
import SwiftASN1
import X509

/// Judges a server's certificates by what the DNS says of them (RFC 6698, 7671, 7672).
package enum DANE {
    /// Records of one name that are looked at; a server has two or four.
    package static let maximumAssociations = 32

    package enum Verdict: Hashable, Sendable {
        case matched(CertificateAssociation.Usage)
        /// No record matches, or the chain to the matching authority does not hold.
        case failed(ChainVerdict)
    }

    /// - Parameters:
    ///   - names: the TLSA base domain and what else the server may be called; they count for DANE-TA alone.
    ///   - chain: as the server showed it.
    package static func verify(
        _ chain: PresentedChain, _ associations: [CertificateAssociation], names: [String], at moment: Timestamp
    ) async -> Verdict {
        let associations = associations.prefix(maximumAssociations)
        // DANE-EE: neither names nor dates count (RFC 7671 §5.1).
        if associations.contains(where: { $0.usage == .endEntity && $0.matches(chain.leaf) }) {
            return .matched(.endEntity)
        }
        let anchors = anchors(of: chain, associations.filter { $0.usage == .trustAnchor })
        guard !anchors.isEmpty else { return .failed(.untrusted("no TLSA record matches the certificate")) }
        switch await chain.verify(CertificateStore(anchors), names: names, at: moment) {
        case .trusted: return .matched(.trustAnchor)
        case let fault: return .failed(fault)
        }
    }

    // An issuer among those shown, or one that the DNS holds whole (RFC 7672 §3.1.2 lets it stay unsent).
    private static func anchors(
        of chain: PresentedChain, _ associations: [CertificateAssociation]
    ) -> [Certificate] {
        let held = associations.filter { $0.selector == .certificate && $0.matching == .exact }.map(\.data)
        let shown = chain.certificates.dropFirst().filter { der in associations.contains { $0.matches(der) } }
        return (shown + held).compactMap { try? Certificate(derEncoded: $0) }
    }
}

extension CertificateAssociation {
    /// Whether the record is of this certificate (RFC 6698 §2.1).
    package func matches(_ certificate: [UInt8]) -> Bool {
        let selected: [UInt8]? =
            switch selector {
            case .certificate: certificate
            case .publicKey: SubjectPublicKey.info(in: certificate)
            }
        guard let selected else { return false }
        switch matching {
        case .exact: return selected == data
        case .sha256: return SHA256.hash(data: selected).elementsEqual(data)
        case .sha512: return SHA512.hash(data: selected).elementsEqual(data)
        }
    }

    /// `3 1 1 8D02…`, as zones write it.
    package var presentation: String {
        let digits = data.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(usage.rawValue) \(selector.rawValue) \(matching.rawValue) \(digits)"
    }
}
