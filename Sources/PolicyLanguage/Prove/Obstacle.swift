// SPDX-License-Identifier: Apache-2.0

/// Why something can be neither proved nor refuted.
enum Obstacle: Error, CustomStringConvertible {
    case unknownVariable(String)
    /// Operators of several families ask for one key: their classes of values do not combine.
    case mixedOperators(String)
    case tooManyPatterns
    case tooManyCombinations
    case cancelled
    /// A statement that allows sends speaks of no identity that was tried.
    case untried(String)
    /// The search and the evaluator disagree: a fault of ours, which must not be called a proof.
    case contradiction(String)
    /// Somebody without policies of its own.
    case noSuchProof(PolicyPrincipal.Kind)

    var description: String {
        switch self {
        case .unknownVariable(let name): "the value of ${\(name)} is not known"
        case .mixedOperators(let key): "\(key) is compared by operators of several kinds"
        case .tooManyPatterns: "there are too many different patterns"
        case .tooManyCombinations: "there are too many combinations"
        case .cancelled: "it was cancelled"
        case .untried(let name): "statement \(name) allows sends, but speaks of no identity that could be tried"
        case .contradiction(let what): what
        case .noSuchProof(let kind): "a \(kind.rawValue) has no policies of its own to prove"
        }
    }
}

/// How much a proof may still compute. Counted in steps, not seconds, so that a proof has one outcome everywhere.
final class ProofBudget {
    private var left: Int
    private var untilLook = 0

    init(_ steps: Int) { left = steps }

    func spend(_ steps: Int, orElse obstacle: Obstacle) throws(Obstacle) {
        left -= steps
        guard left >= 0 else { throw obstacle }
        untilLook -= steps
        guard untilLook < 0 else { return }
        untilLook = 10_000
        if Task.isCancelled { throw .cancelled }
    }
}
