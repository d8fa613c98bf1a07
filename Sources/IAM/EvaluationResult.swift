// SPDX-License-Identifier: Apache-2.0

import PolicyLanguage

/// What a simulation says of one action on one resource.
struct EvaluationResult: Encodable, Sendable {
    struct MatchedStatement: Encodable, Sendable {
        let sourcePolicyId: String
        let sourcePolicyType: String

        init(_ reference: StatementReference) {
            sourcePolicyId = reference.policy
            sourcePolicyType = reference.layer == .resource ? "Resource Policy" : "IAM Policy"
        }
    }
    struct Organizations: Encodable, Sendable { let allowedByOrganizations: Bool }
    struct Boundary: Encodable, Sendable { let allowedByPermissionsBoundary: Bool }

    let evalActionName: String
    let evalResourceName: String
    let evalDecision: String
    let matchedStatements: [MatchedStatement]
    let missingContextValues: [String]
    let organizationsDecisionDetail: Organizations?
    let permissionsBoundaryDecisionDetail: Boundary?
    /// Not AWS's: the paragraph that says why.
    let evalDecisionExplanation: String

    init(_ decision: PolicyDecision, of request: PolicyRequest, by policies: PolicySet, _ missing: [String]) {
        let (word, reference): (String, StatementReference?) =
            switch decision.verdict {
            case .allowed(let reference): ("allowed", reference)
            case .explicitlyDenied(let reference): ("explicitDeny", reference)
            case .implicitlyDenied: ("implicitDeny", nil)
            }
        func isPassed(_ layer: PolicyLayer) -> Bool {
            decision.verdict != .implicitlyDenied(layer) && reference?.layer != layer
        }
        (evalActionName, evalResourceName, evalDecision) = (request.action, request.resource, word)
        matchedStatements = reference.map { [MatchedStatement($0)] } ?? []
        missingContextValues = missing
        organizationsDecisionDetail =
            policies.organization.isEmpty ? nil : .init(allowedByOrganizations: isPassed(.organization))
        permissionsBoundaryDecisionDetail =
            policies.boundary == nil ? nil : .init(allowedByPermissionsBoundary: isPassed(.boundary))
        evalDecisionExplanation = decision.explanation(of: request)
    }
}
