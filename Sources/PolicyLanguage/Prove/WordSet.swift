// SPDX-License-Identifier: Apache-2.0

/// Some of a key's words, by their numbers.
struct WordSet: Hashable {
    private var bits: [UInt64]

    init(_ members: some Collection<Bool>) {
        bits = Array(repeating: 0, count: (members.count + 63) / 64)
        for (index, isMember) in members.enumerated() where isMember { bits[index / 64] |= 1 << UInt64(index % 64) }
    }

    /// How much work it is to look at all.
    var size: Int { bits.count }
    var isEmpty: Bool { bits.allSatisfy { $0 == 0 } }

    var first: Int? {
        bits.firstIndex { $0 != 0 }.map { $0 * 64 + bits[$0].trailingZeroBitCount }
    }

    func contains(_ index: Int) -> Bool { bits[index / 64] >> UInt64(index % 64) & 1 == 1 }

    mutating func formIntersection(_ other: WordSet) {
        for index in bits.indices { bits[index] &= other.bits[index] }
    }

    func intersection(_ other: WordSet) -> WordSet {
        var both = self
        both.formIntersection(other)
        return both
    }

    func intersects(_ other: WordSet) -> Bool { bits.indices.contains { bits[$0] & other.bits[$0] != 0 } }
    func isSubset(of other: WordSet) -> Bool { bits.indices.allSatisfy { bits[$0] & ~other.bits[$0] == 0 } }
}

/// What is still possible for one key: that it is absent, and which words its value may be.
struct Domain {
    let isMultiple: Bool
    var canBeAbsent: Bool
    var canBePresent = true
    var universe: WordSet
    /// Of each of these one word must be there, if the key is; several-valued keys only.
    var needs: [WordSet] = []

    init(isMultiple: Bool, canBeAbsent: Bool, count: Int) {
        self.isMultiple = isMultiple
        self.canBeAbsent = canBeAbsent
        universe = WordSet(repeatElement(true, count: count))
    }

    var isPossible: Bool { canBeAbsent || canStand }
    /// Whether it can be there.
    var canStand: Bool { canBePresent && !universe.isEmpty && needs.allSatisfy { $0.intersects(universe) } }

    /// Words that meet all that is asked; empty for an absent key.
    var choice: [Int] {
        guard canStand, let first = universe.first else { return [] }
        let chosen = Set(needs.compactMap { $0.intersection(universe).first })
        return chosen.isEmpty ? [first] : chosen.sorted()
    }
}

/// A condition that must hold, or must not, in terms of domains.
enum Requirement {
    case constant(Bool)
    /// Whether it holds of an absent key, and of one that is there.
    case presence(Int, absent: Bool, present: Bool)
    /// All of the key's values, or one of them, must be among the words.
    case values(Int, WordSet, all: Bool, whenAbsent: Bool)

    enum Standing { case fails, open, holds }

    func standing(in domains: [Domain]) -> Standing {
        switch self {
        case .constant(let holds): return holds ? .holds : .fails
        case .presence(let key, let absent, let present):
            let (canBeAbsent, canStand) = (domains[key].canBeAbsent, domains[key].canStand)
            guard (canBeAbsent && absent) || (canStand && present) else { return .fails }
            return (!canBeAbsent || absent) && (!canStand || present) ? .holds : .open
        case .values(let key, let words, let all, let whenAbsent):
            let domain = domains[key]
            guard let standing = Self.standing(words, all || !domain.isMultiple, domain) else {
                return domain.canBeAbsent && whenAbsent ? .holds : .fails
            }
            guard domain.canBeAbsent else { return standing }
            return standing == (whenAbsent ? .holds : .fails) ? standing : .open
        }
    }

    /// Of a key that is there; nil when it cannot be.
    private static func standing(_ words: WordSet, _ all: Bool, _ domain: Domain) -> Standing? {
        guard domain.canStand else { return nil }
        let left = domain.universe
        if left.isSubset(of: words) { return .holds }
        if all {
            let both = left.intersection(words)
            return both.isEmpty || !domain.needs.allSatisfy { $0.intersects(both) } ? .fails : .open
        }
        if domain.needs.contains(where: { $0.intersection(left).isSubset(of: words) }) { return .holds }
        return left.intersects(words) ? .open : .fails
    }

    /// Takes away what it forbids.
    /// - Returns: whether anything is left.
    func restrict(_ domains: inout [Domain]) -> Bool {
        switch self {
        case .constant(let holds): return holds
        case .presence(let key, let absent, let present):
            if !absent { domains[key].canBeAbsent = false }
            if !present { domains[key].canBePresent = false }
            return domains[key].isPossible
        case .values(let key, let words, let all, let whenAbsent):
            if !whenAbsent { domains[key].canBeAbsent = false }
            if all || !domains[key].isMultiple {
                domains[key].universe.formIntersection(words)
            } else {
                domains[key].needs.append(words)
            }
            return domains[key].isPossible
        }
    }

    /// How much work it is to look at it.
    var size: Int { if case .values(_, let words, _, _) = self { words.size + 1 } else { 1 } }
}
