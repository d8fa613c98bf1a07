// SPDX-License-Identifier: Apache-2.0

import Authentication
import Mail
import Queue
import Reports

/// The rule itself: everything known in, a decision out.
struct TLSRule: Sendable {
    let host: String
    let domain: Domain
    let demand: DeliveryTerms.TLSDemand
    let floor: TLSRequirement.Version?
    let dane: DANEFinding
    let sts: MTASTSFinding
    /// DNSSEC vouches for the MX answer.
    let hasProvenExchangers: Bool

    var decision: TLSDecision {
        if case .failed(let failure) = dane {
            return TLSDecision(posture: .forbidden(failure, .dane), applied: AppliedPolicy(kind: .tlsa))
        }
        if sts == .unreadable, !isHeldByDANE {
            let failure = TLSFailure(
                .validationFailure, "what is kept of the MTA-STS policy of \(domain) could not be read")
            return TLSDecision(posture: .forbidden(failure, .enforce), applied: .none)
        }
        if case .policy(let policy) = sts, policy.mode == .enforce, !allows(policy), !isHeldByDANE {
            let failure = TLSFailure(
                .validationFailure, "\(host) is no host of the MTA-STS policy of \(domain)")
            return TLSDecision(posture: .forbidden(failure, .enforce), applied: applied)
        }
        let requirement = recipients.raised(to: demand, floor: floor)
        return TLSDecision(
            posture: demand == .requireTLS ? promised(requirement) : .session(requirement), applied: applied,
            unavailable: missing)
    }

    /// What the recipient's domain asks for.
    private var recipients: TLSRequirement {
        var requirement = protection
        requirement.applied = applied
        return requirement
    }

    private var protection: TLSRequirement {
        switch (dane, sts) {
        case (.records(let associations, let names), _):
            return TLSRequirement(mode: .dane(associations: associations, names: names), policy: .dane)
        case (_, .policy(let policy)) where policy.mode == .enforce:
            return TLSRequirement(mode: .verified(names: [host]), policy: .enforce)
        case (.unusable, _): return TLSRequirement(mode: .encrypted, policy: .dane)
        case (_, .policy(let policy)) where policy.mode == .testing:
            // A host that the policy does not name fails by any certificate.
            return TLSRequirement(mode: .opportunistic, policy: .testing, tested: allows(policy) ? [host] : [])
        default: return .opportunistic
        }
    }

    private var applied: AppliedPolicy {
        switch (dane, sts) {
        case (.records(let associations, _), _): AppliedPolicy(associations)
        case (_, .policy(let policy)): AppliedPolicy(policy)
        case (.unusable, _): AppliedPolicy(kind: .tlsa)
        default: .none
        }
    }

    private var missing: TLSFailure? { if case .failed(let failure) = sts, !isHeldByDANE { failure } else { nil } }
    private var isHeldByDANE: Bool { if case .records = dane { true } else { false } }
    private var isNamedByPolicy: Bool { if case .policy(let policy) = sts { allows(policy) } else { false } }

    private func allows(_ policy: MTASTSPolicy) -> Bool {
        (try? Domain(parsing: host)).map { policy.allows($0) } ?? false
    }

    // RFC 8689 §4.2.1: the exchanger's name is proven by DNSSEC or by MTA-STS, its certificate by DANE or by an
    // authority, and it promises the same onwards.
    private func promised(_ requirement: TLSRequirement) -> HostPosture {
        var requirement = requirement
        requirement.needsREQUIRETLS = true
        guard !isHeldByDANE else { return .session(requirement) }
        guard hasProvenExchangers || isNamedByPolicy else {
            let words = "neither DNSSEC nor MTA-STS proves that \(host) takes mail for \(domain)"
            return .forbidden(TLSFailure(.validationFailure, words), .requireTLS)
        }
        requirement.mode = .verified(names: [host])
        requirement.tested = nil
        if requirement.policy != .enforce { requirement.policy = .requireTLS }
        return .session(requirement)
    }
}

// MARK: - Fixed next hops

extension TLSRule {
    /// The operator named the host, so its name needs no proof.
    static func relay(
        _ host: String, _ tls: Route.RelayTLS, demand: DeliveryTerms.TLSDemand, floor: TLSRequirement.Version?,
        dane: DANEFinding
    ) -> HostPosture {
        if case .failed(let failure) = dane { return .forbidden(failure, .dane) }
        var requirement = protection(of: host, tls, dane).raised(to: demand, floor: floor)
        guard demand == .requireTLS else { return .session(requirement) }
        requirement.needsREQUIRETLS = true
        if requirement.mode == .encrypted {
            requirement.mode = .verified(names: [host])
            requirement.policy = .requireTLS
        }
        return .session(requirement)
    }

    private static func protection(of host: String, _ tls: Route.RelayTLS, _ dane: DANEFinding) -> TLSRequirement {
        switch (tls, dane) {
        case (.none, _): TLSRequirement(mode: .none, policy: .relayNone)
        case (.require, _): TLSRequirement(mode: .verified(names: [host]), policy: .relayRequire)
        case (.opportunistic, .records(let associations, let names)):
            TLSRequirement(mode: .dane(associations: associations, names: names), policy: .dane)
        case (.opportunistic, .unusable): TLSRequirement(mode: .encrypted, policy: .dane)
        case (.opportunistic, _): .opportunistic
        }
    }
}

extension TLSRequirement {
    /// The same, or what the sender and the operator ask for where that is more.
    func raised(to demand: DeliveryTerms.TLSDemand, floor: Version?) -> TLSRequirement {
        var raised = self
        if let floor, floor > minimumVersion { raised.minimumVersion = floor }
        guard allowsClear else { return raised }
        switch demand {
        case .requireTLS: raised.policy = .requireTLS
        case .encrypted: raised.policy = .configurationSet
        case .opportunistic where floor != nil: raised.policy = .guardrail
        case .opportunistic: return raised
        }
        raised.mode = .encrypted
        return raised
    }
}
