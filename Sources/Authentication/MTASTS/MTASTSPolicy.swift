// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A domain's word on how mail for it must travel (RFC 8461 §3.2).
///
/// Limits: 64 KB of text, 100 patterns, a life of a year and a day; a longer one is taken for that.
package struct MTASTSPolicy: Hashable, Sendable {
    package static let maximumLength = 64 * 1024
    package static let maximumPatterns = 100
    /// Seconds (§3.2).
    package static let maximumAge = 31_557_600

    package enum Mode: String, Hashable, Sendable {
        /// Mail goes to no host that does not match or cannot be verified.
        case enforce
        /// What enforce would refuse is delivered and reported.
        case testing
        /// There is no policy any more.
        case none
    }

    package let mode: Mode
    /// Seconds from the fetch on.
    package let maxAge: Int
    package let patterns: [MXPattern]
    /// The lines as they were served, for reports.
    package let lines: [String]

    /// - Throws: `SyntaxError` that names the key at fault, with its line's offset.
    package init(parsing text: [UInt8]) throws(SyntaxError) {
        guard text.count <= Self.maximumLength else {
            throw SyntaxError(expected: "at most \(Self.maximumLength) octets of policy", offset: Self.maximumLength)
        }
        guard String(validating: text, as: UTF8.self) != nil else {
            throw SyntaxError(expected: "a policy in UTF-8", offset: 0)
        }
        var reader = Reader()
        try reader.read(text)
        self = try reader.policy()
    }

    private init(mode: Mode, maxAge: Int, patterns: [MXPattern], lines: [String]) {
        self.mode = mode
        self.maxAge = maxAge
        self.patterns = patterns
        self.lines = lines
    }

    /// Whether mail may go to the host (§4.1).
    package func allows(_ host: Domain) -> Bool { patterns.contains { $0.matches(host) } }
}

extension MTASTSPolicy {
    /// Key and value pairs, one a line; of a key that stands twice the first counts, of `mx` all do.
    private struct Reader {
        var values: [String: (value: String, offset: Int)] = [:]
        var patterns: [MXPattern] = []
        var lines: [String] = []

        // sts-policy-record = sts-policy-field *(sts-policy-term sts-policy-field) [sts-policy-term]
        // sts-policy-term = LF / CRLF
        mutating func read(_ text: [UInt8]) throws(SyntaxError) {
            var offset = 0
            for line in text.split(separator: 10, omittingEmptySubsequences: false) {
                let body = line.last == 13 ? line.dropLast() : line
                if !body.allSatisfy(Self.isSpace) { try read(body, at: offset) }
                offset += line.count + 1
            }
        }

        private mutating func read(_ line: ArraySlice<UInt8>, at offset: Int) throws(SyntaxError) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
                throw SyntaxError(expected: "key: value", offset: offset)
            }
            let name = Self.trimmed(line[..<colon])
            let value = Self.trimmed(line[(colon + 1)...])
            lines.append("\(name): \(value)")
            guard name == "mx" else {
                if values[name] == nil { values[name] = (value, offset) }
                return
            }
            guard patterns.count < MTASTSPolicy.maximumPatterns, let pattern = MXPattern(parsing: value) else {
                throw SyntaxError(expected: "at most \(MTASTSPolicy.maximumPatterns) mx patterns", offset: offset)
            }
            patterns.append(pattern)
        }

        func policy() throws(SyntaxError) -> MTASTSPolicy {
            guard values["version"]?.value == "STSv1" else {
                throw SyntaxError(expected: "version: STSv1", offset: values["version"]?.offset ?? 0)
            }
            guard let word = values["mode"], let mode = Mode(rawValue: word.value) else {
                throw SyntaxError(
                    expected: "mode: enforce, testing or none", offset: values["mode"]?.offset ?? 0)
            }
            let age = values["max_age"]
            guard let digits = age?.value, (1...10).contains(digits.utf8.count), digits.utf8.allSatisfy(Self.isDigit),
                let seconds = Int(digits)
            else { throw SyntaxError(expected: "max_age: seconds", offset: age?.offset ?? 0) }
            guard mode == .none || !patterns.isEmpty else { throw SyntaxError(expected: "an mx pattern", offset: 0) }
            return MTASTSPolicy(
                mode: mode, maxAge: min(seconds, MTASTSPolicy.maximumAge), patterns: patterns, lines: lines)
        }

        private static func trimmed(_ octets: ArraySlice<UInt8>) -> String {
            let start = octets.drop(while: isSpace)
            let end = start.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start.startIndex
            return String(decoding: start[..<end], as: UTF8.self)
        }

        private static func isSpace(_ octet: UInt8) -> Bool { octet == 32 || octet == 9 || octet == 13 }
        private static func isDigit(_ octet: UInt8) -> Bool { (48...57).contains(octet) }
    }
}

/// One `mx` of a policy: a host, or `*.` and what must follow exactly one more label (RFC 8461 §4.1).
package struct MXPattern: Hashable, Sendable, CustomStringConvertible {
    private let domain: Domain
    private let isWildcard: Bool

    package init?(parsing text: some StringProtocol) {
        isWildcard = text.hasPrefix("*.")
        guard let domain = try? Domain(parsing: isWildcard ? text.dropFirst(2) : text[...]) else { return nil }
        self.domain = domain
    }

    package func matches(_ host: Domain) -> Bool { (isWildcard ? host.parent : host) == domain }

    package var description: String { isWildcard ? "*.\(domain)" : "\(domain)" }
}
