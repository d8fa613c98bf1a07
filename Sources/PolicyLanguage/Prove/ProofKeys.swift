// SPDX-License-Identifier: Apache-2.0

/// Condition keys as domains of words, and conditions as requirements on them.
struct ProofKeys {
    private let names: [String]
    private let values: [KeyValues]
    private let numbers: [String: Int]
    /// With nothing decided yet.
    let domains: [Domain]
    private var compiled: [ObjectIdentifier: (holds: Requirement, fails: Requirement)] = [:]

    init(
        _ conditions: [Condition], _ space: ResourceSpace, in setting: ProofSetting
    ) throws(Obstacle) {
        var byKey = Dictionary(grouping: conditions) { $0.key.lowercased() }
        if setting.guarded { byKey["ses:fromaddress", default: []] += [] }
        names = byKey.keys.filter { !setting.known.settles($0) }.sorted()
        numbers = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
        var values: [KeyValues] = []
        for key in names {
            // The region that is asked is the identity's.
            values.append(
                key == "aws:requestedregion"
                    ? KeyValues(KeyValues.distinct(space.places.map(\.region)))
                    : try .covering(
                        key, byKey[key] ?? [], in: setting, identities: setting.guarded ? space.identities : nil))
        }
        self.values = values
        domains = zip(names, values).map { key, values in
            Domain(
                isMultiple: KeyValues.isMultiple(key, byKey[key] ?? []),
                canBeAbsent: !KeyValues.isAlwaysThere(key, guarded: setting.guarded), count: values.words.count)
        }
        for condition in conditions where compiled[ObjectIdentifier(condition)] == nil {
            compiled[ObjectIdentifier(condition)] = try compile(condition, setting)
        }
    }

    func holds(_ condition: Condition) -> Requirement {
        compiled[ObjectIdentifier(condition)]?.holds ?? .constant(false)
    }
    func fails(_ condition: Condition) -> Requirement {
        compiled[ObjectIdentifier(condition)]?.fails ?? .constant(false)
    }

    private func compile(
        _ condition: Condition, _ setting: ProofSetting
    ) throws(Obstacle) -> (holds: Requirement, fails: Requirement) {
        let key = condition.key.lowercased()
        let context = setting.known.context
        guard let number = numbers[key] else {
            let holds = condition.holds(in: context)
            return (.constant(holds), .constant(!holds))
        }
        if condition.operation.comparison == .null {
            let wanted = condition.values.map { $0.lowercased() }
            let (absent, present) = (wanted.contains("true"), wanted.contains("false"))
            return (
                .presence(number, absent: absent, present: present),
                .presence(number, absent: !absent, present: !present)
            )
        }
        let words = values[number].words
        try setting.budget.spend(words.count * (condition.values.count + 1) * 8, orElse: .tooManyPatterns)
        let met = words.map { condition.satisfies($0, context) }
        let all = condition.operation.asksForAll
        let whenAbsent = condition.holdsWithoutValue
        return (
            .values(number, WordSet(met), all: all, whenAbsent: whenAbsent),
            .values(number, WordSet(met.map { !$0 }), all: !all, whenAbsent: !whenAbsent)
        )
    }

    // MARK: Keys of their own

    func values(of key: String) -> KeyValues? { numbers[key].map { values[$0] } }

    /// Leaves only some of a key's words.
    func limit(_ key: String, to words: WordSet, _ domains: inout [Domain]) {
        if let number = numbers[key] { domains[number].universe.formIntersection(words) }
    }

    func limit(_ key: String, to word: String, _ domains: inout [Domain]) {
        guard let number = numbers[key] else { return }
        limit(key, to: WordSet(values[number].words.map { $0.isExactly(word) }), &domains)
    }

    /// For a send that shows the policy nothing of its message.
    func hide(_ keys: Set<String>, _ domains: inout [Domain]) {
        for key in keys {
            guard let number = numbers[key] else { continue }
            domains[number].canBeAbsent = true
            domains[number].canBePresent = false
        }
    }

    /// Which word of a single-valued key was chosen.
    func choice(of key: String, in domains: [Domain]) -> Int? { numbers[key].flatMap { domains[$0].choice.first } }

    /// One request of those that are left.
    func context(_ domains: [Domain]) -> PolicyContext {
        var context = PolicyContext()
        for (number, domain) in domains.enumerated() {
            context[names[number]] = domain.choice.map { values[number].words[$0] }
        }
        return context
    }
}

extension ConditionOperator {
    /// Whether every value of a request must satisfy it, rather than one of them.
    var asksForAll: Bool {
        switch quantifier {
        case .forAllValues: true
        case .forAnyValue: false
        case nil: comparison.isNegated
        }
    }
}
