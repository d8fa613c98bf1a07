// SPDX-License-Identifier: Apache-2.0

/// Which texts a key, or an ARN's component, can hold at all.
enum TextShape {
    /// Anything that is not empty.
    case any
    /// Addresses; guarded, only such as the gate lets through: domains in their canonical spelling, no routing tricks.
    case address(guarded: Bool)
    case domain(guarded: Bool)
    /// So many of these letters.
    case word(of: [Unicode.Scalar], count: ClosedRange<Int>)

    static let account = TextShape.word(of: digits, count: 12...12)
    static let region = TextShape.word(of: lower + digits + ["-"], count: 1...32)
    static let templateName = TextShape.word(of: lower + digits + upper + ["_", "-"], count: 1...64)

    // The rarest first: a stranger should look like one.
    private static let lower = Array("xqzjkvwyubcdefghilmnoprsta".unicodeScalars)
    private static let upper = Array("XQZJKVWYUBCDEFGHILMNOPRSTA".unicodeScalars)
    private static let digits = Array("7930124568".unicodeScalars)
    private static let signs = Array("_-+=#$&'*/?^`{|}~".unicodeScalars)
    private static let foreign = (0xE0...0x24F).compactMap { Unicode.Scalar($0 as UInt32) }

    /// Letters that stand for no others: the shape itself asks for them.
    var structure: [Unicode.Scalar] {
        switch self {
        case .any, .word: []
        case .address: ["@", ".", "\"", "+"]
        case .domain: ["."]
        }
    }

    /// Kinds of letters of which all are alike to the shape; of each kind one that no pattern knows is enough.
    var kinds: [[Unicode.Scalar]] {
        switch self {
        case .any: [Self.lower + Self.digits + Self.upper + Self.signs + Self.foreign]
        case .word(let letters, _): [letters]
        case .domain(let guarded): [Self.label(guarded)]
        case .address(let guarded):
            [Self.lower + Self.digits + Self.upper + Self.signs + (guarded ? [] : Self.foreign), Self.label(guarded)]
        }
    }

    private static func label(_ guarded: Bool) -> [Unicode.Scalar] {
        lower + digits + ["_"] + (guarded ? [] : upper + foreign) + ["-"]
    }

    var start: ShapeState {
        switch self {
        case .any: ShapeState(.freeStart, guarded: false)
        case .address(let guarded): ShapeState(.localStart, guarded: guarded)
        case .domain(let guarded): ShapeState(.labelStart, guarded: guarded)
        case .word(let letters, let count): ShapeState(.counting(0), guarded: false, letters, count)
        }
    }
}

/// How far a text is on its way to its shape.
struct ShapeState {
    enum Place: Hashable {
        case freeStart, free
        case localStart, local
        /// A quoted local part: begun, plain so far, behind a dot, and one that needs its quotes.
        case quotedStart, quoted, quotedDot, quotedOdd, quotedEnd
        case labelStart, label, labelHyphen
        case counting(Int)
    }

    private(set) var place: Place
    private let guarded: Bool
    private let letters: [Unicode.Scalar]
    private let count: ClosedRange<Int>

    init(_ place: Place, guarded: Bool, _ letters: [Unicode.Scalar] = [], _ count: ClosedRange<Int> = 0...0) {
        self.place = place
        self.guarded = guarded
        self.letters = letters
        self.count = count
    }

    var isComplete: Bool {
        switch place {
        case .free, .label: true
        case .counting(let read): count.contains(read)
        default: false
        }
    }

    /// What two states that differ in it cannot share.
    var code: Place {
        // Where not the exact number counts, only that there is something does; the longest is seen to by length.
        if case .counting(let read) = place, count.lowerBound < count.upperBound { return .counting(min(read, 1)) }
        return place
    }

    /// - Parameter length: the text's, this letter counted.
    func after(_ letter: Unicode.Scalar, length: Int) -> ShapeState? {
        guard let next = next(letter, length) else { return nil }
        var state = self
        state.place = next
        return state
    }

    private func next(_ letter: Unicode.Scalar, _ length: Int) -> Place? {
        switch place {
        case .freeStart, .free: .free
        case .counting(let read): length <= count.upperBound && letters.contains(letter) ? .counting(read + 1) : nil
        case .localStart, .local: length <= 65 ? local(letter) : nil
        case .quotedStart, .quoted, .quotedDot, .quotedOdd: length <= 67 ? quoted(letter) : nil
        case .quotedEnd: letter == "@" ? .labelStart : nil
        case .labelStart, .label, .labelHyphen: length <= 254 ? label(letter) : nil
        }
    }

    // Local-part = Dot-string / Quoted-string          ; RFC 5321 §4.1.2, 64 octets
    private func local(_ letter: Unicode.Scalar) -> Place? {
        switch letter {
        case "@": place == .local ? .labelStart : nil
        case ".": place == .local ? .localStart : nil
        case "\"": place == .localStart ? .quotedStart : nil
        default: isAtomText(letter) ? .local : nil
        }
    }

    // With guards only what its dots make no Dot-string comes in quotes.
    private func quoted(_ letter: Unicode.Scalar) -> Place? {
        switch letter {
        case "\"": place == .quotedOdd || place == .quotedDot || (!guarded && place == .quoted) ? .quotedEnd : nil
        case "\\": nil
        case ".": place == .quoted ? .quotedDot : .quotedOdd
        default:
            if isAtomText(letter) {
                place == .quotedOdd ? .quotedOdd : .quoted
            } else {
                guarded || letter.value < 32 || letter.value == 127 ? nil : .quotedOdd
            }
        }
    }

    private func label(_ letter: Unicode.Scalar) -> Place? {
        switch letter {
        case ".": place == .label ? .labelStart : nil
        case "-": place == .labelStart ? nil : .labelHyphen
        default: isLabelText(letter) ? .label : nil
        }
    }

    private func isAtomText(_ letter: Unicode.Scalar) -> Bool {
        guard letter.isASCII else { return !guarded }
        if letter == "%" || letter == "!" { return !guarded }
        return isLetterOrDigit(UInt8(letter.value)) || "#$&'*+-/=?^_`{|}~".unicodeScalars.contains(letter)
    }

    private func isLabelText(_ letter: Unicode.Scalar) -> Bool {
        guard letter.isASCII else { return !guarded }
        return letter == "_" || (isLetterOrDigit(UInt8(letter.value)) && (!guarded || !letter.properties.isUppercase))
    }
}
