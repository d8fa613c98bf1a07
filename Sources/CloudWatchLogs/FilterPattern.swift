// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Glibc
import JSON

/// What events are filtered by (CloudWatch Logs user guide, "Filter pattern syntax"), as far as it is offered: terms,
/// and the equality of one member of a JSON event.
///
/// Terms must all stand in the event, those with `?` at least one of them, those with `-` none. Case matters. Whatever
/// else AWS knows is refused, so that nobody takes an unfiltered answer for a filtered one.
enum FilterPattern: Hashable {
    case terms(all: [String], any: [String], none: [String])
    /// `{ $.bounced.verdict.type = "Permanent" }`
    case member(path: [String], is: Value)

    enum Value: Hashable {
        case text(String)
        case number(Double)
    }

    /// Characters of a pattern.
    static let longest = 1_024
    private static let depth = 64

    /// - Throws: `InvalidParameterException` for what is not offered, or no pattern.
    init(_ text: String) throws {
        guard text.unicodeScalars.count <= Self.longest else { throw Self.invalid }
        let trimmed = Self.trimmed(text[...])
        if trimmed.hasPrefix("{") {
            self = try Self.equality(trimmed)
        } else {
            self = try Self.terms(trimmed)
        }
    }

    func isMet(by event: String) -> Bool {
        switch self {
        case .terms(let all, let any, let none):
            return event.withCString { octets in
                all.allSatisfy { Self.stands($0, in: octets) }
                    && (any.isEmpty || any.contains { Self.stands($0, in: octets) })
                    && !none.contains { Self.stands($0, in: octets) }
            }
        case .member(let path, let wanted):
            guard var value = try? JSONValue(parsing: event, maximumDepth: Self.depth, allowsRepeatedNames: true) else {
                return false
            }
            for name in path {
                guard let member = value[name] else { return false }
                value = member
            }
            switch (value, wanted) {
            case (.string(let text), .text(let wanted)): return text.utf8.elementsEqual(wanted.utf8)
            case (.number(let text), .number(let wanted)): return Double(text) == wanted
            default: return false
            }
        }
    }

    // Octet for octet: hundreds of terms may be asked of a megabyte. An event is JSON, in which no NUL stands.
    private static func stands(_ term: String, in event: UnsafePointer<CChar>) -> Bool {
        !term.utf8.contains(0) && term.withCString { strstr(event, $0) != nil }
    }

    // { $.name.name = "text" }, or = 5
    private static func equality(_ text: Substring) throws -> Self {
        guard text.hasSuffix("}"), text.count >= 2 else { throw invalid }
        let inner = trimmed(text.dropFirst().dropLast())
        guard inner.hasPrefix("$."), let sign = inner.firstIndex(of: "=") else { throw invalid }
        let path = trimmed(inner[..<sign]).dropFirst(2).split(separator: ".", omittingEmptySubsequences: false)
        guard path.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isWordOctet) }) else { throw invalid }
        let value = trimmed(inner[inner.index(after: sign)...])
        if value.hasPrefix("\"") {
            let word = value.dropFirst().dropLast()
            // A star would be a wildcard.
            guard value.count >= 2, value.hasSuffix("\""), !word.contains(where: { "\"\\*".contains($0) }) else {
                throw invalid
            }
            return .member(path: path.map(String.init), is: .text(String(word)))
        }
        guard let number = Double(value), number.isFinite, value.utf8.allSatisfy({ "0123456789.-".utf8.contains($0) })
        else { throw invalid }
        return .member(path: path.map(String.init), is: .number(number))
    }

    private static func terms(_ text: Substring) throws -> Self {
        var (all, any, none): ([String], [String], [String]) = ([], [], [])
        var rest = text
        while let first = rest.first {
            if first == " " {
                rest = rest.dropFirst()
                continue
            }
            let sign = first == "?" || first == "-" ? first : nil
            if sign != nil { rest = rest.dropFirst() }
            let term: String
            if rest.first == "\"" {
                let inner = rest.dropFirst()
                guard let end = inner.firstIndex(of: "\"") else { throw invalid }
                term = String(inner[..<end])
                rest = inner[inner.index(after: end)...]
                guard rest.isEmpty || rest.first == " " else { throw invalid }
            } else {
                let word = rest.prefix { $0 != " " }
                guard word.utf8.allSatisfy(isWordOctet) else { throw invalid }
                term = String(word)
                rest = rest.dropFirst(word.count)
            }
            guard !term.isEmpty, !term.contains("\\") else { throw invalid }
            switch sign {
            case "?": any.append(term)
            case "-": none.append(term)
            default: all.append(term)
            }
        }
        return .terms(all: all, any: any, none: none)
    }

    // Whatever else is in a term must stand in quotes.
    private static func isWordOctet(_ octet: UInt8) -> Bool { LogsServices.isNameOctet(octet) || octet >= 128 }

    private static func trimmed(_ text: Substring) -> Substring {
        let end = text.lastIndex { $0 != " " }.map { text.index(after: $0) } ?? text.startIndex
        return text[..<end].drop { $0 == " " }
    }

    private static var invalid: ServiceError {
        LogsServices.invalid(
            "The filter pattern is invalid, or of a kind that is not offered: terms are, in quotes where they hold more "
                + "than letters, digits and . - _ / #, and { $.name = \"value\" }.")
    }
}
