// SPDX-License-Identifier: Apache-2.0

/// Decides whether any send that policies allow breaks a property, and gives one that does.
///
/// Each condition key's values are cut into finitely many classes (`Witnesses`); so are the places and names of
/// identities (`ResourceSpace`). Then allowing statements, statements that must not deny, and the broken demand are clauses
/// over those classes (`ProofSearch`), which `Solver` settles. What is found is asked of the evaluator itself before it is
/// given out. Whatever cannot be cut, counted or known makes the answer "undecided", never "holds".
package struct Prover: Sendable {
    package static let actions = [
        "ses:SendEmail", "ses:SendRawEmail", "ses:SendTemplatedEmail", "ses:SendBulkTemplatedEmail",
        "ses:SendBulkEmail", "ses:SendCustomVerificationEmail",
    ]
    /// Steps of computing that a proof may take: about a second.
    package static let steps = 30_000_000

    private let policies: PolicySet
    private let principal: PolicyPrincipal
    private let known: KnownKeys
    private let resources: [ResourcePolicies]?
    private let guarded: Bool

    /// - Parameters:
    ///   - policies: the principal's own and its organisation's.
    ///   - resources: every identity that policies stand on, and those. Nil where that is not known: then every owner is
    ///     taken to agree, as the principal's own account does.
    ///   - guarded: whether Postern's own checks stand before the policies: addresses always there, in one spelling,
    ///     without tricks, and covered by the identity that a send is made with.
    package init(
        _ policies: PolicySet, principal: PolicyPrincipal, known: KnownKeys = KnownKeys(),
        resources: [ResourcePolicies]? = nil, guarded: Bool
    ) {
        self.policies = policies
        self.principal = principal
        self.known = known
        self.resources = resources
        self.guarded = guarded
    }

    package func prove(_ property: SendProperty) -> Proof {
        do {
            try property.check()
        } catch {
            return .undecided(error.description)
        }
        do {
            let setting = ProofSetting(
                principal: principal, known: known, guarded: guarded, budget: ProofBudget(Self.steps))
            return try ProofSearch(policies, resources, property, in: setting).prove()
        } catch {
            return .undecided(error.description)
        }
    }
}
