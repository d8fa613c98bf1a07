// SPDX-License-Identifier: Apache-2.0

/// The letters that words are made of to tell patterns apart: those that patterns name, in every case that counts, and
/// strangers that stand for all others.
struct Alphabet {
    struct Letter {
        let scalar: Unicode.Scalar
        /// What a comparison without regard to case sees.
        let folded: [Unicode.Scalar]

        init(_ scalar: Unicode.Scalar) {
            self.scalar = scalar
            folded = Array(scalar.properties.lowercaseMapping.unicodeScalars)
        }
    }

    let letters: [Letter]

    /// Besides ASCII's: letters whose lower case is another letter's too, as KELVIN SIGN's is `k`.
    private static let doubles = "\u{130}\u{1C5}\u{1C8}\u{1CB}\u{1F2}\u{3F4}\u{1E9E}\u{2126}\u{212A}\u{212B}"
        .unicodeScalars
        .map { Letter($0) }

    private static func rank(_ letter: Unicode.Scalar) -> Int {
        switch letter {
        case "a"..."z": 0
        case "A"..."Z", "0"..."9": 1
        default: 2
        }
    }

    init(of patterns: [PatternTokens], _ shape: TextShape) {
        let exact = Set(patterns.filter { !$0.ignoresCase }.flatMap(\.letters))
        let folded = Set(patterns.filter(\.ignoresCase).flatMap(\.letters))
        var chosen = exact.union(shape.structure)
        for letter in folded {
            chosen.insert(letter)
            let upper = Array(letter.properties.uppercaseMapping.unicodeScalars)
            if upper.count == 1, Letter(upper[0]).folded == [letter] { chosen.insert(upper[0]) }
        }
        for double in Self.doubles where folded.isSuperset(of: double.folded) { chosen.insert(double.scalar) }
        for kind in shape.kinds {
            let stranger = kind.first { candidate in
                !exact.contains(candidate) && folded.isDisjoint(with: Letter(candidate).folded)
            }
            if let stranger { chosen.insert(stranger) }
        }
        // Words are made in this order: letters first, for an example that people can read.
        letters = chosen.sorted { (Self.rank($0), $0) < (Self.rank($1), $1) }.map { Letter($0) }
    }
}
