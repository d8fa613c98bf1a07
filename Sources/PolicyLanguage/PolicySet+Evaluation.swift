// SPDX-License-Identifier: Apache-2.0

extension PolicySet {
    /// Decides as IAM does ("Policy evaluation logic" and "Cross-account policy evaluation logic", IAM user guide).
    ///
    /// An explicit deny anywhere is final. Every level of the organisation must allow. Within one account the
    /// resource's policy or the identity's must allow, across accounts both; boundary and session policy bound what the
    /// identity's policies grant, and what a resource grants to a role rather than to its session.
    package func decide(_ request: PolicyRequest) -> PolicyDecision {
        let verdict = verdict(on: request)
        if case .allowed = verdict { return PolicyDecision(verdict: verdict, nearly: [], missingKeys: []) }
        let nearly = nearlyApplying(to: request, insteadOf: verdict)
        let asked = nearly.map(\.condition.key).filter { request.context[$0.lowercased()].isEmpty }
        return PolicyDecision(verdict: verdict, nearly: nearly, missingKeys: Set(asked).sorted())
    }

    /// The verdict alone: all that a send needs that is allowed.
    package func verdict(on request: PolicyRequest) -> PolicyDecision.Verdict {
        if let denial = denial(of: request) { return .explicitlyDenied(denial) }
        if request.principal.kind == .service || request.principal.kind == .federated {
            return grant(by: resource, .resource, request).map { .allowed($0) } ?? .implicitlyDenied(.resource)
        }
        for level in organization where grant(by: level, .organization, request) == nil {
            return .implicitlyDenied(.organization)
        }
        let isSameAccount = request.principal.account == request.resourceAccount
        return isSameAccount ? sameAccount(request) : crossAccount(request)
    }

    private func sameAccount(_ request: PolicyRequest) -> PolicyDecision.Verdict {
        let (byResource, match) = resourceGrant(request)
        switch match {
        case .exact: return .allowed(byResource)
        case .role: return limits(request) ?? .allowed(byResource)
        case .account, nil: return ownGrant(request)
        }
    }

    private func crossAccount(_ request: PolicyRequest) -> PolicyDecision.Verdict {
        let own = ownGrant(request)
        guard case .allowed = own else { return own }
        let (byResource, _) = resourceGrant(request)
        return byResource.map { .allowed($0) } ?? .implicitlyDenied(.resource)
    }

    // What the principal's own account grants.
    private func ownGrant(_ request: PolicyRequest) -> PolicyDecision.Verdict {
        if request.principal.kind == .root { return .allowed(nil) }
        guard let own = grant(by: identity, .identity, request) else { return .implicitlyDenied(.identity) }
        return limits(request) ?? .allowed(own)
    }

    // Boundary and session policies grant nothing; nil when they let it pass.
    private func limits(_ request: PolicyRequest) -> PolicyDecision.Verdict? {
        if let boundary, grant(by: [boundary], .boundary, request) == nil { return .implicitlyDenied(.boundary) }
        if let session, grant(by: session, .session, request) == nil { return .implicitlyDenied(.session) }
        return nil
    }

    private func denial(of request: PolicyRequest) -> StatementReference? {
        for (layer, policies) in layers {
            // Service control policies bind principals of the organisation's accounts only.
            if layer == .organization, request.principal.kind == .service { continue }
            if let found = first(.deny, in: policies, layer, request) { return found }
        }
        return nil
    }

    private func grant(by policies: [NamedPolicy], _ layer: PolicyLayer, _ request: PolicyRequest)
        -> StatementReference?
    {
        first(.allow, in: policies, layer, request)
    }

    private func first(
        _ effect: Statement.Effect, in policies: [NamedPolicy], _ layer: PolicyLayer, _ request: PolicyRequest
    ) -> StatementReference? {
        for named in policies {
            let statements = named.policy.statements(of: effect)
            if let statement = statements.first(where: { $0.mismatch(request, isBounded: boundary != nil) == nil }) {
                return StatementReference(layer: layer, policy: named.name, statement: statement)
            }
        }
        return nil
    }

    // The closest of all granting statements counts.
    private func resourceGrant(_ request: PolicyRequest) -> (StatementReference?, PrincipalPattern.Match?) {
        var best: (StatementReference?, PrincipalPattern.Match?) = (nil, nil)
        for named in resource {
            for statement in named.policy.statements where statement.effect == .allow {
                guard statement.mismatch(request) == nil, let match = statement.closeness(to: request.principal),
                    best.1.map({ match > $0 }) ?? true
                else { continue }
                best = (StatementReference(layer: .resource, policy: named.name, statement: statement), match)
            }
        }
        return best
    }

    var layers: [(PolicyLayer, [NamedPolicy])] {
        [
            (.organization, organization.flatMap { $0 }), (.resource, resource), (.identity, identity),
            (.boundary, boundary.map { [$0] } ?? []), (.session, session ?? []),
        ]
    }

    /// Statements of which only a condition keeps them from allowing.
    private func nearlyApplying(
        to request: PolicyRequest, insteadOf verdict: PolicyDecision.Verdict
    ) -> [NearMiss] {
        guard case .implicitlyDenied(let silent) = verdict else { return [] }
        var found: [NearMiss] = []
        for (layer, policies) in layers where layer == silent {
            for named in policies {
                for statement in named.policy.statements where statement.effect == .allow {
                    if case .condition(let condition) = statement.mismatch(request) {
                        let reference = StatementReference(layer: layer, policy: named.name, statement: statement)
                        found.append(NearMiss(reference: reference, condition: condition))
                    }
                }
            }
        }
        return found
    }
}

extension PolicySet {
    /// Whether some statement on the resource allows it and names the caller, in whatever form: what a role's trust policy
    /// must do, though within one account a caller's own policies might be enough for other things.
    package func names(_ request: PolicyRequest) -> Bool {
        resource.contains { named in
            named.policy.statements.contains { statement in
                statement.effect == .allow && statement.mismatch(request) == nil
                    && statement.closeness(to: request.principal) != nil
            }
        }
    }
}
