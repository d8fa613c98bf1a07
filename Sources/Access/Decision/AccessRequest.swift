// SPDX-License-Identifier: Apache-2.0

package import Mail
package import PolicyLanguage

/// May this caller do this to these things, under these circumstances?
package struct AccessRequest: Sendable {
    /// One thing that is asked for, with the policies its owner put on it.
    package struct Resource: Hashable, Sendable {
        /// `*` for an action that takes none.
        package let arn: String
        /// Nil: whose account the ARN names, or the caller's own.
        package let owner: AccountID?
        package let policies: [NamedPolicy]
        /// Its own, which are `aws:ResourceTag/KEY`.
        package let tags: [String: String]

        package init(
            _ arn: String, owner: AccountID? = nil, policies: [NamedPolicy] = [], tags: [String: String] = [:]
        ) {
            self.arn = arn
            self.owner = owner
            self.policies = policies
            self.tags = tags
        }

        /// The request's condition keys with those that the thing itself brings.
        func circumstances(in context: PolicyContext) -> PolicyContext {
            guard !tags.isEmpty else { return context }
            var own = context
            for (key, value) in tags { own["aws:ResourceTag/\(key)"] = [value] }
            return own
        }
    }

    package let caller: Caller
    /// `ses:SendEmail`.
    package let action: String
    /// All of them must be allowed.
    package let resources: [Resource]
    /// Condition keys and their values, beyond those that follow from the caller.
    package let context: [String: [String]]
    /// Whether only an explicit deny counts: for asking again with another spelling of what was allowed already.
    package let countsOnlyExplicit: Bool

    package init(
        caller: Caller, action: String, resources: [Resource], context: [String: [String]] = [:],
        countsOnlyExplicit: Bool = false
    ) {
        self.caller = caller
        self.action = action
        self.resources = resources
        self.context = context
        self.countsOnlyExplicit = countsOnlyExplicit
    }
}

package enum AccessDecision: Hashable, Sendable {
    case allowed
    case denied(AccessDenial)
}

/// A reasoned no.
package struct AccessDenial: Error, Hashable, Sendable {
    package let principal: String
    package let action: String
    package let resource: String
    /// `iam`, or the guardrail's name.
    package let control: String
    /// Which statement or limit said no.
    package let because: String

    package init(principal: String, action: String, resource: String, control: String = "iam", because: String) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.control = control
        self.because = because
    }

    /// The sentence SES answers with, quotes and all, and the reason.
    package var message: String {
        "User `\(principal)' is not authorized to perform `\(action)' on resource `\(resource)' because \(because)"
    }

    /// The sentence of the other services.
    package var plainMessage: String {
        "User: \(principal) is not authorized to perform: \(action) on resource: \(resource) because \(because)"
    }
}
