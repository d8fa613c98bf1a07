// SPDX-License-Identifier: Apache-2.0

package import DNS
package import Mail
package import Queue
import Reports

/// Decides how a session with a host must be protected: by what the sender asked for, what the operator holds everybody
/// to, and what the recipient's domain says of itself.
///
/// DANE outranks MTA-STS (RFC 8461 §2). Nothing here loosens: of two demands the stricter holds.
package struct TLSPosture: SessionPosture {
    package struct Parts: Sendable {
        package var dns: any DNSLookup
        /// Nil: MTA-STS is not asked for, as where mail goes to a fixed next hop.
        package var directory: MTASTSDirectory?
        package var broken: BrokenTLSMemory
        /// What reports are made of; nil where nobody reports.
        package var results: TLSResults?
        /// The port that hosts are spoken to at, which TLSA records are named by.
        package var port: Int
        /// The operator's guardrail: nothing leaves under less.
        package var floor: TLSRequirement.Version?

        package init(
            dns: any DNSLookup, directory: MTASTSDirectory?, broken: BrokenTLSMemory, results: TLSResults?, port: Int,
            floor: TLSRequirement.Version?
        ) {
            self.dns = dns
            self.directory = directory
            self.broken = broken
            self.results = results
            self.port = port
            self.floor = floor
        }
    }

    private let parts: Parts
    private let dane: DANELookup

    package init(_ parts: Parts) {
        self.parts = parts
        dane = DANELookup(dns: parts.dns, port: parts.port)
    }

    package func posture(
        for host: Exchangers.Host, of domain: Domain, _ exchangers: Exchangers, demand: DeliveryTerms.TLSDemand
    ) async -> HostPosture {
        async let sts = parts.directory?.finding(for: domain) ?? .none
        let isProven = exchangers.security == .secure && host.security == .secure
        let dane = await dane.finding(
            host: host.name, isProven: isProven, otherNames: [domain.description])
        let found = await sts
        let decision = TLSRule(
            host: host.name, domain: domain, demand: demand, floor: parts.floor, dane: dane, sts: found,
            hasProvenExchangers: exchangers.security == .secure
        ).decision
        // What cannot be read here is no fault of theirs.
        if found != .unreadable { note(decision, host.name, domain) }
        return remembering(decision.posture, host.name)
    }

    package func posture(
        forRelay host: Exchangers.Host, _ tls: Route.RelayTLS, demand: DeliveryTerms.TLSDemand
    ) async -> HostPosture {
        guard tls == .opportunistic else {
            return TLSRule.relay(host.name, tls, demand: demand, floor: parts.floor, dane: .none)
        }
        let dane = await dane.finding(host: host.name, isProven: host.security == .secure, otherNames: [])
        return remembering(TLSRule.relay(host.name, tls, demand: demand, floor: parts.floor, dane: dane), host.name)
    }

    package func ended(
        _ requirement: TLSRequirement, host: String, of domain: Domain?, _ result: Result<SessionSecurity, TLSFailure>
    ) {
        if requirement.mode == .opportunistic, result.handshakeFailed { parts.broken.remember(host) }
        // Where TLS was not wanted there is nothing to report.
        guard let domain, requirement.mode != .none else { return }
        parts.results?.record(result.reported, host: host, of: domain, requirement.applied)
    }

    // Hosts that are not even tried, and policies that could not be had, are failures to report (RFC 8460 §4.3.2).
    private func note(_ decision: TLSDecision, _ host: String, _ domain: Domain) {
        if case .forbidden(let failure, let policy) = decision.posture, policy != .requireTLS {
            parts.results?.record(failure, host: host, of: domain, decision.applied)
        }
        if let failure = decision.unavailable {
            parts.results?.record(failure, host: nil, of: domain, AppliedPolicy(kind: .sts))
        }
    }

    private func remembering(_ posture: HostPosture, _ host: String) -> HostPosture {
        guard case .session(let requirement) = posture, requirement.mode == .opportunistic, requirement.tested == nil,
            parts.broken.contains(host)
        else { return posture }
        return .session(TLSRequirement(mode: .none, policy: .brokenTLS))
    }
}

extension Result<SessionSecurity, TLSFailure> {
    /// TLS was begun and did not come to be.
    fileprivate var handshakeFailed: Bool {
        switch self {
        case .success(let security): security.givenUp != nil
        case .failure(let failure): failure.type != .starttlsNotSupported
        }
    }

    /// What a report says of the session; nil for a success.
    fileprivate var reported: TLSFailure? {
        switch self {
        case .failure(let failure): return failure
        case .success(let security):
            if case .failed(let failure) = security.tested { return failure }
            guard security.version == nil else { return nil }
            return security.givenUp ?? TLSFailure(.starttlsNotSupported, "the host does not offer STARTTLS")
        }
    }
}
