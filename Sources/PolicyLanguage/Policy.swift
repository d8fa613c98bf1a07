// SPDX-License-Identifier: Apache-2.0

/// A policy document of IAM, read once into the form it is evaluated in.
///
/// Follows "IAM JSON policy reference" (IAM user guide). Immutable, so one parsed policy serves every decision.
package struct Policy: Hashable, Sendable {
    /// Where a document may stand decides which elements it must have and may not have.
    package enum Kind: Hashable, Sendable {
        /// Attached to a user, group or role; also a permissions boundary and a session policy.
        case identity
        /// Of an organisation, type SERVICE_CONTROL_POLICY.
        case organization
        /// Attached to a resource: every statement names principals.
        case resource
        /// A role's trust policy: every statement names principals, none a resource.
        case trust
    }

    /// The dialect: only the newer one knows policy variables.
    package enum Version: String, Hashable, Sendable {
        case v2008 = "2008-10-17"
        case v2012 = "2012-10-17"
    }

    package let version: Version
    package let id: String?
    package let statements: [Statement]
    /// The statements of either effect, as every decision asks for them.
    private let denies: [Statement]
    private let allows: [Statement]

    package init(version: Version, id: String?, statements: [Statement]) {
        self.version = version
        self.id = id
        self.statements = statements
        denies = statements.filter { $0.effect == .deny }
        allows = statements.filter { $0.effect == .allow }
    }

    func statements(of effect: Statement.Effect) -> [Statement] { effect == .deny ? denies : allows }
}

/// One statement of a policy. A class, so that walking through hundreds of them copies nothing.
package final class Statement: Hashable, Sendable {
    package enum Effect: String, Hashable, Sendable {
        case allow = "Allow"
        case deny = "Deny"
    }

    /// `Action` or `NotAction`, and so on: a list and whether it names what is meant or what is not.
    package struct Selection<Element: Hashable & Sendable>: Hashable, Sendable {
        package let elements: [Element]
        package let isNegated: Bool

        package init(_ elements: [Element], isNegated: Bool = false) {
            self.elements = elements
            self.isNegated = isNegated
        }

        func holds(_ matches: (Element) -> Bool) -> Bool { elements.contains(where: matches) != isNegated }
    }

    package let sid: String?
    /// Its place in the document, from 0.
    package let index: Int
    package let effect: Effect
    /// Nil in identity and organisation policies.
    package let principals: Selection<PrincipalPattern>?
    package let actions: Selection<Pattern>
    /// Nil in trust policies.
    package let resources: Selection<ARNPattern>?
    package let conditions: [Condition]

    init(
        sid: String?, index: Int, effect: Effect, principals: Selection<PrincipalPattern>?, actions: Selection<Pattern>,
        resources: Selection<ARNPattern>?, conditions: [Condition]
    ) {
        self.sid = sid
        self.index = index
        self.effect = effect
        self.principals = principals
        self.actions = actions
        self.resources = resources
        self.conditions = conditions
    }

    package static func == (left: Statement, right: Statement) -> Bool {
        left === right
            || (left.sid == right.sid && left.index == right.index && left.effect == right.effect
                && left.principals == right.principals && left.actions == right.actions
                && left.resources == right.resources && left.conditions == right.conditions)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(sid)
        hasher.combine(index)
        hasher.combine(effect)
        hasher.combine(actions)
        hasher.combine(conditions)
    }

    /// `NoOutsideRecipient`, or `1` for the first statement when it has no Sid.
    package var name: String { sid ?? "\(index + 1)" }
}

/// A policy with the name people know it by: `mail-app v3`.
package struct NamedPolicy: Hashable, Sendable {
    package let name: String
    package let policy: Policy

    package init(name: String, policy: Policy) {
        self.name = name
        self.policy = policy
    }
}
