// SPDX-License-Identifier: Apache-2.0

/// What must hold for one thing to be allowed: the same rules as `PolicySet.verdict`, with conditions left open.
final class ProofWays {
    /// Statements that speak of one thing and its principal, whatever is done.
    private struct Speaking {
        let denials: [Statement]
        let identity: [Statement]
        /// Levels of the organisation, all of which must allow.
        let organization: [[Statement]]
        /// Boundary and session policies, all of which must allow.
        let limits: [[Statement]]
        let resource: [Statement]
    }

    private struct Key: Hashable {
        let arn: ExactText
        let principal: PolicyPrincipal
    }

    private let material: ProofMaterial
    private let keys: ProofKeys
    private let setting: ProofSetting
    private var speaking: [Key: Speaking] = [:]
    /// Statements about an action.
    private var acting: [String: Set<ObjectIdentifier>] = [:]

    init(_ material: ProofMaterial, _ keys: ProofKeys, _ setting: ProofSetting) {
        self.material = material
        self.keys = keys
        self.setting = setting
        for action in Prover.actions {
            let about = material.statements.filter { statement in
                statement.actions.holds { $0.matches(action.lowercased(), in: setting.known.context) }
            }
            acting[action] = Set(about.map { ObjectIdentifier($0) })
        }
    }

    /// - Returns: lists of clauses, one of which must hold whole; none when nothing can allow it.
    func ways(to action: String, _ part: ProofPart) throws(Obstacle) -> [[Clause]] {
        let speaking = try speaking(of: part)
        let about = acting[action] ?? []
        func grant(_ statements: [Statement]) -> Clause {
            Clause(statements.filter { about.contains(ObjectIdentifier($0)) }.map { $0.conditions.map(keys.holds) })
        }
        let size = speaking.denials.count + speaking.identity.count + speaking.resource.count
        try setting.budget.spend(size + 16, orElse: .tooManyCombinations)
        let denials = speaking.denials.filter { about.contains(ObjectIdentifier($0)) }
            .map { Clause($0.conditions.map { [keys.fails($0)] }) }
        let always = denials + speaking.organization.map(grant)
        let limits = speaking.limits.map(grant)
        let own = limits + [grant(speaking.identity)]
        func delegating(_ closeness: PrincipalPattern.Match?) -> Clause {
            grant(
                speaking.resource.filter { statement in
                    let found = statement.closeness(to: part.principal)
                    return closeness == nil ? found != nil : found == closeness
                })
        }
        let ways =
            part.owner == part.principal.account
            ? [always + own, always + [delegating(.exact)], always + limits + [delegating(.role)]]
            : [always + own + [delegating(nil)]]
        return ways.filter { $0.allSatisfy { !$0.alternatives.isEmpty } }
    }

    private func speaking(of part: ProofPart) throws(Obstacle) -> Speaking {
        let key = Key(arn: ExactText(part.arn), principal: part.principal)
        if let known = speaking[key] { return known }
        let request = part.request("", setting.known.context)
        try setting.budget.spend(material.statements.count * 8, orElse: .tooManyPatterns)
        func about(_ policies: [NamedPolicy], _ effect: Statement.Effect) -> [Statement] {
            policies.flatMap(\.policy.statements).filter { $0.effect == effect && $0.speaks(of: request) }
        }
        let policies = material.policies
        let limits = [policies.boundary.map { [$0] }, policies.session].compactMap(\.self)
        let found = Speaking(
            denials: about(policies.layers.flatMap(\.1) + part.policies, .deny),
            identity: about(policies.identity, .allow),
            organization: policies.organization.map { about($0, .allow) }, limits: limits.map { about($0, .allow) },
            resource: about(part.policies, .allow))
        speaking[key] = found
        return found
    }
}

extension Statement {
    /// Whether it is about this resource and principal, conditions and action aside.
    fileprivate func speaks(of request: PolicyRequest) -> Bool {
        if let resources, !resources.holds({ $0.matches(fields: request.resourceFields, in: request.context) }) {
            return false
        }
        return principals?.holds { $0.match(request.principal) != nil } ?? true
    }
}
