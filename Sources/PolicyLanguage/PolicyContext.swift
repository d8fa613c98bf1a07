// SPDX-License-Identifier: Apache-2.0

/// The keys a request brings and their values. Names are compared without regard to case; a key without values is absent.
package struct PolicyContext: Hashable, Sendable {
    private var values: [String: [String]]

    package init(_ values: [String: [String]] = [:]) {
        self.values = [:]
        for (name, list) in values { self[name] = list }
    }

    /// - Parameter values: with keys in lower case, and none without values.
    package init(lowercased values: [String: [String]]) { self.values = values }

    /// Empty for an absent key.
    package subscript(_ name: String) -> [String] {
        get { values[name.lowercased()] ?? [] }
        set { values[name.lowercased()] = newValue.isEmpty ? nil : newValue }
    }

    /// By a name that is in lower case already.
    func values(of lowercased: String) -> [String] { values[lowercased] ?? [] }

    package var names: [String] { values.keys.sorted() }

    package mutating func merge(_ other: PolicyContext) {
        values.merge(other.values) { $1 }
    }
}

/// What a policy is asked: may this principal do this to that?
package struct PolicyRequest: Hashable, Sendable {
    package var principal: PolicyPrincipal
    /// `ses:SendEmail`
    package var action: String { didSet { actionInLowerCase = action.lowercased() } }
    /// An ARN, or `*` for an action that takes no resource.
    package var resource: String { didSet { resourceFields = ARNPattern.plainFields(of: resource) } }
    /// Whose the resource is; the principal's own account for `*`.
    package var resourceAccount: String
    package var context: PolicyContext
    private(set) var actionInLowerCase: String
    /// The ARN's six components; fewer for what is none.
    private(set) var resourceFields: [Substring]

    package init(
        principal: PolicyPrincipal, action: String, resource: String, resourceAccount: String, context: PolicyContext
    ) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.resourceAccount = resourceAccount
        self.context = context
        actionInLowerCase = action.lowercased()
        resourceFields = ARNPattern.plainFields(of: resource)
    }
}
