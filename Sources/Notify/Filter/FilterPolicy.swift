// SPDX-License-Identifier: Apache-2.0

import JSON

/// Which of a topic's messages a subscriber wants (SNS developer guide, "Subscription filter policies").
///
/// All names must match, each by one of its rules at least. Limits: five names, five levels of a body's policy, 150
/// combinations of rules, where each text of `anything-but` counts as a rule, 256 KB; names and operators beyond those
/// below are refused, never passed over.
package struct FilterPolicy: Hashable, Sendable {
    package static let maximumOctets = 256 << 10
    package static let maximumNames = 5
    package static let maximumDepth = 5
    package static let maximumCombinations = 150
    /// Numbers of rules lie between this and its negative.
    static let largestNumber = 1e9

    /// What is looked at.
    package enum Scope: String, Hashable, Sendable, Codable {
        case messageAttributes = "MessageAttributes"
        case messageBody = "MessageBody"
    }

    indirect enum Node: Hashable, Sendable {
        case names([String: Node])
        case rules([Rule])
    }

    enum Rule: Hashable, Sendable {
        case equal(Scalar)
        case prefix(String)
        case suffix(String)
        /// In small letters.
        case sameLetters(String)
        /// None of these rules holds.
        case anythingBut([Rule])
        case numeric([Bound])
        case exists(Bool)

        /// How many comparisons it takes.
        var count: Int { if case .anythingBut(let rules) = self { rules.count } else { 1 } }
    }

    struct Bound: Hashable, Sendable {
        enum Sign: String, Hashable, Sendable {
            case equal = "="
            case less = "<"
            case atMost = "<="
            case more = ">"
            case atLeast = ">="
        }
        let sign: Sign
        let number: Double
    }

    /// A value without parts.
    enum Scalar: Hashable, Sendable {
        case string(String)
        case number(Double)
        case boolean(Bool)
        case null

        init?(_ value: JSONValue) {
            switch value {
            case .string(let text): self = .string(text)
            case .number(let text):
                guard let number = Double(text), number.isFinite else { return nil }
                self = .number(number)
            case .boolean(let flag): self = .boolean(flag)
            case .null: self = .null
            case .object, .array: return nil
            }
        }

        // Two spellings of one letter are two texts.
        static func == (left: Self, right: Self) -> Bool {
            switch (left, right) {
            case (.string(let one), .string(let other)): one.utf8.elementsEqual(other.utf8)
            case (.number(let one), .number(let other)): one == other
            case (.boolean(let one), .boolean(let other)): one == other
            case (.null, .null): true
            default: false
            }
        }
    }

    let root: [String: Node]
    let scope: Scope

    /// Whether a message is wanted.
    package func accepts(_ message: String, _ attributes: [String: MessageAttribute]) -> Bool {
        switch scope {
        case .messageAttributes:
            return root.allSatisfy { name, node in
                guard case .rules(let rules) = node else { return false }
                let attribute = attributes[name]
                return Self.holds(rules, of: attribute?.values ?? [], isThere: attribute != nil)
            }
        case .messageBody:
            guard let body = try? JSONValue(parsing: message, maximumDepth: 64), case .object = body else {
                return false
            }
            return Self.holds(root, in: body)
        }
    }

    private static func holds(_ names: [String: Node], in value: JSONValue) -> Bool {
        names.allSatisfy { name, node in
            switch (node, value[name]) {
            case (.rules(let rules), let found):
                holds(rules, of: found.map(scalars) ?? [], isThere: found.map(isLeaf) ?? false)
            case (.names(let inner), .array(let elements)?): elements.contains { holds(inner, in: $0) }
            case (.names(let inner), let found): holds(inner, in: found ?? .null)
            }
        }
    }

    private static func isLeaf(_ value: JSONValue) -> Bool { if case .object = value { false } else { true } }

    private static func scalars(_ value: JSONValue) -> [Scalar] {
        if case .array(let elements) = value { return elements.compactMap(Scalar.init) }
        return Scalar(value).map { [$0] } ?? []
    }

    private static func holds(_ rules: [Rule], of values: [Scalar], isThere: Bool) -> Bool {
        rules.contains { rule in
            if case .exists(let wanted) = rule { return wanted == isThere }
            return values.contains { rule.holds(of: $0) }
        }
    }
}

extension FilterPolicy.Rule {
    func holds(of value: FilterPolicy.Scalar) -> Bool {
        switch (self, value) {
        case (.equal(let wanted), _): wanted == value
        case (.prefix(let start), .string(let text)): text.utf8.starts(with: start.utf8)
        case (.suffix(let end), .string(let text)): text.utf8.reversed().starts(with: end.utf8.reversed())
        case (.sameLetters(let wanted), .string(let text)):
            wanted.utf8.elementsEqual(text.lowercased().utf8)
        case (.anythingBut(let rules), _): !rules.contains { $0.holds(of: value) }
        case (.numeric(let bounds), .number(let number)): bounds.allSatisfy { $0.holds(of: number) }
        default: false
        }
    }
}

extension FilterPolicy.Bound {
    func holds(of value: Double) -> Bool {
        switch sign {
        case .equal: value == number
        case .less: value < number
        case .atMost: value <= number
        case .more: value > number
        case .atLeast: value >= number
        }
    }
}
