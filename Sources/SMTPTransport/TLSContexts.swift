// SPDX-License-Identifier: Apache-2.0

import Delivery
import NIOCore
import NIOSSL

/// TLS as this client speaks it: 1.2 at least; certificates are asked for where the requirement says what they must be.
///
/// Sessions are not resumed: the library has no way to keep a client's.
final class TLSContexts: Sendable {
    private let unjudged: [TLSRequirement.Version: NIOSSLContext]
    private let judged: [TLSRequirement.Version: NIOSSLContext]
    private let judge: PeerJudge

    init(judge: PeerJudge) throws {
        self.judge = judge
        unjudged = try Self.contexts(.none)
        // The names are judged with the rest.
        judged = try Self.contexts(.noHostnameVerification)
    }

    private static func contexts(
        _ verification: CertificateVerification
    ) throws -> [TLSRequirement.Version: NIOSSLContext] {
        var contexts: [TLSRequirement.Version: NIOSSLContext] = [:]
        for (version, minimum) in [(TLSRequirement.Version.tls12, TLSVersion.tlsv12), (.tls13, .tlsv13)] {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = minimum
            configuration.certificateVerification = verification
            // Ours to judge; the library need not read the system's.
            configuration.trustRoots = .certificates([])
            contexts[version] = try NIOSSLContext(configuration: configuration)
        }
        return contexts
    }

    /// - Parameter found: called on the event loop before the handshake ends.
    func handler(
        for target: Target, _ found: @escaping @Sendable (_ certificate: TLSVerdict, _ tested: TLSVerdict?) -> Void
    ) throws -> NIOSSLClientHandler {
        let requirement = target.requirement
        let name = requirement.serverName(of: target.serverName)
        let serverName = Self.isAddress(name) ? nil : name
        guard requirement.isJudged else {
            return try NIOSSLClientHandler(context: context(unjudged, requirement), serverHostname: serverName)
        }
        let judge = judge
        return try NIOSSLClientHandler(context: context(judged, requirement), serverHostname: serverName) {
            (chain: [NIOSSLCertificate], promise: EventLoopPromise<NIOSSLVerificationResult>) in
            let der = chain.map { (try? $0.toDERBytes()) ?? [] }
            let verdict = promise.futureResult.eventLoop.makePromise(of: (TLSVerdict, TLSVerdict?).self)
            verdict.completeWithTask { await judge.judge(der, under: requirement) }
            verdict.futureResult.map { certificate, tested in
                found(certificate, tested)
                return certificate.isFailure ? .failed : .certificateVerified
            }.cascade(to: promise)
        }
    }

    private func context(
        _ contexts: [TLSRequirement.Version: NIOSSLContext], _ requirement: TLSRequirement
    ) throws -> NIOSSLContext {
        guard let context = contexts[requirement.minimumVersion] else { throw NIOSSLError.unableToValidateCertificate }
        return context
    }

    private static func isAddress(_ host: String) -> Bool { (try? SocketAddress(ipAddress: host, port: 0)) != nil }
}

extension TLSRequirement {
    /// Whether the peer's certificates are looked at.
    fileprivate var isJudged: Bool {
        switch mode {
        case .verified, .dane: true
        case .none, .opportunistic, .encrypted: tested != nil
        }
    }
}

extension TLSVerdict {
    fileprivate var isFailure: Bool { if case .failed = self { true } else { false } }
}
