// SPDX-License-Identifier: Apache-2.0

import Mail
package import Reports
import Yams

/// A YAML file of reply rules: the shipped one, or an operator's own, whose rules come first (`delivery.reply-rules`).
///
/// ```yaml
/// rules:
///   - name: example-full          # letters, digits and hyphens; once a file
///     code: [452, 5xx]            # one of them
///     status: x.2.2               # one of them
///     text:                       # one alternative of these
///       - mailbox * full          # in this order, at most 80 octets between
///       - [quota, exceeded]       # all of these, wherever they stand
///     peer: example.net           # the peer's host is this or beneath it
///     bounce: Transient/MailboxFull
///     party: recipient            # recipient, content, reputation, authentication, peer or network
///     delay: MailboxFull          # where bounce and party do not say enough
/// ```
///
/// A rule with the name of a shipped one takes its place. Limits: 1 MiB, 2,000 rules, 200 entries a list.
package struct ReplyRulesFile {
    package static let maximumSize = 1 << 20
    package static let maximumRules = 2_000
    package static let maximumEntries = 200

    package let rules: [ReplyRule]

    /// - Parameter name: what messages call the file.
    /// - Throws: `ConfigurationError`, which begins with name, line and column.
    package init(yaml: String, name: String) throws {
        guard yaml.utf8.count <= Self.maximumSize else {
            throw ConfigurationError("\(name): larger than \(Self.maximumSize) octets")
        }
        let place = RulePlace(file: name)
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            throw ConfigurationError("\(name): not valid YAML: \(error)")
        }
        guard let root else { throw ConfigurationError("\(name):1:1: expected 'rules' with a list") }
        let top = try place.fields(of: root, known: ["rules"], required: ["rules"])
        guard case .sequence(let list)? = top["rules"] else {
            throw place.error("'rules' must be a list", at: top["rules"] ?? root)
        }
        guard list.count <= Self.maximumRules else {
            throw place.error("more than \(Self.maximumRules) rules", at: root)
        }
        var names: [String: Int] = [:]
        rules = try list.map { node in
            let rule = try RuleReader(place: place, node: node).rule()
            if let first = names.updateValue(rule.origin.line, forKey: rule.name) {
                throw place.error("the name '\(rule.name)' stands already in line \(first)", at: node)
            }
            return rule
        }
    }

    /// The rules that come with Postern.
    package static func shipped() throws -> ReplyRules {
        ReplyRules(try ReplyRulesFile(yaml: ShippedReplies.yaml, name: ShippedReplies.fileName).rules)
    }

    /// The shipped rules, with an operator's own before them.
    package static func shipped(with yaml: String, name: String) throws -> ReplyRules {
        try shipped().overridden(by: ReplyRulesFile(yaml: yaml, name: name).rules)
    }
}

/// Names the file, and finds line and column of what is wrong in it.
private struct RulePlace {
    let file: String

    func error(_ what: String, at node: Node) -> ConfigurationError {
        let position = node.mark.map { ":\($0.line):\($0.column)" } ?? ""
        return ConfigurationError("\(file)\(position): \(what)")
    }

    func line(of node: Node) -> Int { node.mark?.line ?? 0 }

    func fields(of node: Node, known: [String], required: [String]) throws -> [String: Node] {
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

    /// A word, or a list of words.
    func words(_ node: Node) throws -> [Node] {
        guard case .sequence(let list) = node else { return [node] }
        guard (1...ReplyRulesFile.maximumEntries).contains(list.count) else {
            throw error("a list must have 1 to \(ReplyRulesFile.maximumEntries) entries", at: node)
        }
        return Array(list)
    }

    func word(_ node: Node) throws -> String {
        guard case .scalar(let scalar) = node else { throw error("expected a word", at: node) }
        return scalar.string
    }
}

/// Reads one rule.
private struct RuleReader {
    let place: RulePlace
    let node: Node

    func rule() throws -> ReplyRule {
        let fields = try place.fields(
            of: node, known: ["name", "code", "status", "text", "peer", "bounce", "party", "delay"],
            required: ["name", "bounce", "party"])
        var rule = ReplyRule(
            name: try name(fields["name"]), origin: .init(file: place.file, line: place.line(of: node)),
            bounce: try value(fields["bounce"], "a bounce type and sub type of SES, such as Transient/MailboxFull") {
                BounceClass(parsing: $0)
            } ?? .undetermined,
            party: try value(fields["party"], "one of " + ReplyParty.allCases.map(\.rawValue).joined(separator: ", ")) {
                ReplyParty(rawValue: $0)
            } ?? .peer,
            delayType: try value(
                fields["delay"], "one of " + DelayType.allCases.map(\.rawValue).joined(separator: ", ")
            ) { DelayType(rawValue: $0) })
        rule.codes = try values(fields["code"], "a code such as 550, 55x or 5xx") { CodePattern(parsing: $0) }
        rule.statuses = try values(fields["status"], "an enhanced code such as 5.1.1 or x.7.x") {
            StatusPattern(parsing: $0)
        }
        rule.peers = try values(fields["peer"], "a host name") { try? Domain(parsing: $0) }
        if let text = fields["text"] { rule.texts = try place.words(text).map(phrases) }
        return rule
    }

    private func name(_ node: Node?) throws -> String {
        try value(node, "a name of 1 to 64 letters, digits and hyphens") { text in
            (1...64).contains(text.utf8.count)
                && text.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") } ? text : nil
        } ?? ""
    }

    private func phrases(_ node: Node) throws -> [Phrase] {
        try place.words(node).map { word in
            do {
                return try Phrase(parsing: place.word(word))
            } catch let fault as SyntaxError {
                throw place.error("'\(try place.word(word))' is no phrase: expected \(fault.expected)", at: word)
            }
        }
    }

    private func values<Value>(_ node: Node?, _ expected: String, _ parse: (String) -> Value?) throws -> [Value] {
        guard let node else { return [] }
        return try place.words(node).compactMap { try value($0, expected, parse) }
    }

    private func value<Value>(_ node: Node?, _ expected: String, _ parse: (String) -> Value?) throws -> Value? {
        guard let node else { return nil }
        let text = try place.word(node)
        guard let value = parse(text) else { throw place.error("'\(text)' is not \(expected)", at: node) }
        return value
    }
}
