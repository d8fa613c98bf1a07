// SPDX-License-Identifier: Apache-2.0

package import Authentication

/// How one session with one host must be protected, and who says so.
///
/// `TLSPosture` makes it, the transport keeps it: a session that does not meet it is not used, whatever it costs.
package struct TLSRequirement: Hashable, Sendable {
    package enum Mode: Hashable, Sendable {
        /// TLS is not spoken at all: a relay that is configured so.
        case none
        /// TLS where it is offered and works, in clear otherwise; the certificate proves nothing and is not judged.
        case opportunistic
        /// Never in clear; the certificate need not verify.
        case encrypted
        /// Never in clear; the certificate is signed by a trusted root and carries one of the names.
        case verified(names: [String])
        /// Never in clear; the certificate is one that the DNS vouches for (RFC 7672). Names count for DANE-TA.
        case dane(associations: [CertificateAssociation], names: [String])
    }

    package enum Version: Int, Hashable, Sendable, Comparable {
        case tls12 = 12
        case tls13 = 13

        package static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    /// Which rule decided, in the words of the attempt's record (`tlsPolicy`).
    package enum Policy: String, Hashable, Sendable {
        case opportunistic
        case configurationSet = "configuration set REQUIRE"
        case requireTLS = "REQUIRETLS"
        case guardrail = "guardrail"
        case dane = "DANE"
        case enforce = "MTA-STS enforce"
        case testing = "MTA-STS testing"
        case relayRequire = "relay require"
        case relayNone = "relay none"
        /// In clear, because the host's TLS failed a while ago.
        case brokenTLS = "opportunistic, broken TLS remembered"
    }

    package var mode: Mode
    package var minimumVersion: Version
    package var policy: Policy
    /// The peer must offer REQUIRETLS after the handshake, and MAIL FROM says it (RFC 8689 §4.2.1).
    package var needsREQUIRETLS: Bool
    /// Names of an MTA-STS policy in testing: judged and reported, never enforced (RFC 8461 §5.2). Nil for none.
    package var tested: [String]?
    /// The recipient domain's policy, for reports.
    package var applied: AppliedPolicy

    package init(
        mode: Mode, minimumVersion: Version = .tls12, policy: Policy, needsREQUIRETLS: Bool = false,
        tested: [String]? = nil, applied: AppliedPolicy = .none
    ) {
        self.mode = mode
        self.minimumVersion = minimumVersion
        self.policy = policy
        self.needsREQUIRETLS = needsREQUIRETLS
        self.tested = tested
        self.applied = applied
    }

    package static let opportunistic = TLSRequirement(mode: .opportunistic, policy: .opportunistic)

    /// Whether the session may go on in clear where TLS is not offered or fails.
    package var allowsClear: Bool { mode == .none || mode == .opportunistic }

    /// What the handshake asks for in SNI: the TLSA base domain for DANE (RFC 7672 §8.1), else the host's name.
    package func serverName(of host: String) -> String {
        switch mode {
        case .verified(let names), .dane(_, let names): names.first ?? host
        case .none, .opportunistic, .encrypted: host
        }
    }
}
