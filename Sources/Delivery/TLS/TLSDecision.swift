// SPDX-License-Identifier: Apache-2.0

import Authentication
package import Reports

/// What the rule says of one host, and what reports are told beside it.
struct TLSDecision: Hashable, Sendable {
    var posture: HostPosture
    /// The policy of the recipient's domain that the host falls under.
    let applied: AppliedPolicy
    /// The domain has an MTA-STS policy that could not be had.
    var unavailable: TLSFailure?
}

/// The policy of a recipient domain that a session fell under, as reports name it (RFC 8460 §4.2).
package struct AppliedPolicy: Hashable, Sendable, Codable {
    package let kind: TLSReport.Policy.Kind
    package let strings: [String]
    package let hosts: [String]

    package init(kind: TLSReport.Policy.Kind, strings: [String] = [], hosts: [String] = []) {
        self.kind = kind
        self.strings = strings
        self.hosts = hosts
    }

    package static let none = AppliedPolicy(kind: .none)

    init(_ associations: [CertificateAssociation]) {
        self.init(kind: .tlsa, strings: associations.map(\.presentation))
    }

    init(_ policy: MTASTSPolicy) {
        self.init(kind: .sts, strings: policy.lines, hosts: policy.patterns.map(\.description))
    }
}
