// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Mail
import SwiftASN1
@_spi(FixedExpiryValidationTime) import X509

/// The certificates that a server showed in its handshake, its own first; DER, from a stranger.
///
/// Limits: 10 certificates of 64 KB, and two of one subject: authorities that sign each other crosswise make a chain's
/// ways grow by the factorial.
package struct PresentedChain: Sendable {
    package static let maximumCertificates = 10
    package static let maximumLength = 64 * 1024
    static let maximumOfOneSubject = 2

    /// DER of each.
    package let certificates: [[UInt8]]

    /// Nil when there is none, or one is beyond the limits.
    package init?(der certificates: [[UInt8]]) {
        guard (1...Self.maximumCertificates).contains(certificates.count),
            certificates.allSatisfy({ (1...Self.maximumLength).contains($0.count) })
        else { return nil }
        self.certificates = certificates
    }

    var leaf: [UInt8] { certificates.first ?? [] }

    /// Whether the chain leads to one of the roots and its first certificate carries one of the names.
    package func verify(_ roots: TrustRoots, names: [String], at moment: Timestamp) async -> ChainVerdict {
        await verify(roots.store, names: names, at: moment)
    }

    func verify(_ roots: CertificateStore, names: [String], at moment: Timestamp) async -> ChainVerdict {
        guard let leaf = try? Certificate(derEncoded: leaf) else {
            return .unreadable("the certificate cannot be read")
        }
        let date = Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000)
        let others = issuers
        var verifier = Verifier(rootCertificates: roots) {
            RFC5280Policy(fixedExpiryValidationTime: date)
            ServerPurposePolicy()
        }
        guard
            case .validCertificate = await verifier.validate(leaf: leaf, intermediates: CertificateStore(others))
        else { return Self.fault(leaf, others, at: date) }
        for name in names where await leaf.carries(name) { return .trusted }
        return .nameMismatch("the certificate is not for \(names.joined(separator: " or "))")
    }

    // What cannot be read leads nowhere, so it is left out.
    private var issuers: [Certificate] {
        var counts: [DistinguishedName: Int] = [:]
        return certificates.dropFirst().compactMap { der in
            guard let certificate = try? Certificate(derEncoded: der) else { return nil }
            counts[certificate.subject, default: 0] += 1
            return counts[certificate.subject, default: 0] <= Self.maximumOfOneSubject ? certificate : nil
        }
    }

    private static func fault(_ leaf: Certificate, _ others: [Certificate], at date: Date) -> ChainVerdict {
        for certificate in [leaf] + others {
            if certificate.notValidAfter < date { return .expired("a certificate expired") }
            if certificate.notValidBefore > date { return .expired("a certificate is not yet valid") }
        }
        return .untrusted("no trusted authority signed the certificate")
    }
}

/// What a chain of certificates is worth.
package enum ChainVerdict: Hashable, Sendable {
    case trusted
    case nameMismatch(String)
    case expired(String)
    case untrusted(String)
    case unreadable(String)
}

/// The authorities that are believed.
package struct TrustRoots: Sendable {
    let store: CertificateStore
    package let count: Int

    /// - Parameter pem: contents of CA files. A certificate that cannot be read is left out, as the system's bundle may
    ///   hold kinds that we do not know; a file without any is an error.
    /// - Throws: `SyntaxError` whose offset is the number of the file.
    package init(pem files: [String]) throws(SyntaxError) {
        var certificates: [Certificate] = []
        for (index, text) in files.enumerated() {
            let documents = (try? PEMDocument.parseMultiple(pemString: text)) ?? []
            let found = documents.compactMap { try? Certificate(pemDocument: $0) }
            guard !found.isEmpty else { throw SyntaxError(expected: "certificates in PEM", offset: index) }
            certificates += found
        }
        store = CertificateStore(certificates)
        count = certificates.count
    }
}

/// The leaf is for TLS servers, or says nothing of its purpose (RFC 5280 §4.2.1.12).
private struct ServerPurposePolicy: VerifierPolicy {
    // Names are compared after the chain is found, so that a wrong name is told from a wrong authority.
    var verifyingCriticalExtensions: [ASN1ObjectIdentifier] {
        [.X509ExtensionID.subjectAlternativeName, .X509ExtensionID.extendedKeyUsage]
    }

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        do {
            guard let usage = try chain.leaf.extensions.extendedKeyUsage else { return .meetsPolicy }
            return usage.contains(.serverAuth) || usage.contains(.any)
                ? .meetsPolicy : .failsToMeetPolicy(reason: "the certificate is not for servers")
        } catch {
            return .failsToMeetPolicy(reason: "the certificate's purpose cannot be read")
        }
    }
}

extension Certificate {
    /// Whether a subject alternative name is the host's (RFC 6125 §6.4): `*` stands for the whole first label, nowhere
    /// else. A common name is no host name (RFC 9525 §2).
    fileprivate func carries(_ name: String) async -> Bool {
        if Self.isAddress(name) { return await carries(address: name) }
        guard let host = try? Domain(parsing: name), let names = try? extensions.subjectAlternativeNames else {
            return false
        }
        return names.contains {
            guard case .dnsName(let text) = $0, let pattern = MXPattern(parsing: text) else { return false }
            return pattern.matches(host)
        }
    }

    // A fixed next hop may be named by its address. The library compares addresses inside a verification alone, so
    // the certificate is verified once more, as its own root.
    private func carries(address: String) async -> Bool {
        var verifier = Verifier(rootCertificates: CertificateStore([self])) {
            ServerIdentityPolicy(serverHostname: nil, serverIP: address)
            ServerPurposePolicy()
            AnyConstraintsPolicy()
        }
        let result = await verifier.validate(leaf: self, intermediates: CertificateStore())
        return if case .validCertificate = result { true } else { false }
    }

    // No top-level name is a number (RFC 3696 §2).
    private static func isAddress(_ name: String) -> Bool {
        name.contains(":") || name.split(separator: ".").last?.utf8.allSatisfy { (48...57).contains($0) } == true
    }
}

/// Takes what RFC 5280's rules have judged already.
private struct AnyConstraintsPolicy: VerifierPolicy {
    var verifyingCriticalExtensions: [ASN1ObjectIdentifier] {
        [.X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.nameConstraints]
    }

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult { .meetsPolicy }
}
