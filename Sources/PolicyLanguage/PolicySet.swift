// SPDX-License-Identifier: Apache-2.0

/// All policies in force for one request.
package struct PolicySet: Hashable, Sendable {
    /// Of the user and its groups, or of the role.
    package var identity: [NamedPolicy]
    /// The permissions boundary; nil for none.
    package var boundary: NamedPolicy?
    /// Session policies; nil when the session was given none.
    package var session: [NamedPolicy]?
    /// What is attached at each level of the organisation: its root, then the account. Empty where none applies.
    package var organization: [[NamedPolicy]]
    /// On the resource.
    package var resource: [NamedPolicy]

    package init(
        identity: [NamedPolicy] = [], boundary: NamedPolicy? = nil, session: [NamedPolicy]? = nil,
        organization: [[NamedPolicy]] = [], resource: [NamedPolicy] = []
    ) {
        self.identity = identity
        self.boundary = boundary
        self.session = session
        self.organization = organization
        self.resource = resource
    }
}

/// Which kind of policy spoke, or kept silent.
package enum PolicyLayer: String, Hashable, Sendable, CaseIterable {
    case organization = "service control policy"
    case resource = "resource-based policy"
    case identity = "identity-based policy"
    case boundary = "permissions boundary"
    case session = "session policy"
}

/// One statement, by the way that leads to it.
package struct StatementReference: Hashable, Sendable {
    package let layer: PolicyLayer
    package let policy: String
    package let statement: Statement

    package init(layer: PolicyLayer, policy: String, statement: Statement) {
        self.layer = layer
        self.policy = policy
        self.statement = statement
    }
}

/// The answer to a request, with its reasons.
package struct PolicyDecision: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        /// By this statement; nil for the root user, who needs none.
        case allowed(StatementReference?)
        /// Some statement denies.
        case explicitlyDenied(StatementReference)
        /// Nothing of this kind allows.
        case implicitlyDenied(PolicyLayer)
    }

    package let verdict: Verdict
    /// Statements that would have allowed it, but for one condition.
    package let nearly: [NearMiss]
    /// Condition keys that applying statements asked for and the request did not bring.
    package let missingKeys: [String]

    package var isAllowed: Bool { if case .allowed = verdict { true } else { false } }
}

/// A statement that does not apply because of one condition.
package struct NearMiss: Hashable, Sendable {
    package let reference: StatementReference
    package let condition: Condition
}

extension PolicySet {
    /// Every condition key that some policy asks for, and every variable, as first written.
    package var conditionKeys: [String] {
        var seen: Set<String> = []
        var keys: [String] = []
        for policy in layers.flatMap(\.1) {
            for statement in policy.policy.statements {
                let variables = (statement.resources?.elements ?? []).flatMap(\.variables)
                for key in statement.conditions.flatMap({ [$0.key] + $0.variables }) + variables
                where seen.insert(key.lowercased()).inserted { keys.append(key) }
            }
        }
        return keys
    }
}

extension Pattern {
    var variables: [String] {
        parts.compactMap { if case .variable(let name, _) = $0 { name } else { nil } }
    }
}
