// SPDX-License-Identifier: Apache-2.0

import JSON

extension FilterPolicy {
    /// - Throws: `NotifyFailure.invalid`, or `filterPolicyLimit` for more combinations than SNS takes.
    package init(parsing text: String, scope: Scope) throws(NotifyFailure) {
        guard text.utf8.count <= Self.maximumOctets else { throw .invalid("FilterPolicy: longer than 256 KB") }
        let document: JSONValue
        do { document = try JSONValue(parsing: text, maximumDepth: 16) } catch {
            throw Self.fault("failed to parse JSON: \(error.reason)")
        }
        guard case .object(let members) = document else { throw Self.fault("the policy must be a JSON object") }
        var size = Size()
        root = try Self.names(members, depth: 1, isFlat: scope == .messageAttributes, &size)
        self.scope = scope
        guard size.names <= Self.maximumNames, size.combinations <= Self.maximumCombinations else {
            throw .filterPolicyLimit
        }
    }

    private struct Size {
        var names = 0
        var combinations = 1

        // Counted up to where it is too many.
        mutating func add(_ rules: Int, depth: Int) {
            names += 1
            combinations = min(combinations * max(rules, 1) * depth, FilterPolicy.maximumCombinations + 1)
        }
    }

    private static func fault(_ why: String) -> NotifyFailure { .invalid("FilterPolicy: \(why)") }

    private static func names(
        _ members: [JSONValue.Member], depth: Int, isFlat: Bool, _ size: inout Size
    ) throws(NotifyFailure) -> [String: Node] {
        guard depth <= maximumDepth else { throw fault("nested deeper than \(maximumDepth)") }
        guard !members.isEmpty || depth == 1 else { throw fault("an object must not be empty") }
        var names: [String: Node] = [:]
        for member in members {
            guard member.name.utf8.first != UInt8(ascii: "$") else {
                throw fault("\(member.name.prefix(20)) is not supported here")
            }
            switch member.value {
            case .array(let elements):
                guard !elements.isEmpty else { throw fault("\"\(member.name.prefix(100))\" must not be empty") }
                var rules: [Rule] = []
                for element in elements { rules.append(try rule(element)) }
                size.add(rules.reduce(0) { $0 + $1.count }, depth: depth)
                names[member.name] = .rules(rules)
            case .object(let inner) where !isFlat:
                names[member.name] = .names(try Self.names(inner, depth: depth + 1, isFlat: false, &size))
            default: throw fault("\"\(member.name.prefix(100))\" must be an object or an array")
            }
        }
        return names
    }

    private static func rule(_ value: JSONValue) throws(NotifyFailure) -> Rule {
        if let scalar = Scalar(value) { return .equal(try checked(scalar)) }
        guard case .object(let members) = value, members.count == 1, let member = members.first else {
            throw fault("match value must be String, number, true, false, null, or an object of one operator")
        }
        switch member.name {
        case "prefix": return .prefix(try text(member))
        case "suffix": return .suffix(try text(member))
        case "equals-ignore-case": return .sameLetters(try text(member).lowercased())
        case "anything-but": return .anythingBut(try others(member.value))
        case "numeric": return .numeric(try bounds(member.value))
        case "exists":
            guard case .boolean(let flag) = member.value else {
                throw fault("exists match pattern must be true or false")
            }
            return .exists(flag)
        default: throw fault("unrecognized match type \(member.name.prefix(50))")
        }
    }

    private static func text(_ member: JSONValue.Member) throws(NotifyFailure) -> String {
        guard case .string(let text) = member.value, !text.isEmpty else {
            throw fault("\(member.name) match pattern must be a string")
        }
        return text
    }

    private static func checked(_ scalar: Scalar) throws(NotifyFailure) -> Scalar {
        if case .number(let number) = scalar, abs(number) > largestNumber {
            throw fault("a number must be between -10^9 and 10^9")
        }
        return scalar
    }

    // A value, several, or one object of prefix or suffix.
    private static func others(_ value: JSONValue) throws(NotifyFailure) -> [Rule] {
        var elements = [value]
        if case .array(let several) = value { elements = several }
        guard !elements.isEmpty else { throw fault("anything-but must not be empty") }
        var rules: [Rule] = []
        for element in elements {
            let rule = try rule(element)
            switch rule {
            case .equal(.string), .equal(.number), .prefix, .suffix, .sameLetters: rules.append(rule)
            default: throw fault("anything-but takes strings, numbers, prefix and suffix")
            }
        }
        return rules
    }

    // `["=", 5]`, `[">", 0]`, `[">", 0, "<=", 150]`
    private static func bounds(_ value: JSONValue) throws(NotifyFailure) -> [Bound] {
        guard case .array(let elements) = value, [2, 4].contains(elements.count) else {
            throw fault("numeric takes one or two bounds")
        }
        var bounds: [Bound] = []
        for index in stride(from: 0, to: elements.count, by: 2) {
            guard case .string(let sign) = elements[index], let sign = Bound.Sign(rawValue: sign),
                let scalar = Scalar(elements[index + 1]), case .number(let number) = try checked(scalar)
            else { throw fault("numeric match pattern must be =, <, <=, > or >= and a number") }
            bounds.append(Bound(sign: sign, number: number))
        }
        let isRange =
            bounds.count == 1
            || [.more, .atLeast].contains(bounds[0].sign) && [.less, .atMost].contains(bounds[1].sign)
        guard isRange, bounds.count == 1 || bounds[0].number < bounds[1].number else {
            throw fault("a numeric range has a lower bound first, and an upper one above it")
        }
        return bounds
    }
}
