// SPDX-License-Identifier: Apache-2.0

/// The walk over words, level by level: the first to reach a joint state is among the shortest.
final class WitnessWalk {
    /// What of the address is read as the identity's name so far.
    private enum Reading {
        /// Names do not matter.
        case nothing
        /// The name is a domain that has not begun yet.
        case waiting
        case name
        /// The name is an address that holds a `+` itself.
        case nameWithPlus
        /// A label that the name does not have.
        case label
    }

    private struct Node {
        let parent: Int
        let letter: Int
        let shape: ShapeState
        let reading: Reading
        /// Whether the letter belongs to the name.
        let isNamed: Bool
        let own: PatternMachines.Standing
        let names: PatternMachines.Standing
    }

    private struct Key: Hashable {
        let place: ShapeState.Place
        let reading: Reading
        let own: PatternMachines.Standing
        let names: PatternMachines.Standing
    }

    private let alphabet: Alphabet
    private let own: PatternMachines
    private let names: PatternMachines
    private let shape: TextShape
    private let budget: ProofBudget
    private let hasNames: Bool
    /// Whether any pattern could tell two names apart.
    private let tellsNames: Bool
    private var nodes: [Node] = []
    private var seen: Set<Key> = []

    init(_ task: Witnesses, _ budget: ProofBudget) {
        let names = task.names ?? []
        alphabet = Alphabet(of: (task.patterns + names).map(\.tokens), task.shape)
        own = PatternMachines(task.patterns, alphabet, budget)
        self.names = PatternMachines(names, alphabet, budget)
        self.budget = budget
        shape = task.shape
        hasNames = task.names != nil
        tellsNames = !names.isEmpty
    }

    func words() throws(Obstacle) -> [Witnesses.Word] {
        try begin()
        var found: Set<[Int]> = []
        var order: [Int] = []
        var level = 0..<nodes.count
        var length = 0
        while !level.isEmpty {
            length += 1
            for index in level {
                if let signature = signature(of: nodes[index]), found.insert(signature).inserted {
                    order.append(index)
                }
                try expand(index, length)
            }
            level = level.upperBound..<nodes.count
        }
        return order.map(word)
    }

    private func begin() throws(Obstacle) {
        func add(_ reading: Reading, _ names: PatternMachines.Standing) throws(Obstacle) {
            try self.add(
                Node(
                    parent: -1, letter: 0, shape: shape.start, reading: reading, isNamed: false, own: own.start,
                    names: names))
        }
        try add(hasNames ? .waiting : .nothing, .dead)
        // A name that is the address itself decides as its domain does, where no pattern of names tells them apart.
        if tellsNames { try add(.name, names.start) }
    }

    private func add(_ node: Node) throws(Obstacle) {
        let key = Key(place: node.shape.code, reading: node.reading, own: node.own, names: node.names)
        guard seen.insert(key).inserted else { return }
        guard nodes.count < Witnesses.maximumStates else { throw .tooManyPatterns }
        nodes.append(node)
    }

    /// Which patterns accept; nil for what is no whole word yet.
    private func signature(of node: Node) -> [Int]? {
        guard node.shape.isComplete, node.reading != .waiting, node.reading != .label else { return nil }
        return own.accepted(node.own) + [-1] + names.accepted(node.names)
    }

    private func expand(_ index: Int, _ length: Int) throws(Obstacle) {
        let node = nodes[index]
        try budget.spend(alphabet.letters.count * 8, orElse: .tooManyPatterns)
        for letter in alphabet.letters.indices {
            let scalar = alphabet.letters[letter].scalar
            guard let shape = node.shape.after(scalar, length: length) else { continue }
            let own = try own.after(node.own, letter)
            for (reading, step) in readings(after: scalar, node) {
                let names =
                    switch step {
                    case .begins: names.start
                    case .reads: try names.after(node.names, letter)
                    case .skips: node.names
                    }
                try add(
                    Node(
                        parent: index, letter: letter, shape: shape, reading: reading, isNamed: step == .reads,
                        own: own, names: names))
            }
        }
    }

    private enum Step { case begins, reads, skips }

    /// How the name may go on with a letter of the address.
    private func readings(after letter: Unicode.Scalar, _ node: Node) -> [(Reading, Step)] {
        let isInLocal = node.shape.place == .local
        switch node.reading {
        case .nothing: return [(.nothing, .skips)]
        case .waiting:
            let endsLocal = letter == "@" && (isInLocal || node.shape.place == .quotedEnd)
            // A domain above decides as the whole one does, where no pattern of names tells them apart.
            let endsLabel = letter == "." && node.shape.place == .label && tellsNames
            return [(.waiting, .skips)] + (endsLocal || endsLabel ? [(.name, .begins)] : [])
        case .name:
            guard letter == "+", isInLocal else { return [(.name, .reads)] }
            return [(.nameWithPlus, .reads), (.label, .skips)]
        case .nameWithPlus: return [(.nameWithPlus, .reads)]
        case .label: return [letter == "@" ? (.name, .reads) : (.label, .skips)]
        }
    }

    private func word(at index: Int) -> Witnesses.Word {
        var (text, name): ([Unicode.Scalar], [Unicode.Scalar]) = ([], [])
        var place = index
        while nodes[place].parent >= 0 {
            let node = nodes[place]
            text.append(alphabet.letters[node.letter].scalar)
            if node.isNamed { name.append(alphabet.letters[node.letter].scalar) }
            place = node.parent
        }
        return Witnesses.Word(
            text: String(String.UnicodeScalarView(text.reversed())),
            name: String(String.UnicodeScalarView(name.reversed())), matches: own.accepted(nodes[index].own),
            nameMatches: names.accepted(nodes[index].names))
    }
}
