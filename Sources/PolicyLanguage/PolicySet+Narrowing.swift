// SPDX-License-Identifier: Apache-2.0

extension PolicySet {
    /// The same policies without what says nothing of this action on this resource, whoever asks under whatever
    /// circumstances: what is left has only conditions to be looked at.
    ///
    /// Verdicts are those of the whole set; a statement's reference keeps its name. The resource's own policies stay as
    /// they are.
    package func narrowed(to action: String, on resource: String) -> PolicySet {
        let probe = PolicyRequest(
            principal: PolicyPrincipal(account: "", kind: .user, arn: ""), action: action, resource: resource,
            resourceAccount: "", context: PolicyContext())
        func narrow(_ policies: [NamedPolicy]) -> [NamedPolicy] {
            policies.compactMap { named in
                let statements = named.policy.statements.compactMap { $0.narrowed(to: probe) }
                let policy = Policy(version: named.policy.version, id: named.policy.id, statements: statements)
                return statements.isEmpty ? nil : NamedPolicy(name: named.name, policy: policy)
            }
        }
        var set = self
        set.identity = narrow(identity)
        set.session = session.map(narrow)
        set.organization = organization.map(narrow)
        // A boundary that says nothing still bounds.
        set.boundary = boundary.map {
            narrow([$0]).first ?? NamedPolicy(name: $0.name, policy: Policy(version: .v2012, id: nil, statements: []))
        }
        return set
    }
}

extension Statement {
    /// Nil when it cannot speak of the request.
    fileprivate func narrowed(to request: PolicyRequest) -> Statement? {
        guard actions.holds({ $0.matches(request.actionInLowerCase, in: request.context) }) else { return nil }
        let hasVariables = resources?.elements.contains { !$0.variables.isEmpty } ?? false
        if !hasVariables, let resources {
            guard resources.holds({ $0.matches(fields: request.resourceFields, in: request.context) }) else {
                return nil
            }
        }
        return Statement(
            sid: sid, index: index, effect: effect, principals: principals, actions: .init([], isNegated: true),
            resources: hasVariables ? resources : nil, conditions: conditions)
    }
}
