// SPDX-License-Identifier: Apache-2.0

/// A condition operator as written: `ForAnyValue:StringNotLikeIfExists`.
package struct ConditionOperator: Hashable, Sendable {
    /// What compares; IAM user guide, "IAM JSON policy elements: Condition operators".
    package enum Comparison: String, CaseIterable, Hashable, Sendable {
        case stringEquals = "StringEquals"
        case stringNotEquals = "StringNotEquals"
        case stringEqualsIgnoreCase = "StringEqualsIgnoreCase"
        case stringNotEqualsIgnoreCase = "StringNotEqualsIgnoreCase"
        case stringLike = "StringLike"
        case stringNotLike = "StringNotLike"
        case numericEquals = "NumericEquals"
        case numericNotEquals = "NumericNotEquals"
        case numericLessThan = "NumericLessThan"
        case numericLessThanEquals = "NumericLessThanEquals"
        case numericGreaterThan = "NumericGreaterThan"
        case numericGreaterThanEquals = "NumericGreaterThanEquals"
        case dateEquals = "DateEquals"
        case dateNotEquals = "DateNotEquals"
        case dateLessThan = "DateLessThan"
        case dateLessThanEquals = "DateLessThanEquals"
        case dateGreaterThan = "DateGreaterThan"
        case dateGreaterThanEquals = "DateGreaterThanEquals"
        case bool = "Bool"
        case binaryEquals = "BinaryEquals"
        case ipAddress = "IpAddress"
        case notIPAddress = "NotIpAddress"
        case arnEquals = "ArnEquals"
        case arnLike = "ArnLike"
        case arnNotEquals = "ArnNotEquals"
        case arnNotLike = "ArnNotLike"
        case null = "Null"

        package var isNegated: Bool {
            switch self {
            case .stringNotEquals, .stringNotEqualsIgnoreCase, .stringNotLike, .numericNotEquals, .dateNotEquals,
                .notIPAddress, .arnNotEquals, .arnNotLike:
                true
            default: false
            }
        }

        /// Whether `*` and `?` in its values stand for other characters.
        var hasWildcards: Bool { self == .stringLike || self == .stringNotLike || family == .arn }

        /// Kinds of values, of which only text and ARNs may hold variables.
        enum Family { case text, number, date, boolean, binary, address, arn, null }

        var family: Family {
            switch self {
            case .stringEquals, .stringNotEquals, .stringEqualsIgnoreCase, .stringNotEqualsIgnoreCase, .stringLike,
                .stringNotLike:
                .text
            case .numericEquals, .numericNotEquals, .numericLessThan, .numericLessThanEquals, .numericGreaterThan,
                .numericGreaterThanEquals:
                .number
            case .dateEquals, .dateNotEquals, .dateLessThan, .dateLessThanEquals, .dateGreaterThan,
                .dateGreaterThanEquals:
                .date
            case .bool: .boolean
            case .binaryEquals: .binary
            case .ipAddress, .notIPAddress: .address
            case .arnEquals, .arnLike, .arnNotEquals, .arnNotLike: .arn
            case .null: .null
            }
        }
    }

    /// How several request values are taken together.
    package enum Quantifier: String, CaseIterable, Hashable, Sendable {
        case forAllValues = "ForAllValues"
        case forAnyValue = "ForAnyValue"
    }

    package let comparison: Comparison
    package let quantifier: Quantifier?
    package let ifExists: Bool

    package init(_ comparison: Comparison, quantifier: Quantifier? = nil, ifExists: Bool = false) {
        self.comparison = comparison
        self.quantifier = quantifier
        self.ifExists = ifExists
    }

    /// Nil for a name that IAM does not know.
    package init?(_ name: String) {
        let halves = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var operation = halves[halves.count - 1]
        let ifExists = operation.hasSuffix("IfExists")
        if ifExists { operation.removeLast("IfExists".count) }
        guard let comparison = Comparison(rawValue: operation) else { return nil }
        var quantifier: Quantifier?
        if halves.count == 2 {
            guard let found = Quantifier(rawValue: halves[0]) else { return nil }
            quantifier = found
        }
        // Null asks whether there is a value at all: nothing can qualify that.
        if comparison == .null, ifExists || quantifier != nil { return nil }
        self.init(comparison, quantifier: quantifier, ifExists: ifExists)
    }

    package var name: String {
        (quantifier.map { "\($0.rawValue):" } ?? "") + comparison.rawValue + (ifExists ? "IfExists" : "")
    }
}
