// SPDX-License-Identifier: Apache-2.0

/// Which of many phrases stand in a text, found in one pass over it.
///
/// Every piece of a phrase is known by one of its runs of three octets, the one that fewest others have. Each run of
/// three octets in the text is looked up in a table; pieces found there are compared. The work grows with the text's
/// length times the longest list in the table, whatever a stranger writes.
struct PhraseIndex: Sendable {
    private static let slots = 1 << 13

    private struct Entry {
        let piece: Int32
        /// Where in the piece the run of three octets stands.
        let offset: Int32
    }

    /// All pieces one behind the other: an array each would cost more in counting references than in comparing.
    private let octets: [UInt8]
    /// Where each piece begins; one more for the end of the last.
    private let bounds: [Int]
    /// Where in `entries` each slot's list begins; one more for the end of the last.
    private let starts: [Int32]
    private let entries: [Entry]

    /// - Parameter pieces: different from each other, of three octets at least.
    init(_ pieces: [[UInt8]]) {
        octets = pieces.flatMap(\.self)
        bounds = pieces.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
        var frequency = [Int](repeating: 0, count: Self.slots)
        for piece in pieces {
            for offset in 0..<max(0, piece.count - 2) { frequency[Self.slot(piece[...], offset)] += 1 }
        }
        var lists = [[Entry]](repeating: [], count: Self.slots)
        for (number, piece) in pieces.enumerated() where piece.count >= 3 {
            let slots = (0..<(piece.count - 2)).map { Self.slot(piece[...], $0) }
            let rarest = slots.indices.min { frequency[slots[$0]] < frequency[slots[$1]] } ?? 0
            lists[slots[rarest]].append(Entry(piece: Int32(number), offset: Int32(rarest)))
        }
        starts = lists.reduce(into: [0]) { $0.append(($0.last ?? 0) + Int32($1.count)) }
        entries = lists.flatMap(\.self)
    }

    /// The numbers of the pieces that stand in the text, each once.
    func occurring(in text: [UInt8]) -> PieceSet {
        var found = PieceSet(capacity: bounds.count)
        guard text.count >= 3 else { return found }
        for position in 0...(text.count - 3) {
            let slot = Self.slot(text[...], position)
            var entry = Int(starts[slot])
            let end = Int(starts[slot + 1])
            while entry < end {
                let piece = Int(entries[entry].piece)
                if stands(piece, in: text, at: position - Int(entries[entry].offset)) { found.insert(piece) }
                entry += 1
            }
        }
        return found
    }

    /// Whether the pieces stand in the text in this order, each at most `gap` octets behind the one before. A space that
    /// ends one piece may be the one that begins the next: "user * unknown" holds for "user unknown".
    ///
    /// For every place where a piece ends it is enough to know the last end of the piece before: no other is nearer.
    func stand(_ numbers: [Int], in text: [UInt8], gap: Int) -> Bool {
        guard let first = numbers.first else { return true }
        var ends = places(of: first, in: text).map { $0 + count(of: first) }
        var last = first
        for number in numbers.dropFirst() {
            let shared = endsInSpace(last) && beginsWithSpace(number) ? 1 : 0
            var next: [Int] = []
            var before = 0
            for place in places(of: number, in: text) {
                while before + 1 < ends.count, ends[before + 1] - shared <= place { before += 1 }
                guard before < ends.count else { return false }
                let distance = place - ends[before]
                if distance >= -shared, distance <= gap { next.append(place + count(of: number)) }
            }
            ends = next
            last = number
        }
        return !ends.isEmpty
    }

    private func count(of piece: Int) -> Int { bounds[piece + 1] - bounds[piece] }
    private func beginsWithSpace(_ piece: Int) -> Bool { octets[bounds[piece]] == TextFolding.space }
    private func endsInSpace(_ piece: Int) -> Bool { octets[bounds[piece + 1] - 1] == TextFolding.space }

    private func places(of piece: Int, in text: [UInt8]) -> [Int] {
        guard count(of: piece) <= text.count else { return [] }
        return (0...(text.count - count(of: piece))).filter { stands(piece, in: text, at: $0) }
    }

    private func stands(_ piece: Int, in text: [UInt8], at start: Int) -> Bool {
        let (first, end) = (bounds[piece], bounds[piece + 1])
        guard start >= 0, start + end - first <= text.count else { return false }
        var index = first
        while index < end {
            if text[start + index - first] != octets[index] { return false }
            index += 1
        }
        return true
    }

    private static func slot(_ octets: ArraySlice<UInt8>, _ index: Int) -> Int {
        let run = UInt32(octets[index]) << 16 | UInt32(octets[index + 1]) << 8 | UInt32(octets[index + 2])
        return Int((run &* 0x9E37_79B1) >> 19)
    }
}

/// Small numbers, one bit each.
struct PieceSet: Sendable {
    private var words: [UInt64]

    init(capacity: Int) { words = [UInt64](repeating: 0, count: capacity / 64 + 1) }

    mutating func insert(_ number: Int) { words[number >> 6] |= 1 << UInt64(number & 63) }

    func contains(_ number: Int) -> Bool { words[number >> 6] & 1 << UInt64(number & 63) != 0 }

    /// The smallest number that satisfies the condition.
    func first(where condition: (Int) -> Bool) -> Int? {
        var index = 0
        while index < words.count {
            var rest = words[index]
            while rest != 0 {
                let number = index << 6 + rest.trailingZeroBitCount
                if condition(number) { return number }
                rest &= rest - 1
            }
            index += 1
        }
        return nil
    }

    func visit(_ body: (Int) -> Void) {
        _ = first { number in
            body(number)
            return false
        }
    }
}
