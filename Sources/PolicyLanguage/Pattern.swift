// SPDX-License-Identifier: Apache-2.0

/// Text with `*` (any characters) and `?` (one character), and with policy variables (`${aws:username}`).
///
/// Compared by Unicode scalar, for a combining mark must not hide a character from a policy.
///
/// A class, as statements and conditions are: a decision walks through hundreds and copies none.
package final class Pattern: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        case literal(String)
        case one
        case any
        case variable(name: String, standard: String?)

        package static func == (left: Part, right: Part) -> Bool {
            switch (left, right) {
            case (.literal(let one), .literal(let other)): one.isExactly(other)
            case (.one, .one), (.any, .any): true
            case (.variable(let name, let standard), .variable(let otherName, let otherStandard)):
                name.isExactly(otherName) && standard.map(ExactText.init) == otherStandard.map(ExactText.init)
            default: false
            }
        }

        package func hash(into hasher: inout Hasher) {
            switch self {
            case .literal(let text): text.hashExactly(into: &hasher)
            case .one: hasher.combine(1)
            case .any: hasher.combine(2)
            case .variable(let name, _): name.hashExactly(into: &hasher)
            }
        }
    }

    package let parts: [Part]
    /// As written, for messages.
    package let text: String
    /// The quick way, where the pattern has only literals and stars.
    private let quick: QuickGlob?

    package struct Options: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        package static let wildcards = Options(rawValue: 1)
        package static let variables = Options(rawValue: 2)
    }

    /// What cannot be read as a variable stays text, as in IAM.
    package init(_ text: String, _ options: Options) {
        self.text = text
        parts = PatternReader.parts(of: text, options)
        quick = QuickGlob(parts)
    }

    init(text: String, parts: [Part]) {
        self.text = text
        self.parts = parts
        quick = QuickGlob(parts)
    }

    package static func == (left: Pattern, right: Pattern) -> Bool {
        left === right || (left.text.isExactly(right.text) && left.parts == right.parts)
    }

    package func hash(into hasher: inout Hasher) { text.hashExactly(into: &hasher) }

    package var hasVariables: Bool {
        parts.contains { if case .variable = $0 { true } else { false } }
    }

    /// The parts with values in place of variables, neighbouring texts as one; nil when a variable has no value.
    func resolved(in context: PolicyContext) -> [Part]? {
        guard hasVariables else { return parts }
        var result: [Part] = []
        for part in parts {
            guard case .variable(let name, let standard) = part else {
                result.append(part)
                continue
            }
            // A key with several values has none that could be meant: it counts as absent.
            let values = context[name]
            guard let value = values.count == 1 ? values[0] : standard else { return nil }
            result.append(.literal(value))
        }
        return result.joiningLiterals
    }

    package func matches(
        _ text: some StringProtocol, in context: PolicyContext, ignoringCase: Bool = false
    ) -> Bool {
        if !ignoringCase, let quick,
            let answer = text.utf8.withContiguousStorageIfAvailable({ quick.matches(UnsafeRawBufferPointer($0)) })
        {
            return answer
        }
        guard let parts = resolved(in: context) else { return false }
        return Glob.matches(parts, Substring(text), ignoringCase: ignoringCase)
    }
}

extension [Pattern.Part] {
    /// The same with neighbouring texts as one, and without empty ones.
    var joiningLiterals: [Pattern.Part] {
        reduce(into: []) { parts, part in
            guard case .literal(let text) = part else { return parts.append(part) }
            if case .literal(let before)? = parts.last {
                parts[parts.count - 1] = .literal(before + text)
            } else if !text.isEmpty {
                parts.append(part)
            }
        }
    }
}

/// Splits text into a pattern's parts.
enum PatternReader {
    static func parts(of text: String, _ options: Pattern.Options) -> [Pattern.Part] {
        var parts: [Pattern.Part] = []
        var literal = ""
        func close() {
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = ""
        }
        var rest = Substring(text).unicodeScalars
        while let scalar = rest.first {
            if options.contains(.variables), scalar == "$", let (part, after) = variable(rest) {
                if case .literal(let sign) = part {
                    literal += sign
                } else {
                    close()
                    parts.append(part)
                }
                rest = after
                continue
            }
            rest.removeFirst()
            switch scalar {
            case "*" where options.contains(.wildcards):
                close()
                if parts.last != .any { parts.append(.any) }
            case "?" where options.contains(.wildcards):
                close()
                parts.append(.one)
            default: literal.unicodeScalars.append(scalar)
            }
        }
        close()
        return parts
    }

    // ${*} ${?} ${$} are the signs themselves; ${key} and ${key, 'default'} are variables.
    private static func variable(
        _ text: Substring.UnicodeScalarView
    ) -> (Pattern.Part, Substring.UnicodeScalarView)? {
        guard text.dropFirst().first == "{", let end = text.firstIndex(of: "}") else { return nil }
        let inner = String(text[text.index(text.startIndex, offsetBy: 2)..<end])
        let after = text[text.index(after: end)...]
        if inner == "*" || inner == "?" || inner == "$" { return (.literal(inner), after) }
        guard let comma = inner.firstIndex(of: ",") else {
            guard isKey(inner) else { return nil }
            return (.variable(name: inner.lowercased(), standard: nil), after)
        }
        let name = inner[..<comma].trimmingSpaces
        let standard = inner[inner.index(after: comma)...].trimmingSpaces
        guard isKey(name), standard.count >= 2, standard.first == "'", standard.last == "'" else { return nil }
        return (.variable(name: name.lowercased(), standard: String(standard.dropFirst().dropLast())), after)
    }

    private static func isKey(_ text: String) -> Bool {
        !text.isEmpty && text.contains(":") && !text.contains(where: { $0.isWhitespace || "${*?'".contains($0) })
    }
}

extension Substring {
    var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

/// Matching with wildcards, in time bounded by the product of both lengths.
enum Glob {
    static func matches(_ parts: [Pattern.Part], _ text: Substring, ignoringCase: Bool) -> Bool {
        var pattern: [Token] = []
        for part in parts {
            switch part {
            case .any: pattern.append(.any)
            case .one: pattern.append(.one)
            case .literal(let text): for scalar in folded(text[...], ignoringCase) { pattern.append(.sign(scalar)) }
            case .variable: return false
            }
        }
        return matches(pattern, Array(folded(text, ignoringCase)))
    }

    private enum Token: Equatable {
        case sign(Unicode.Scalar)
        case one, any
    }

    private static func folded(_ text: Substring, _ ignoringCase: Bool) -> [Unicode.Scalar] {
        Array(ignoringCase ? text.lowercased().unicodeScalars[...] : text.unicodeScalars)
    }

    // Only the last star can ever need to take more: going back to it is enough.
    private static func matches(_ pattern: [Token], _ text: [Unicode.Scalar]) -> Bool {
        var place = 0
        var position = 0
        var star: (place: Int, position: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == .any {
                star = (place, position)
                place += 1
            } else if place < pattern.count, pattern[place] == .one || pattern[place] == .sign(text[position]) {
                place += 1
                position += 1
            } else if let last = star {
                star = (last.place, last.position + 1)
                place = last.place + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == .any }
    }
}
