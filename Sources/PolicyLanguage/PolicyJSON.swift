// SPDX-License-Identifier: Apache-2.0

import JSON

/// JSON as policy documents are written in it: a name that stands twice is a fault, for two readers would see two
/// policies, and members keep their order, by which statements are named.
typealias PolicyJSON = JSONValue

extension JSONValue {
    /// Deeper nesting than any policy has.
    static let maximumPolicyDepth = 16

    init(policy text: String) throws(PolicyFault) {
        do {
            try self.init(parsing: text, maximumDepth: Self.maximumPolicyDepth)
        } catch {
            throw PolicyFault(
                path: "",
                message: "Syntax errors in policy. Line \(error.line), column \(error.column): \(error.reason).")
        }
    }
}
