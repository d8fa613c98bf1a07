// SPDX-License-Identifier: Apache-2.0

/// What of all policies can matter for a send: read once, before anything is tried.
struct ProofMaterial {
    /// Only statements that speak of some send.
    let policies: PolicySet
    /// Identities whose policies speak of the principal; nil where that is not known.
    let resources: [ResourcePolicies]?
    /// The principal, and sessions of the same role that policies name.
    let principals: [PolicyPrincipal]
    /// Of each demand, the conditions of which one breaks it.
    let violations: [(demand: SendProperty.Demand, conditions: [Condition])]

    init(
        _ policies: PolicySet, _ resources: [ResourcePolicies]?, _ property: SendProperty, in setting: ProofSetting
    ) throws(Obstacle) {
        let principal = setting.principal
        guard principal.kind == .user || principal.kind == .roleSession else { throw .noSuchProof(principal.kind) }
        let narrow = Self.narrowing(setting)
        var set = policies
        set.identity = narrow(policies.identity)
        set.boundary = policies.boundary.flatMap { narrow([$0]).first }
        set.session = policies.session.map(narrow)
        set.organization = policies.organization.map(narrow)
        self.policies = set
        let listed = resources?.map { ResourcePolicies(arn: $0.arn, policies: narrow($0.policies)) }
        let principals = [principal] + Self.sessions(of: principal, in: listed ?? [])
        self.principals = principals
        self.resources = listed?.filter { resource in
            resource.policies.flatMap(\.policy.statements).contains { statement in
                principals.contains { principal in
                    statement.principals?.holds { $0.match(principal) != nil } ?? false
                }
            }
        }
        violations = property.demands.map { ($0, property.violations(of: $0)) }
        for statement in statements {
            try setting.known.require(statement.conditions.flatMap(\.variables))
            try setting.known.require((statement.resources?.elements ?? []).flatMap(\.variables))
        }
    }

    var statements: [Statement] {
        (policies.layers.flatMap(\.1) + (resources ?? []).flatMap(\.policies)).flatMap(\.policy.statements)
    }

    var conditions: [Condition] { statements.flatMap(\.conditions) + violations.flatMap(\.conditions) }

    // Policies stay though nothing is left of them: a boundary that says nothing still bounds.
    private static func narrowing(_ setting: ProofSetting) -> ([NamedPolicy]) -> [NamedPolicy] {
        let actions = Prover.actions.map { $0.lowercased() }
        return { policies in
            policies.map { named in
                let statements = named.policy.statements.filter { statement in
                    actions.contains { action in
                        statement.actions.holds { $0.matches(action, in: setting.known.context) }
                    }
                }
                let policy = Policy(version: named.policy.version, id: named.policy.id, statements: statements)
                return NamedPolicy(name: named.name, policy: policy)
            }
        }
    }

    /// A policy may let one session in and no other.
    private static func sessions(of principal: PolicyPrincipal, in resources: [ResourcePolicies]) -> [PolicyPrincipal] {
        guard principal.kind == .roleSession, let slash = principal.arn.lastIndex(of: "/") else { return [] }
        let role = principal.arn[...slash]
        var seen: Set<String> = [principal.arn]
        let patterns = resources.flatMap(\.policies).flatMap(\.policy.statements).compactMap(\.principals)
            .flatMap(\.elements)
        return patterns.compactMap { pattern in
            guard case .arn(let arn) = pattern, arn.hasPrefix(role), seen.insert(arn).inserted else { return nil }
            return PolicyPrincipal(account: principal.account, kind: .roleSession, arn: arn, role: principal.role)
        }
    }
}
