// SPDX-License-Identifier: Apache-2.0

/// The keys a request brings and their values. Names are compared without regard to case; a key without values is absent.
package struct PolicyContext: Hashable, Sendable {
    private var values: [String: [String]]

    package init(_ values: [String: [String]] = [:]) {
        self.values = [:]
        for (name, list) in values { self[name] = list }
    }

    /// Empty for an absent key.
    package subscript(_ name: String) -> [String] {
        get { values[name] ?? values[name.lowercased()] ?? [] }
        set { values[name.lowercased()] = newValue.isEmpty ? nil : newValue }
    }

    package var names: [String] { values.keys.sorted() }

    package mutating func merge(_ other: PolicyContext) {
        values.merge(other.values) { $1 }
    }
}

/// What a policy is asked: may this principal do this to that?
package struct PolicyRequest: Hashable, Sendable {
    package var principal: PolicyPrincipal
    /// `ses:SendEmail`
    package var action: String
    /// An ARN, or `*` for an action that takes no resource.
    package var resource: String
    /// Whose the resource is; the principal's own account for `*`.
    package var resourceAccount: String
    package var context: PolicyContext

    package init(
        principal: PolicyPrincipal, action: String, resource: String, resourceAccount: String, context: PolicyContext
    ) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.resourceAccount = resourceAccount
        self.context = context
    }
}
