// SPDX-License-Identifier: Apache-2.0

/// A condition that must hold, or must not.
struct Literal {
    let condition: Condition
    let isPositive: Bool

    init(_ condition: Condition, _ isPositive: Bool) {
        self.condition = condition
        self.isPositive = isPositive
    }
}

/// Alternatives of which one must hold whole; without any, nothing can.
struct Clause {
    let alternatives: [[Literal]]

    init(_ alternatives: [[Literal]]) { self.alternatives = alternatives }
}

/// What is still possible for every condition key.
struct Variables {
    struct Variable {
        /// Values that stand for all.
        let words: [String]
        let isMultiple: Bool
        var canBeAbsent: Bool
        var canBePresent = true
        /// Which words are still possible.
        var universe: [Bool]
        /// Of each of these, one word must be there; several-valued keys only.
        var needs: [[Bool]] = []

        var isPossible: Bool {
            if canBeAbsent { return true }
            guard canBePresent, universe.contains(true) else { return false }
            return needs.allSatisfy { need in zip(need, universe).contains { $0 && $1 } }
        }
    }

    private(set) var byKey: [String: Variable] = [:]
    /// Which words satisfy a condition; a proof asks it again and again.
    private var satisfying: [Condition: [Bool]] = [:]
    private let known: PolicyContext

    /// - Parameter cut: classes found before, by the conditions they were found for.
    /// - Returns: nil when values cannot be cut into classes.
    init?(_ conditions: [Condition], known: PolicyContext, guarded: Bool, _ cut: inout [Set<Condition>: [String]]) {
        self.known = known
        let byKey = Dictionary(grouping: conditions) { $0.key.lowercased() }
        for (key, conditions) in byKey where known[key].isEmpty {
            let distinct = Set(conditions)
            guard let words = cut[distinct] ?? Self.words(key, conditions, guarded: guarded) else { return nil }
            cut[distinct] = words
            let isMultiple = key == "ses:recipients" || key == "aws:tagkeys"
            let isAlwaysThere =
                key == "aws:securetransport" || key == "aws:sourceip"
                || (guarded && ["ses:recipients", "ses:fromaddress", "ses:feedbackaddress"].contains(key))
            for condition in conditions {
                satisfying[condition] = words.map { condition.satisfies($0, known) }
            }
            self.byKey[key] = Variable(
                words: words, isMultiple: isMultiple, canBeAbsent: !isAlwaysThere,
                universe: Array(repeating: true, count: words.count))
        }
    }

    mutating func forceAbsent(_ key: String) {
        guard var variable = byKey[key] else { return }
        variable.canBePresent = false
        variable.canBeAbsent = true
        variable.universe = variable.universe.map { _ in false }
        byKey[key] = variable
    }

    /// Takes away what the literal forbids.
    /// - Returns: whether anything is left.
    mutating func add(_ literal: Literal) -> Bool {
        let condition = literal.condition
        let key = condition.key.lowercased()
        guard var variable = byKey[key] else { return condition.holds(in: known) == literal.isPositive }
        if condition.operation.comparison == .null {
            let wantsAbsent = condition.values.contains { $0.lowercased() == "true" } == literal.isPositive
            let wantsPresent = condition.values.contains { $0.lowercased() == "false" } == literal.isPositive
            if !wantsAbsent { variable.canBeAbsent = false }
            if !wantsPresent { variable.canBePresent = false }
        } else {
            if condition.holdsWithoutValue != literal.isPositive { variable.canBeAbsent = false }
            let met = satisfying[condition] ?? variable.words.map { condition.satisfies($0, known) }
            let wanted = literal.isPositive ? met : met.map { !$0 }
            if Self.asksForAll(condition, variable.isMultiple) == literal.isPositive || !variable.isMultiple {
                variable.universe = zip(variable.universe, wanted).map { $0 && $1 }
            } else {
                variable.needs.append(wanted)
            }
        }
        if !variable.canBePresent { variable.universe = variable.universe.map { _ in false } }
        byKey[key] = variable
        return variable.isPossible
    }

    private static func asksForAll(_ condition: Condition, _ isMultiple: Bool) -> Bool {
        switch condition.operation.quantifier {
        case .forAllValues: true
        case .forAnyValue: false
        case nil: condition.operation.comparison.isNegated
        }
    }

    /// One request of those that are left.
    func context() -> PolicyContext {
        var context = PolicyContext()
        for (key, variable) in byKey {
            let possible = variable.universe.indices.filter { variable.universe[$0] }
            let canStand = !possible.isEmpty && variable.needs.allSatisfy { need in possible.contains { need[$0] } }
            guard canStand else { continue }
            var chosen = Set(variable.needs.compactMap { need in possible.first { need[$0] } })
            if chosen.isEmpty { chosen = [possible[0]] }
            context[key] = chosen.sorted().map { variable.words[$0] }
        }
        return context
    }

    // MARK: Classes of values

    private static func words(_ key: String, _ conditions: [Condition], guarded: Bool) -> [String]? {
        var parts: [[Pattern.Part]] = []
        var ignoringCase: [Bool] = []
        var words: [String] = []
        for test in conditions.flatMap(\.patterns) {
            switch test {
            case .text(let pattern, let ignores):
                guard !pattern.hasVariables else { return nil }
                parts.append(pattern.parts)
                ignoringCase.append(ignores)
            case .arn(let pattern):
                guard pattern.variables.isEmpty else { return nil }
                parts.append(Pattern(pattern.text, .wildcards).parts)
                ignoringCase.append(false)
            case .number(let test): words += [test.bound - 1, test.bound, test.bound + 1].map { "\($0)" }
            case .date(let test): words += [test.bound - 1, test.bound, test.bound + 1].map { "\(Int64($0))" }
            case .boolean: words += ["true", "false"]
            case .address(let range): words += range.witnesses
            case .binary, .nothing: words.append("")
            }
        }
        if key == "aws:sourceip" { words.append("203.0.113.77") }
        if !parts.isEmpty {
            let isAddress = ["ses:recipients", "ses:fromaddress", "ses:feedbackaddress"].contains(key)
            guard
                let found = Witnesses.words(
                    for: parts, ignoringCase: ignoringCase, shape: isAddress ? .address(guarded: guarded) : .any)
            else { return nil }
            words += found
        }
        var seen: Set<String> = []
        return words.filter { seen.insert($0).inserted }
    }
}

/// Chooses alternatives until every clause holds.
struct Solver {
    private let clauses: [Clause]

    init(_ clauses: [Clause]) { self.clauses = clauses.sorted { $0.alternatives.count < $1.alternatives.count } }

    func solve(_ variables: Variables) -> Variables? { solve(0, variables) }

    private func solve(_ index: Int, _ variables: Variables) -> Variables? {
        guard index < clauses.count else { return variables }
        for alternative in clauses[index].alternatives {
            var next = variables
            guard alternative.allSatisfy({ next.add($0) }) else { continue }
            if let solution = solve(index + 1, next) { return solution }
        }
        return nil
    }
}

extension ARNPattern {
    var variables: [String] { components.flatMap(\.variables) }
}

extension AddressRange {
    /// Its first and last address, and those beside it.
    var witnesses: [String] {
        guard network.count == 4 else { return [] }
        let first = network.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let last = first | (prefix >= 32 ? 0 : UInt32.max >> UInt32(prefix))
        return [first, last, first &- 1, last &+ 1].map { value in
            [24, 16, 8, 0].map { "\(value >> UInt32($0) & 255)" }.joined(separator: ".")
        }
    }
}
