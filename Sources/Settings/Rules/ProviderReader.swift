// SPDX-License-Identifier: Apache-2.0

import Queue
import Yams

/// Reads the parts of a file of provider rules, and says where what is wrong in it stands.
struct ProviderReader {
    let file: String

    func provider(_ node: Node) throws -> Provider {
        let fields = try fields(
            of: node, known: ["name", "exchangers", "domains", "limits", "warm-up", "replies"], required: ["name"])
        return Provider(
            name: try name(fields["name"], node),
            exchangers: try list(fields["exchangers"]).map { try hostname($0) },
            domains: try list(fields["domains"]).map { try hostname($0) },
            limits: try list(fields["limits"]).map(limit), warmUp: try fields["warm-up"].map(warmUp),
            lessons: try list(fields["replies"]).map(lesson))
    }

    private func limit(_ node: Node) throws -> Provider.Limit {
        let kinds = ["connections", "rate", "mails-per-connection", "recipients-per-message"]
        let fields = try fields(of: node, known: ["rule"] + kinds, required: ["rule"])
        let given = kinds.filter { fields[$0] != nil }
        guard given.count == 1, let kind = given.first, let value = fields[kind] else {
            throw error("a limit has one of \(kinds.joined(separator: ", "))", at: node)
        }
        let bound: Provider.Limit.Bound =
            switch kind {
            case "connections": .connections(try number(value, 1...10_000))
            case "mails-per-connection": .mailsPerConnection(try number(value, 1...1_000_000))
            case "recipients-per-message": .recipientsPerMessage(try number(value, 1...10_000))
            default: .rate(try rate(value))
            }
        return Provider.Limit(bound, rule: try name(fields["rule"], node))
    }

    private func warmUp(_ node: Node) throws -> Provider.Named<String> {
        let fields = try fields(of: node, known: ["rule", "plan"], required: ["rule", "plan"])
        return Provider.Named(try name(fields["plan"], node), rule: try name(fields["rule"], node))
    }

    func plans(_ node: Node?) throws -> [WarmUpPlan] {
        guard let node else { return [] }
        guard case .mapping(let mapping) = node else { throw error("expected names of plans", at: node) }
        return try mapping.map { key, value in
            let days = try list(value, maximum: WarmUpPlan.length).map { try number($0, 1...1_000_000_000) }
            guard !days.isEmpty else { throw error("a plan has 1 to \(WarmUpPlan.length) days", at: value) }
            return WarmUpPlan(name: try name(key, key), days: days)
        }
    }

    func lesson(_ node: Node) throws -> TeachingRule {
        let fields = try fields(
            of: node, known: ["rule", "codes", "statuses", "phrases", "act", "for", "after"],
            required: ["rule", "act", "for"])
        let phrases = try list(fields["phrases"]).map(phrase)
        let codes = try list(fields["codes"]).map { try digits($0, "the first digits of a reply code", 1...3) }
        let statuses = try list(fields["statuses"]).map(status)
        guard !(phrases.isEmpty && statuses.isEmpty && codes.allSatisfy { $0.utf8.count < 3 }) else {
            throw error("a reply rule needs phrases, statuses or whole codes", at: node)
        }
        return TeachingRule(
            name: try name(fields["rule"], node), codes: codes, statuses: statuses, phrases: phrases,
            act: try act(fields["act"] ?? node), duration: try seconds(fields["for"] ?? node),
            threshold: try fields["after"].map { try number($0, 1...1_000) } ?? 1)
    }

    // MARK: - Words

    private func act(_ node: Node) throws -> Lesson.Act {
        let text = try word(node)
        let words = text.split(separator: " ")
        switch (words.first ?? "", words.dropFirst().first) {
        case ("suspend-path", nil): return .suspendPath
        case ("suspend-site", nil): return .suspendSite
        case ("switch-address", nil): return .switchAddress
        case ("connections", let count?):
            if words.count == 2, let count = Int(count), (1...10_000).contains(count) { return .connections(count) }
        case ("rate", let rate?):
            if words.count == 2, let rate = Rate(parsing: String(rate)) {
                return .rate(messages: rate.messages, seconds: rate.period)
            }
        default: break
        }
        throw error(
            "'\(text)' is no act: expected suspend-path, suspend-site, switch-address, connections 2 or rate 10/min",
            at: node)
    }

    private func seconds(_ node: Node) throws -> Double {
        let text = try word(node)
        let words = text.split(separator: " ")
        let units: [Substring: Double] = ["s": 1, "min": 60, "h": 3600, "d": 86_400]
        guard words.count == 2, let count = Double(words[0]), let unit = units[words[1]], count > 0,
            count * unit <= Schedule.longestLesson
        else { throw error("'\(text)' is no time: expected a number with s, min, h or d, to 30 d", at: node) }
        return count * unit
    }

    private func rate(_ node: Node) throws -> Rate {
        let text = try word(node)
        guard let rate = Rate(parsing: text) else {
            throw error("'\(text)' is no rate: expected a number with /s, /min, /h or /d", at: node)
        }
        return rate
    }

    private func phrase(_ node: Node) throws -> ReplyPhrase {
        let text = try word(node)
        guard let phrase = ReplyPhrase(text) else {
            throw error("'\(text)' is no phrase: expected 1 to \(ReplyPhrase.longest) octets beside '*'", at: node)
        }
        return phrase
    }

    private func status(_ node: Node) throws -> String {
        let text = try word(node)
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count), parts.allSatisfy({ UInt16($0) != nil && !$0.hasPrefix("+") }) else {
            throw error("'\(text)' is no enhanced status code", at: node)
        }
        return text
    }

    private func digits(_ node: Node, _ what: String, _ lengths: ClosedRange<Int>) throws -> String {
        let text = try word(node)
        guard lengths.contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw error("'\(text)' is not \(what)", at: node)
        }
        return text
    }

    private func hostname(_ node: Node) throws -> String {
        let text = try word(node)
        let isName = text.utf8.allSatisfy {
            (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
        guard (1...253).contains(text.utf8.count), isName, text.first != ".", text.last != "." else {
            throw error("'\(text)' is no name in lower case", at: node)
        }
        return text
    }

    private func name(_ node: Node?, _ owner: Node) throws -> String {
        let text = try word(node ?? owner)
        let isName = text.utf8.allSatisfy {
            (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
        guard (1...64).contains(text.utf8.count), isName else {
            throw error("'\(text)' is no name of 1 to 64 small letters, digits and hyphens", at: node ?? owner)
        }
        return text
    }

    private func number(_ node: Node, _ range: ClosedRange<Int>) throws -> Int {
        let text = try word(node)
        guard let number = Int(text), range.contains(number) else {
            throw error("'\(text)' is not a number from \(range.lowerBound) to \(range.upperBound)", at: node)
        }
        return number
    }

    private func word(_ node: Node) throws -> String {
        guard case .scalar(let scalar) = node else { throw error("expected a word", at: node) }
        return scalar.string
    }

    // MARK: - Shapes

    func list(_ node: Node?, maximum: Int = ProviderRulesFile.maximumEntries) throws -> [Node] {
        guard let node else { return [] }
        guard case .sequence(let list) = node else { throw error("expected a list", at: node) }
        guard list.count <= maximum else { throw error("a list has at most \(maximum) entries", at: node) }
        return Array(list)
    }

    func fields(of node: Node, known: [String], required: [String] = []) throws -> [String: Node] {
        guard case .mapping(let mapping) = node else { throw error("expected keys with values", at: node) }
        var fields: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            guard known.contains(name) else {
                let hint = Suggestion.nearest(to: name, among: known).map { " Did you mean '\($0)'?" } ?? ""
                throw error("unknown key '\(name)'.\(hint)", at: key)
            }
            fields[name] = value
        }
        if let missing = required.first(where: { fields[$0] == nil }) {
            throw error("the key '\(missing)' is missing", at: node)
        }
        return fields
    }

    func requireDistinct(_ names: [String], _ what: String, _ root: Node) throws {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw error("the \(what) '\(name)' stands twice", at: root)
        }
    }

    func error(_ what: String, at node: Node) -> ConfigurationError {
        let position = node.mark.map { ":\($0.line):\($0.column)" } ?? ""
        return ConfigurationError("\(file)\(position): \(what)")
    }
}
