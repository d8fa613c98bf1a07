// SPDX-License-Identifier: Apache-2.0

/// Decides whether any send that policies allow breaks a property, and gives one that does.
///
/// Each condition key's values are cut into finitely many classes (`Witnesses`); then allowing statements, statements that
/// must not deny, and the broken demand are clauses over those classes, solved by backtracking. What is found is asked of
/// the evaluator itself before it is given out.
package struct Prover: Sendable {
    package static let actions = [
        "ses:SendEmail", "ses:SendRawEmail", "ses:SendTemplatedEmail", "ses:SendBulkTemplatedEmail",
        "ses:SendBulkEmail", "ses:SendCustomVerificationEmail",
    ]
    /// Actions for which SES itself supplies no addresses.
    private static let blind: Set<String> = ["ses:SendBulkEmail", "ses:SendCustomVerificationEmail"]

    private let policies: PolicySet
    private let principal: PolicyPrincipal
    /// Keys whose values are known, of the principal above all.
    private let known: PolicyContext
    /// Whether Postern's own checks stand before the policies: addresses always there, in one spelling, without tricks.
    private let guarded: Bool

    package init(
        _ policies: PolicySet, principal: PolicyPrincipal, known: PolicyContext = PolicyContext(), guarded: Bool
    ) {
        self.policies = policies
        self.principal = principal
        self.known = known
        self.guarded = guarded
    }

    package func prove(_ property: SendProperty) -> Proof {
        guard let resources = resources() else { return .undecided("there are too many different resource patterns") }
        var cut: [Set<Condition>: [String]] = [:]
        for demand in property.demands {
            let violations = property.violations(of: demand)
            guard let variables = Variables(conditions(with: violations), known: known, guarded: guarded, &cut) else {
                return .undecided(
                    "there are too many different patterns on one key, or a variable whose value is not known")
            }
            for action in Self.actions {
                for resource in resources {
                    if let request = counterexample(action, resource, violations, variables) {
                        return answer(request, demand, violations)
                    }
                }
            }
        }
        return .holds
    }

    private func answer(_ request: PolicyRequest, _ demand: SendProperty.Demand, _ violations: [Condition]) -> Proof {
        guard case .allowed(let statement) = policies.verdict(on: request) else {
            return .undecided("a request that should be allowed is not: \(request.action) on \(request.resource)")
        }
        return .broken(demand: demand.rawValue, request: request, by: statement)
    }

    private func conditions(with violations: [Condition]) -> [Condition] {
        policies.layers.flatMap(\.1).flatMap(\.policy.statements).flatMap(\.conditions) + violations
    }

    // One ARN for every way in which resource patterns can part.
    private func resources() -> [String]? {
        let patterns = policies.layers.flatMap(\.1).flatMap(\.policy.statements).compactMap(\.resources).flatMap(
            \.elements
        )
        .filter { !$0.isEverything }.map(\.text)
        let own = "arn:aws:ses:*:\(principal.account):identity/*"
        let parts = Set(patterns + [own]).sorted().map { Pattern($0, .wildcards).parts }
        let words = Witnesses.words(for: parts, ignoringCase: parts.map { _ in false }, shape: .arn)
        let shape = ARNPattern(own, .wildcards)
        return words.map { $0.filter { shape?.matches($0, in: PolicyContext()) ?? false } }
    }

    private func counterexample(
        _ action: String, _ resource: String, _ violations: [Condition], _ variables: Variables
    ) -> PolicyRequest? {
        var variables = variables
        var request = PolicyRequest(
            principal: principal, action: action, resource: resource, resourceAccount: principal.account, context: known
        )
        var clauses = clauses(for: request)
        if Self.blind.contains(action), !guarded {
            // What the policy cannot see breaks the demand unseen.
            for key in ["ses:recipients", "ses:fromaddress", "ses:fromdisplayname", "ses:feedbackaddress"] {
                variables.forceAbsent(key)
            }
            let isUnseen = violations.contains { $0.key.hasPrefix("ses:") }
            if !isUnseen { clauses.append(Clause(violations.map { [Literal($0, true)] })) }
        } else {
            clauses.append(Clause(violations.map { [Literal($0, true)] }))
        }
        guard let solution = Solver(clauses).solve(variables) else { return nil }
        request.context.merge(solution.context())
        return request
    }

    /// What must hold for a request to be allowed, its action and resource given.
    private func clauses(for request: PolicyRequest) -> [Clause] {
        var clauses: [Clause] = []
        func applying(_ policies: [NamedPolicy], _ effect: Statement.Effect) -> [Statement] {
            policies.flatMap(\.policy.statements).filter { $0.effect == effect && $0.speaks(of: request) }
        }
        for (_, layer) in policies.layers {
            for statement in applying(layer, .deny) {
                clauses.append(Clause(statement.conditions.map { [Literal($0, false)] }))
            }
        }
        var granting = [policies.identity] + policies.organization
        if let boundary = policies.boundary { granting.append([boundary]) }
        if let session = policies.session { granting.append(session) }
        for layer in granting {
            clauses.append(Clause(applying(layer, .allow).map { $0.conditions.map { Literal($0, true) } }))
        }
        return clauses
    }
}

extension Statement {
    /// Whether it is about this action, resource and principal, conditions aside.
    fileprivate func speaks(of request: PolicyRequest) -> Bool {
        switch mismatch(request) {
        case nil, .condition: true
        default: false
        }
    }
}
