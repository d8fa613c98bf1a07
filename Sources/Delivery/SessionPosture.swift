// SPDX-License-Identifier: Apache-2.0

package import Mail
package import Queue

/// Says how a session with a host must be protected, and hears what came of it.
package protocol SessionPosture: Sendable {
    /// - Parameters:
    ///   - exchangers: of the domain, with what DNSSEC says of them.
    ///   - demand: what the sender asks for.
    func posture(
        for host: Exchangers.Host, of domain: Domain, _ exchangers: Exchangers, demand: DeliveryTerms.TLSDemand
    ) async -> HostPosture

    /// For a fixed next hop.
    func posture(
        forRelay host: Exchangers.Host, _ tls: Route.RelayTLS, demand: DeliveryTerms.TLSDemand
    ) async -> HostPosture

    /// How a session with the host was protected, or why there is none. Called once a session, never to wait for.
    func ended(
        _ requirement: TLSRequirement, host: String, of domain: Domain?, _ result: Result<SessionSecurity, TLSFailure>)
}

package enum HostPosture: Hashable, Sendable {
    case session(TLSRequirement)
    /// No session with this host is good enough, or it cannot be known now.
    case forbidden(TLSFailure, TLSRequirement.Policy)
}
