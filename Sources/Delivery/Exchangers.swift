// SPDX-License-Identifier: Apache-2.0

package import DNS
package import Mail

/// Where a domain's mail goes, as the DNS said it (RFC 5321 §5.1).
package struct Exchangers: Hashable, Sendable {
    package struct Host: Hashable, Sendable {
        package let preference: UInt16
        /// Lower case, without trailing dot.
        package let name: String
        /// Both families in turn, so that a host whose way is broken in one is reached by the other.
        package let addresses: [AddressRecord]
        /// DNSSEC's verdict on the addresses.
        package let security: AnswerSecurity
        /// Why there may be addresses that are not known now; nil where the answer was whole.
        package let failure: String?

        package init(
            preference: UInt16, name: String, addresses: [AddressRecord], security: AnswerSecurity,
            failure: String? = nil
        ) {
            self.preference = preference
            self.name = name
            self.addresses = addresses
            self.security = security
            self.failure = failure
        }
    }

    /// By preference, the best first; empty where there is nowhere to go.
    package let hosts: [Host]
    /// Why there is nowhere to go, now (4yz) or ever (5yz).
    package let failure: Reply?
    /// DNSSEC's verdict on the MX answer, on its absence too.
    package let security: AnswerSecurity
    /// There is no MX record: the domain is its own exchanger.
    package let isImplicit: Bool
    /// Seconds it may be believed.
    package let lifetime: Double

    package init(
        hosts: [Host], failure: Reply? = nil, security: AnswerSecurity = .insecure, isImplicit: Bool = false,
        lifetime: Double
    ) {
        self.hosts = hosts
        self.failure = failure
        self.security = security
        self.isImplicit = isImplicit
        self.lifetime = lifetime
    }

    /// The names of the hosts of best preference.
    package var best: [String] {
        hosts.filter { $0.preference == hosts.first?.preference }.map(\.name)
    }
}

// MARK: - Names

extension Exchangers {
    /// Octets that a rolled-up name has at most.
    package static let maximumSiteLength = 120

    /// Names as one: `mx1.example.net` and `mx2.example.net` are `(mx1|mx2).example.net`. Names that have no two last
    /// labels in common stand whole. Nil for none.
    package static func rollUp(_ names: [String]) -> String? {
        let names = Set(names).sorted()
        guard names.count > 1 else { return names.first }
        let labels = names.map { $0.split(separator: ".") }
        var common = 0
        while let label = labels[0].dropLast(common).last,
            labels.allSatisfy({ $0.count > common + 1 && $0.dropLast(common).last == label })
        {
            common += 1
        }
        if common < 2 { common = 0 }
        let parts = labels.map { $0.dropLast(common).joined(separator: ".") }
        let suffix = labels[0].suffix(common).map { ".\($0)" }.joined()
        return bounded("(\(parts.joined(separator: "|")))\(suffix)", names)
    }

    // A hash keeps apart what was cut alike.
    private static func bounded(_ name: String, _ names: [String]) -> String {
        guard name.utf8.count > maximumSiteLength else { return name }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for octet in names.joined(separator: "|").utf8 { hash = (hash ^ UInt64(octet)) &* 0x100_0000_01B3 }
        return "\(name.prefix(maximumSiteLength - 18))…\(String(hash, radix: 16))"
    }
}
