// SPDX-License-Identifier: Apache-2.0

/// What a composite alarm follows from: `ALARM("bounces") AND NOT (OK(lag) OR FALSE)` (CloudWatch API, `PutCompositeAlarm`,
/// AlarmRule).
///
/// NOT binds closest, then AND, then OR. Limits: 10,240 octets, 100 alarms, 500 parts, 32 levels.
package indirect enum AlarmRule: Hashable, Sendable {
    package static let longest = 10_240
    package static let maximumAlarms = 100
    package static let maximumParts = 500
    package static let maximumDepth = 32

    case constant(Bool)
    /// Whether the alarm of this name or ARN is in this state.
    case state(AlarmState, String)
    case not(AlarmRule)
    case and([AlarmRule])
    case or([AlarmRule])

    package struct Fault: Error, Hashable, Sendable {
        package let reason: String
    }

    package init(parsing text: String) throws(Fault) {
        var parser = RuleParser(text)
        self = try parser.rule()
        guard alarms.count <= Self.maximumAlarms else {
            throw Fault(reason: "it names more than \(Self.maximumAlarms) alarms")
        }
    }

    /// Names and ARNs, as written.
    package var alarms: Set<String> {
        switch self {
        case .constant: []
        case .state(_, let name): [name]
        case .not(let rule): rule.alarms
        case .and(let rules), .or(let rules): rules.reduce(into: []) { $0.formUnion($1.alarms) }
        }
    }

    /// - Parameter state: of the alarm of a name; nil for one that is not there, which is in no state.
    package func holds(_ state: (String) -> AlarmState?) -> Bool {
        switch self {
        case .constant(let value): value
        case .state(let wanted, let name): state(name) == wanted
        case .not(let rule): !rule.holds(state)
        case .and(let rules): rules.allSatisfy { $0.holds(state) }
        case .or(let rules): rules.contains { $0.holds(state) }
        }
    }
}

private struct RuleParser {
    private let octets: [UInt8]
    private var index = 0
    private var parts = 0

    init(_ text: String) { octets = Array(text.utf8) }

    mutating func rule() throws(AlarmRule.Fault) -> AlarmRule {
        guard octets.count <= AlarmRule.longest else { throw fault("it is longer than \(AlarmRule.longest) octets") }
        let rule = try any(depth: 0)
        skipSpaces()
        guard index == octets.count else { throw fault("something follows that is neither AND nor OR") }
        return rule
    }

    // or = and *("OR" and)
    private mutating func any(depth: Int) throws(AlarmRule.Fault) -> AlarmRule {
        var rules = [try all(depth: depth)]
        while skip(word: "OR") { rules.append(try all(depth: depth)) }
        return rules.count == 1 ? rules[0] : .or(rules)
    }

    // and = term *("AND" term)
    private mutating func all(depth: Int) throws(AlarmRule.Fault) -> AlarmRule {
        var rules = [try term(depth: depth)]
        while skip(word: "AND") { rules.append(try term(depth: depth)) }
        return rules.count == 1 ? rules[0] : .and(rules)
    }

    // term = "NOT" term / "(" or ")" / "TRUE" / "FALSE" / state "(" name ")"
    private mutating func term(depth: Int) throws(AlarmRule.Fault) -> AlarmRule {
        parts += 1
        guard parts <= AlarmRule.maximumParts else { throw fault("it has more than \(AlarmRule.maximumParts) parts") }
        guard depth < AlarmRule.maximumDepth else { throw fault("it is nested deeper than \(AlarmRule.maximumDepth)") }
        if skip(word: "NOT") { return .not(try term(depth: depth + 1)) }
        if skip(word: "TRUE") { return .constant(true) }
        if skip(word: "FALSE") { return .constant(false) }
        for state in AlarmState.allCases where skip(word: state.rawValue) { return .state(state, try name()) }
        guard skip("(") else { throw fault("ALARM, OK, INSUFFICIENT_DATA, TRUE, FALSE, NOT or ( is wanted") }
        let rule = try any(depth: depth + 1)
        guard skip(")") else { throw fault("a ) is missing") }
        return rule
    }

    // name = "(" (quoted / plain) ")"
    private mutating func name() throws(AlarmRule.Fault) -> String {
        guard skip("(") else { throw fault("a ( is missing after a state") }
        skipSpaces()
        let name = skip("\"") ? try quoted() : plain()
        guard skip(")") else { throw fault("a ) is missing after an alarm's name") }
        guard !name.isEmpty, name.unicodeScalars.count <= 1600 else { throw fault("an alarm's name is not valid") }
        return name
    }

    private mutating func quoted() throws(AlarmRule.Fault) -> String {
        var name: [UInt8] = []
        while index < octets.count {
            let octet = octets[index]
            index += 1
            if octet == UInt8(ascii: "\"") { return String(decoding: name, as: UTF8.self) }
            if octet == UInt8(ascii: "\\"), index < octets.count {
                name.append(octets[index])
                index += 1
            } else {
                name.append(octet)
            }
        }
        throw fault("a quotation mark is missing")
    }

    private mutating func plain() -> String {
        let start = index
        while index < octets.count, octets[index] > 32, !"()\"".utf8.contains(octets[index]) { index += 1 }
        return String(decoding: octets[start..<index], as: UTF8.self)
    }

    private mutating func skipSpaces() {
        while index < octets.count, [32, 9, 10, 13].contains(octets[index]) { index += 1 }
    }

    private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        skipSpaces()
        guard index < octets.count, UInt32(octets[index]) == mark.value else { return false }
        index += 1
        return true
    }

    // A word ends where something else than a letter, a digit or a line begins.
    private mutating func skip(word: String) -> Bool {
        skipSpaces()
        let wanted = Array(word.utf8)
        guard octets.count - index >= wanted.count, octets[index..<index + wanted.count].elementsEqual(wanted) else {
            return false
        }
        let after = index + wanted.count
        if after < octets.count, octets[after] == UInt8(ascii: "_") || isLetterOrDigit(octets[after]) { return false }
        index = after
        return true
    }

    private func isLetterOrDigit(_ octet: UInt8) -> Bool {
        (48...57).contains(octet) || (97...122).contains(octet | 32)
    }

    private func fault(_ reason: String) -> AlarmRule.Fault { .init(reason: "at octet \(index): \(reason)") }
}
