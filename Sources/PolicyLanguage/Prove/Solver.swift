// SPDX-License-Identifier: Apache-2.0

/// Alternatives of which one must hold whole; without any, nothing can.
struct Clause {
    let alternatives: [[Requirement]]

    init(_ alternatives: [[Requirement]]) { self.alternatives = alternatives }
}

/// Chooses alternatives until every clause holds.
///
/// A clause that holds whatever is chosen is dropped; one with a single living alternative is settled at once; among the
/// others the one with the fewest is tried first.
struct Solver {
    /// Choices made one upon another, each of which takes some stack.
    static let maximumDepth = 1_000
    /// A look at a requirement takes longer than a machine's step.
    private static let stepsPerLook = 3

    let budget: ProofBudget

    func solve(_ clauses: [Clause], _ domains: [Domain], depth: Int = 0) throws(Obstacle) -> [Domain]? {
        guard depth < Self.maximumDepth else { throw .tooManyCombinations }
        var domains = domains
        guard let left = try settle(clauses, &domains) else { return nil }
        guard let index = left.indices.min(by: { left[$0].alternatives.count < left[$1].alternatives.count }) else {
            return domains
        }
        var rest = left
        rest.remove(at: index)
        for alternative in left[index].alternatives {
            var next = domains
            guard alternative.allSatisfy({ $0.restrict(&next) }) else { continue }
            if let solution = try solve(rest, next, depth: depth + 1) { return solution }
        }
        return nil
    }

    /// What is still open once nothing follows of itself any more; nil when some clause cannot hold.
    private func settle(_ clauses: [Clause], _ domains: inout [Domain]) throws(Obstacle) -> [Clause]? {
        var pending = clauses
        while true {
            var hasChanged = false
            var left: [Clause] = []
            for clause in pending {
                guard let living = try living(clause, domains) else { continue }
                if living.isEmpty { return nil }
                guard living.count == 1 else {
                    left.append(Clause(living))
                    continue
                }
                for requirement in living[0] where !requirement.restrict(&domains) { return nil }
                hasChanged = true
            }
            pending = left
            if !hasChanged { return left }
        }
    }

    /// Alternatives that can still hold; nil when one holds already.
    private func living(_ clause: Clause, _ domains: [Domain]) throws(Obstacle) -> [[Requirement]]? {
        var living: [[Requirement]] = []
        for alternative in clause.alternatives {
            switch try standing(alternative, domains) {
            case .fails: continue
            case .open: living.append(alternative)
            case .holds: return nil
            }
        }
        return living
    }

    private func standing(
        _ alternative: [Requirement], _ domains: [Domain]
    ) throws(Obstacle) -> Requirement.Standing {
        var standing = Requirement.Standing.holds
        try budget.spend(Self.stepsPerLook, orElse: .tooManyCombinations)
        for requirement in alternative {
            try budget.spend(Self.stepsPerLook * requirement.size, orElse: .tooManyCombinations)
            switch requirement.standing(in: domains) {
            case .fails: return .fails
            case .open: standing = .open
            case .holds: continue
            }
        }
        return standing
    }
}
