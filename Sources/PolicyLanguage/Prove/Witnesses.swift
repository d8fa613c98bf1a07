// SPDX-License-Identifier: Apache-2.0

/// One word for every way in which patterns can agree and disagree over a text.
///
/// Patterns of `*` and `?` are regular languages. All of them are run beside each other over words that grow letter by
/// letter; two words after which every pattern stands alike need not both be tried further. What is left over at the end
/// is a finite set of words that stands for all.
struct Witnesses {
    /// Joint states looked at before giving up.
    static let maximumStates = 60_000

    /// Which texts a key can hold at all.
    enum Shape {
        case any
        /// Addresses; with guards, only such as pass them.
        case address(guarded: Bool)
        /// ARNs of identities.
        case arn
    }

    /// Nil when there are too many joint states to be sure.
    static func words(for patterns: [[Pattern.Part]], ignoringCase: [Bool], shape: Shape) -> [String]? {
        let machines = zip(patterns, ignoringCase).map { Machine($0, ignoringCase: $1) }
        let alphabet = alphabet(of: patterns, shape)
        var seen: Set<[UInt16]> = []
        var found: [[Bool]: [Unicode.Scalar]] = [:]
        var order: [[Bool]] = []
        var level: [(states: [[UInt16]], shape: ShapeState, word: [Unicode.Scalar])] = [
            (machines.map { $0.start }, ShapeState(shape), [])
        ]
        while !level.isEmpty {
            var next: [(states: [[UInt16]], shape: ShapeState, word: [Unicode.Scalar])] = []
            for node in level {
                if node.shape.isComplete {
                    let signature = zip(machines, node.states).map { $0.accepts($1) }
                    if found[signature] == nil {
                        found[signature] = node.word
                        order.append(signature)
                    }
                }
                for letter in alphabet {
                    guard let shape = node.shape.after(letter) else { continue }
                    let states = zip(machines, node.states).map { $0.step($1, letter) }
                    var key: [UInt16] = [shape.code]
                    for state in states {
                        key.append(UInt16.max)
                        key += state
                    }
                    guard seen.insert(key).inserted else { continue }
                    guard seen.count <= maximumStates else { return nil }
                    next.append((states, shape, node.word + [letter]))
                }
            }
            level = next
        }
        return order.compactMap { found[$0].map { String(String.UnicodeScalarView($0)) } }
    }

    private static func alphabet(of patterns: [[Pattern.Part]], _ shape: Shape) -> [Unicode.Scalar] {
        var letters: Set<Unicode.Scalar> = []
        for case .literal(let text) in patterns.joined() { letters.formUnion(text.unicodeScalars) }
        // A letter that no pattern knows stands for all such.
        let stranger = "xqzjkvwyubcdefghilmnoprsta0123456789".unicodeScalars.first { !letters.contains($0) } ?? "x"
        letters.insert(stranger)
        if case .address(let guarded) = shape {
            letters.formUnion(["@", "."])
            if !guarded {
                letters.insert("%")
                letters.formUnion(letters.compactMap { $0.properties.uppercaseMapping.unicodeScalars.first })
            }
        }
        return letters.sorted()
    }

    /// A pattern as a machine that stands at several of its places at a time.
    private struct Machine {
        private enum Token {
            case letter(Unicode.Scalar)
            case one, any
        }
        private let tokens: [Token]
        private let ignoringCase: Bool

        init(_ parts: [Pattern.Part], ignoringCase: Bool) {
            self.ignoringCase = ignoringCase
            tokens = parts.flatMap { part -> [Token] in
                switch part {
                case .any: [.any]
                case .one: [.one]
                case .literal(let text): (ignoringCase ? text.lowercased() : text).unicodeScalars.map { .letter($0) }
                case .variable: []
                }
            }
        }

        var start: [UInt16] { closed([0]) }

        func accepts(_ places: [UInt16]) -> Bool { places.last == UInt16(tokens.count) }

        func step(_ places: [UInt16], _ letter: Unicode.Scalar) -> [UInt16] {
            // Most patterns are out of the race after a few letters.
            if places.isEmpty { return places }
            let letter = ignoringCase ? letter.properties.lowercaseMapping.unicodeScalars.first ?? letter : letter
            var next: Set<UInt16> = []
            for place in places where Int(place) < tokens.count {
                switch tokens[Int(place)] {
                case .any: next.insert(place)
                case .one: next.insert(place + 1)
                case .letter(let wanted): if wanted == letter { next.insert(place + 1) }
                }
            }
            return closed(next)
        }

        // A star may also stand for nothing.
        private func closed(_ places: Set<UInt16>) -> [UInt16] {
            var all = places
            for place in places {
                var place = place
                while Int(place) < tokens.count, case .any = tokens[Int(place)] {
                    place += 1
                    all.insert(place)
                }
            }
            return all.sorted()
        }
    }

    /// How far a word is on its way to an address.
    private struct ShapeState {
        private enum Place: UInt16 { case free, local, localStart, label, labelStart, labelHyphen }
        private let guarded: Bool
        private var place: Place
        private var hasDot = false

        init(_ shape: Shape) {
            switch shape {
            case .any, .arn: (place, guarded) = (.free, false)
            case .address(let guarded): (place, self.guarded) = (.localStart, guarded)
            }
        }

        var code: UInt16 { place.rawValue * 2 + (hasDot ? 1 : 0) }
        var isComplete: Bool { place == .free || (place == .label && hasDot) }

        func after(_ letter: Unicode.Scalar) -> ShapeState? {
            var next = self
            let isPlain = letter.isASCII && isLetterOrDigit(UInt8(letter.value))
            switch place {
            case .free: break
            case .localStart, .local:
                if letter == "@" {
                    guard place == .local else { return nil }
                    next.place = .labelStart
                } else if letter == "." {
                    guard place == .local else { return nil }
                    next.place = .localStart
                } else {
                    guard isPlain || (guarded ? "+-_=" : "+-_=%!").unicodeScalars.contains(letter) else { return nil }
                    next.place = .local
                }
            case .label, .labelStart, .labelHyphen:
                if letter == "." {
                    guard place == .label else { return nil }
                    next.place = .labelStart
                    next.hasDot = true
                } else if letter == "-" {
                    guard place != .labelStart else { return nil }
                    next.place = .labelHyphen
                } else {
                    guard isPlain, !guarded || !letter.properties.isUppercase else { return nil }
                    next.place = .label
                }
            }
            return next
        }
    }
}
