// SPDX-License-Identifier: Apache-2.0

/// One key under one operator, with the values any of which will do.
package final class Condition: Hashable, Sendable {
    package let operation: ConditionOperator
    /// As written; compared without regard to case.
    package let key: String
    /// As written.
    package let values: [String]
    private let tests: [ValueTest]
    private let lookup: ContextName

    package init(_ operation: ConditionOperator, key: String, values: [String], version: Policy.Version) {
        self.operation = operation
        self.key = key
        self.values = values
        lookup = ContextName(key.lowercased())
        tests = values.map { ValueTest($0, for: operation.comparison, version) }
    }

    package static func == (left: Condition, right: Condition) -> Bool {
        left === right
            || (left.operation == right.operation && left.key.isExactly(right.key)
                && left.values.isExactly(right.values) && left.tests == right.tests)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(operation)
        key.hashExactly(into: &hasher)
        for value in values { value.hashExactly(into: &hasher) }
    }

    /// Meets what matches none of the patterns, whatever its case: what a property forbids.
    init(outside patterns: [String], key: String, any: Bool) {
        operation = ConditionOperator(.stringNotLike, quantifier: any ? .forAnyValue : nil)
        self.key = key
        values = patterns
        lookup = ContextName(key.lowercased())
        tests = patterns.map { .text(Pattern($0, .wildcards), ignoringCase: true) }
    }

    /// Whether the request meets it ("Creating a condition with multiple keys or values", IAM user guide).
    package func holds(in context: PolicyContext) -> Bool {
        let present = context.values(of: lookup)
        if operation.comparison == .null {
            return values.contains { $0.lowercased() == (present.isEmpty ? "true" : "false") }
        }
        guard !present.isEmpty else { return holdsWithoutValue }
        switch operation.quantifier {
        case .forAllValues: return present.allSatisfy { satisfies($0, context) }
        case .forAnyValue: return present.contains { satisfies($0, context) }
        case nil:
            let isNegated = operation.comparison.isNegated
            return isNegated
                ? present.allSatisfy { satisfies($0, context) } : present.contains { satisfies($0, context) }
        }
    }

    /// ForAllValues is true of nothing and ForAnyValue false, negated or not: the source of many a hole.
    package var holdsWithoutValue: Bool {
        if operation.ifExists { return true }
        switch operation.quantifier {
        case .forAllValues: return true
        case .forAnyValue: return false
        case nil: return operation.comparison.isNegated
        }
    }

    /// One request value against the policy's: one of them matches, or for a negated operator none does.
    func satisfies(_ value: String, _ context: PolicyContext) -> Bool {
        tests.contains { $0.matches(value, context) } != operation.comparison.isNegated
    }

    /// Its values as they are compared.
    var patterns: [ValueTest] { tests }

    /// Names of its variables, in lower case.
    var variables: [String] { tests.flatMap(\.variables) }
}

/// One value of a condition, read once.
enum ValueTest: Hashable, Sendable {
    case text(Pattern, ignoringCase: Bool)
    case number(NumericTest)
    case date(NumericTest)
    case boolean(Bool)
    case binary([UInt8])
    case address(AddressRange)
    case arn(ARNPattern)
    /// A value that its operator cannot read matches nothing.
    case nothing

    init(_ value: String, for comparison: ConditionOperator.Comparison, _ version: Policy.Version) {
        let variables: Pattern.Options = version == .v2012 ? .variables : []
        self = Self.reading(value, comparison, variables) ?? .nothing
    }

    private static func reading(
        _ value: String, _ comparison: ConditionOperator.Comparison, _ variables: Pattern.Options
    ) -> ValueTest? {
        switch comparison.family {
        case .text:
            let ignoresCase = comparison == .stringEqualsIgnoreCase || comparison == .stringNotEqualsIgnoreCase
            return .text(
                Pattern(value, comparison.hasWildcards ? variables.union(.wildcards) : variables),
                ignoringCase: ignoresCase)
        case .number: return PolicyNumber.parse(value).map { .number(NumericTest(comparison, $0)) }
        case .date: return PolicyDate.parse(value).map { .date(NumericTest(comparison, $0)) }
        case .boolean: return PolicyBoolean.parse(value).map { .boolean($0) }
        case .binary: return PolicyBinary.parse(value).map { .binary($0) }
        case .address: return AddressRange(value).map { .address($0) }
        case .arn: return ARNPattern(condition: value, variables.union(.wildcards)).map { .arn($0) }
        case .null: return nil
        }
    }

    var variables: [String] {
        switch self {
        case .text(let pattern, _): pattern.variables
        case .arn(let pattern): pattern.variables
        default: []
        }
    }

    func matches(_ value: String, _ context: PolicyContext) -> Bool {
        switch self {
        case .text(let pattern, let ignoringCase): pattern.matches(value, in: context, ignoringCase: ignoringCase)
        case .number(let test): PolicyNumber.parse(value).map(test.holds) ?? false
        case .date(let test): PolicyDate.parse(value).map(test.holds) ?? false
        case .boolean(let wanted): PolicyBoolean.parse(value) == wanted
        case .binary(let wanted): PolicyBinary.parse(value) == wanted
        case .address(let range): range.contains(value)
        case .arn(let pattern): pattern.matches(value, in: context)
        case .nothing: false
        }
    }
}

/// A number or a moment against a bound.
struct NumericTest: Hashable, Sendable {
    enum Order { case equal, less, lessOrEqual, greater, greaterOrEqual }

    let order: Order
    let bound: Double

    init(_ comparison: ConditionOperator.Comparison, _ bound: Double) {
        self.bound = bound
        switch comparison {
        case .numericLessThan, .dateLessThan: order = .less
        case .numericLessThanEquals, .dateLessThanEquals: order = .lessOrEqual
        case .numericGreaterThan, .dateGreaterThan: order = .greater
        case .numericGreaterThanEquals, .dateGreaterThanEquals: order = .greaterOrEqual
        default: order = .equal
        }
    }

    func holds(_ value: Double) -> Bool {
        switch order {
        case .equal: value == bound
        case .less: value < bound
        case .lessOrEqual: value <= bound
        case .greater: value > bound
        case .greaterOrEqual: value >= bound
        }
    }
}
