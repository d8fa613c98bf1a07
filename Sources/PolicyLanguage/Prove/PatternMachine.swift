// SPDX-License-Identifier: Apache-2.0

/// Patterns as one machine that reads a text letter by letter.
///
/// They stand in a tree, so that what begins alike is read once. A state is the set of places in the tree that the text
/// may have come to; states and moves between them are made when they are first asked for.
final class PatternMachine {
    /// Where nothing can match any more.
    static let dead: Int32 = 0

    private struct Place {
        var next: [PatternTokens.Token: Int32] = [:]
        /// The star that led here, which may go on.
        var star: PatternTokens.Token?
        /// Patterns that end here.
        var ends: [Int] = []
    }

    private let ignoresCase: Bool
    private let alphabet: Alphabet
    private let budget: ProofBudget
    private var places = [Place()]
    private var states: [[Int32]] = [[]]
    private var known: [[Int32]: Int32] = [[]: 0]
    private var ends: [[Int]] = [[]]
    /// By state and letter; -1 for what has not been asked yet.
    private var moves: [Int32]
    private(set) var start: Int32 = 0

    /// - Parameter tails: those that ignore case, or those that do not, with their numbers.
    init(_ tails: [(Int, PatternTail)], ignoresCase: Bool, _ alphabet: Alphabet, _ budget: ProofBudget) {
        self.ignoresCase = ignoresCase
        self.alphabet = alphabet
        self.budget = budget
        moves = Array(repeating: 0, count: alphabet.letters.count)
        var begun: Set<Int32> = []
        for (prefix, group) in Dictionary(grouping: tails, by: { ExactText($0.1.prefix) }) {
            let root = Int32(places.count)
            places.append(Place())
            for (number, tail) in group { plant(tail.tokens.tokens, number, at: root) }
            begun.formUnion(prefix.text.unicodeScalars.reduce(closed([root])) { stepped($0, $1) })
        }
        start = state(of: begun.sorted())
    }

    /// Numbers of the patterns that match what was read.
    func accepted(_ state: Int32) -> [Int] { ends[Int(state)] }

    func after(_ state: Int32, _ letter: Int) throws(Obstacle) -> Int32 {
        let index = Int(state) * alphabet.letters.count + letter
        if moves[index] >= 0 { return moves[index] }
        guard states.count <= Witnesses.maximumStates else { throw .tooManyPatterns }
        let next = self.state(of: read(alphabet.letters[letter], states[Int(state)]))
        moves[index] = next
        try budget.spend((states[Int(state)].count + states[Int(next)].count + 1) * 4, orElse: .tooManyPatterns)
        return next
    }

    /// The state after a text of letters that need not be in the alphabet.
    func reading(_ text: String) -> Int32 {
        state(of: text.unicodeScalars.reduce(states[Int(start)]) { read(Alphabet.Letter($1), $0) })
    }

    private func read(_ letter: Alphabet.Letter, _ places: [Int32]) -> [Int32] {
        (ignoresCase ? letter.folded : [letter.scalar]).reduce(places) { stepped($0, $1) }
    }

    private func plant(_ tokens: [PatternTokens.Token], _ number: Int, at root: Int32) {
        var place = Int(root)
        for token in tokens {
            let known = places[place].next[token]
            if known == nil {
                places.append(Place(star: token == .any || token == .anyInComponent ? token : nil))
                places[place].next[token] = Int32(places.count - 1)
            }
            place = known.map { Int($0) } ?? places.count - 1
        }
        places[place].ends.append(number)
    }

    private func state(of standing: [Int32]) -> Int32 {
        if let state = known[standing] { return state }
        let state = Int32(states.count)
        states.append(standing)
        known[standing] = state
        ends.append(standing.flatMap { places[Int($0)].ends }.sorted())
        moves += Array(repeating: -1, count: alphabet.letters.count)
        return state
    }

    private func stepped(_ standing: [Int32], _ letter: Unicode.Scalar) -> [Int32] {
        var next: [Int32] = []
        for number in standing {
            let place = places[Int(number)]
            if place.star == .any || (place.star == .anyInComponent && letter != ":") { next.append(number) }
            if let child = place.next[.letter(letter)] { next.append(child) }
            if let child = place.next[.one] { next.append(child) }
            if letter != ":", let child = place.next[.oneInComponent] { next.append(child) }
        }
        return closed(next)
    }

    // A star may also stand for nothing.
    private func closed(_ standing: [Int32]) -> [Int32] {
        var all = Set(standing)
        var rest = standing
        while let number = rest.popLast() {
            for token in [PatternTokens.Token.any, .anyInComponent] {
                guard let child = places[Int(number)].next[token], all.insert(child).inserted else { continue }
                rest.append(child)
            }
        }
        return all.sorted()
    }
}

/// Machines for patterns that ignore case and for those that do not, side by side.
struct PatternMachines {
    struct Standing: Hashable {
        let exact: Int32
        let folded: Int32

        static let dead = Standing(exact: PatternMachine.dead, folded: PatternMachine.dead)
    }

    private let exact: PatternMachine
    private let folded: PatternMachine

    init(_ tails: [PatternTail], _ alphabet: Alphabet, _ budget: ProofBudget) {
        let numbered = Array(tails.enumerated().map { ($0, $1) })
        exact = PatternMachine(numbered.filter { !$0.1.tokens.ignoresCase }, ignoresCase: false, alphabet, budget)
        folded = PatternMachine(numbered.filter(\.1.tokens.ignoresCase), ignoresCase: true, alphabet, budget)
    }

    var start: Standing { Standing(exact: exact.start, folded: folded.start) }

    func after(_ standing: Standing, _ letter: Int) throws(Obstacle) -> Standing {
        Standing(exact: try exact.after(standing.exact, letter), folded: try folded.after(standing.folded, letter))
    }

    func accepted(_ standing: Standing) -> [Int] {
        exact.accepted(standing.exact) + folded.accepted(standing.folded)
    }

    /// Numbers of the patterns that match a whole text.
    func matching(_ text: String) -> [Int] {
        exact.accepted(exact.reading(text)) + folded.accepted(folded.reading(text))
    }
}
