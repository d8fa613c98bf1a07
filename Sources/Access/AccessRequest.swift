// SPDX-License-Identifier: Apache-2.0

/// May this caller do this to these things, under these circumstances?
package struct AccessRequest: Sendable {
    package let caller: Caller
    /// `ses:SendEmail`.
    package let action: String
    /// ARNs, all of which must be allowed; `*` for an action that takes none.
    package let resources: [String]
    /// Condition keys and their values, beyond those that follow from the caller.
    package let context: [String: [String]]

    package init(caller: Caller, action: String, resources: [String], context: [String: [String]] = [:]) {
        self.caller = caller
        self.action = action
        self.resources = resources
        self.context = context
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
    /// Which statement or limit said no.
    package let because: String

    /// The sentence SES answers with, quotes and all.
    package var message: String {
        "User `\(principal)' is not authorized to perform `\(action)' on resource `\(resource)'"
    }
}
