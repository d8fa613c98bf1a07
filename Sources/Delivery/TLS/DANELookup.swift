// SPDX-License-Identifier: Apache-2.0

import Authentication
import DNS
import Mail
import Reports

/// What the DNS vouches for of one host and port.
enum DANEFinding: Hashable, Sendable {
    /// No records, or no proof of any: DANE does not apply.
    case none
    case records([CertificateAssociation], names: [String])
    /// Records that prove the host does TLS, and none that says with which certificate (RFC 7672 §2.2).
    case unusable
    /// The answer is missing or forged: the host is not to be used now (RFC 7672 §2.2.1).
    case failed(TLSFailure)
}

/// Looks up TLSA records (RFC 7672 §2.2.3).
struct DANELookup: Sendable {
    let dns: any DNSLookup
    let port: Int

    /// - Parameters:
    ///   - isProven: the way to the host's addresses is secure under DNSSEC; without that nobody asks (§2.2.2).
    ///   - otherNames: what the host may be called beside its own name, for DANE-TA (§3.2.2).
    func finding(host: String, isProven: Bool, otherNames: [String]) async -> DANEFinding {
        guard isProven else { return .none }
        // Where the host is an alias, the name it leads to comes first; the alias holds where that has no records.
        let canonical = await dns.addresses(host).canonicalName
        for base in [canonical, host].compactMap(\.self) {
            let finding = await finding(base: base, names: [base, host] + otherNames)
            if finding != .none { return finding }
        }
        return .none
    }

    private func finding(base: String, names: [String]) async -> DANEFinding {
        let answer = await dns.tlsa("_\(port)._tcp.\(base)")
        switch answer.status {
        case .failed(let reason):
            let type = answer.security == .bogus ? "DNSSEC validation" : "lookup"
            return .failed(TLSFailure(.dnssecInvalid, "\(type) of the TLSA records of \(base) failed: \(reason)"))
        case .noData, .noName: return .none
        case .found where answer.security == .secure && !answer.records.isEmpty:
            let usable = answer.records.prefix(DANE.maximumAssociations).compactMap {
                CertificateAssociation(
                    usage: $0.usage, selector: $0.selector, matching: $0.matching, data: $0.data)
            }
            return usable.isEmpty ? .unusable : .records(usable, names: Self.unique(names))
        case .found: return .none
        }
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}
