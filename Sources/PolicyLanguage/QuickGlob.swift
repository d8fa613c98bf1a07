// SPDX-License-Identifier: Apache-2.0

/// Literals parted by stars, matched octet by octet: nearly all patterns, and each is asked at every send.
struct QuickGlob: Hashable, Sendable {
    private let pieces: [[UInt8]]
    private let beginsFree: Bool
    private let endsFree: Bool

    /// Nil for a pattern with `?` or variables.
    init?(_ parts: [Pattern.Part]) {
        // Only a star parts two pieces.
        let parts = parts.joiningLiterals
        var pieces: [[UInt8]] = []
        for part in parts {
            switch part {
            case .literal(let text): pieces.append(Array(text.utf8))
            case .any: continue
            case .one, .variable: return nil
            }
        }
        self.pieces = pieces
        beginsFree = parts.first == .any
        endsFree = parts.last == .any
    }

    func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        var start = 0
        var end = text.count
        var first = 0
        var last = pieces.count
        guard last > 0 else { return beginsFree || end == 0 }
        if !beginsFree {
            guard Self.stands(pieces[0], text, at: 0) else { return false }
            start = pieces[0].count
            first = 1
            if last == 1 { return endsFree || start == end }
        }
        if !endsFree {
            let piece = pieces[last - 1]
            guard end - start >= piece.count, Self.stands(piece, text, at: end - piece.count) else { return false }
            end -= piece.count
            last -= 1
        }
        // Between the ends each piece is taken where it first stands.
        while first < last {
            guard let found = Self.find(pieces[first], text, from: start, to: end) else { return false }
            start = found + pieces[first].count
            first += 1
        }
        return true
    }

    private static func stands(_ piece: [UInt8], _ text: UnsafeRawBufferPointer, at place: Int) -> Bool {
        guard place >= 0, text.count - place >= piece.count else { return false }
        for index in piece.indices where text[place + index] != piece[index] { return false }
        return true
    }

    private static func find(_ piece: [UInt8], _ text: UnsafeRawBufferPointer, from: Int, to: Int) -> Int? {
        var place = from
        while place + piece.count <= to {
            if stands(piece, text, at: place) { return place }
            place += 1
        }
        return nil
    }
}
