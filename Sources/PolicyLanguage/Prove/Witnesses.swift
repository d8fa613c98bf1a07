// SPDX-License-Identifier: Apache-2.0

/// One word for every way in which patterns can agree and disagree over a text.
///
/// Patterns of `*` and `?` are regular languages. All of them are run beside each other over words that grow letter by
/// letter; two words after which every pattern stands alike need not both be tried further. What is left over at the end
/// is a finite set of words that stands for all.
///
/// A sender's address can be taken together with the name of an identity that covers it: the address itself, the address
/// without its `+label`, its domain, or one above. Patterns of names then read that part of the address only.
struct Witnesses {
    /// Joint states looked at before giving up.
    static let maximumStates = 60_000

    struct Word: Hashable {
        let text: String
        /// The identity; empty where none was asked for.
        let name: String
        /// Which patterns match, in their order, and which patterns of names.
        let matches: [Int]
        let nameMatches: [Int]
    }

    let patterns: [PatternTail]
    /// Patterns of identities' names; nil where names do not matter.
    let names: [PatternTail]?
    let shape: TextShape

    init(_ patterns: [PatternTail], names: [PatternTail]? = nil, shape: TextShape) {
        self.patterns = patterns
        self.names = names
        self.shape = shape
    }

    /// - Throws: `Obstacle.tooManyPatterns` when there are too many joint states to be sure.
    func words(_ budget: ProofBudget) throws(Obstacle) -> [Word] {
        let walk = WitnessWalk(self, budget)
        return try walk.words()
    }
}

/// A pattern, of which some text is read already: `identity/`, where only names are looked for.
struct PatternTail: Hashable {
    let tokens: PatternTokens
    let prefix: String

    init(_ tokens: PatternTokens) {
        self.tokens = tokens
        prefix = ""
    }

    /// Nil when the pattern cannot begin so.
    init?(_ parts: [Pattern.Part], behind prefix: String) {
        if case .literal(let text)? = parts.first {
            if text.hasPrefix(prefix) {
                tokens = PatternTokens([.literal(String(text.dropFirst(prefix.count)))] + parts.dropFirst())
                self.prefix = ""
                return
            }
            guard prefix.hasPrefix(text) else { return nil }
        }
        tokens = PatternTokens(parts)
        self.prefix = prefix
    }
}

extension [PatternTail] {
    /// Each once.
    var distinct: [PatternTail] {
        var seen: Set<PatternTail> = []
        return filter { seen.insert($0).inserted }
    }
}
