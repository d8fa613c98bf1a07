// SPDX-License-Identifier: Apache-2.0

/// What is certain of the condition keys of every request in question: of the principal above all.
package struct KnownKeys: Sendable {
    /// Keys with their values.
    package var context: PolicyContext
    /// Keys in lower case that are never there unless they stand in `context`; one that ends in `/` stands for all that
    /// begin with it.
    package var absent: [String]

    package init(_ context: PolicyContext = PolicyContext(), absent: [String] = []) {
        self.context = context
        self.absent = absent
    }

    /// Whether nothing about a key, given in lower case, is left open.
    func settles(_ key: String) -> Bool {
        !context[key].isEmpty || absent.contains { $0.hasSuffix("/") ? key.hasPrefix($0) : key == $0 }
    }

    /// - Throws: when the value of a variable is not known.
    func require(_ variables: [String]) throws(Obstacle) {
        for name in variables where !settles(name) { throw .unknownVariable(name) }
    }
}

/// An identity and the policies that its owner put on it.
package struct ResourcePolicies: Hashable, Sendable {
    package let arn: String
    package let policies: [NamedPolicy]

    package init(arn: String, policies: [NamedPolicy]) {
        self.arn = arn
        self.policies = policies
    }
}
