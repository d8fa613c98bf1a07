// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Mail
import Reports
import Settings

struct ExplainReply: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what another server's refusal means, and which rule says so.",
        discussion: """
            The text is what a log or a bounce shows: '550 5.1.1 no such user', 'host x said: 452 4.2.2 …'. No server is \
            asked. The exit status is 2 where the text is no refusal or a rules file cannot be read.
            """)

    @Argument(help: "The reply, as it was logged.")
    var reply: String

    @Option(help: "The host that gave it.")
    var peer: String?

    @Option(help: "A file of rules that come before the shipped ones, as delivery.reply-rules names it.")
    var rules: String?

    @Option(help: "How the answer is printed: text or json.")
    var output = "text"

    func validate() throws {
        guard ["text", "json"].contains(output) else { throw ValidationError("--output is text or json.") }
    }

    func run() throws {
        do {
            let text = try ReplyText(parsing: reply)
            let host = try peer.map { try Domain(parsing: $0) }
            let known = try loaded()
            let verdict = known.classify(text, peer: host)
            let lines = Self.lines(text, verdict, known.rule(for: text, peer: host))
            print(output == "json" ? try Self.json(lines) : Self.text(lines))
        } catch {
            FileHandle.standardError.write(Data("postern: \(error)\n".utf8))
            throw ExitCode(2)
        }
    }

    private func loaded() throws -> ReplyRules {
        guard let rules else { return try ReplyRulesFile.shipped() }
        guard let octets = FileManager.default.contents(atPath: rules) else {
            throw ConfigurationError("\(rules) cannot be read")
        }
        return try ReplyRulesFile.shipped(with: String(decoding: octets, as: UTF8.self), name: rules)
    }

    /// What is printed, in order: name in text, name in JSON, value.
    private static func lines(_ text: ReplyText, _ verdict: ReplyVerdict, _ rule: ReplyRule?) -> [(
        String, String, Any?
    )] {
        [
            ("code", "Code", text.code.map { Int($0) }),
            ("status", "Status", text.status?.description),
            ("bounce type", "BounceType", verdict.bounce.type.rawValue),
            ("bounce subtype", "BounceSubType", verdict.bounce.subType.rawValue),
            ("party", "Party", verdict.party.rawValue),
            ("suppresses", "Suppresses", verdict.suppresses),
            ("delay type", "DelayType", verdict.delayType.rawValue),
            ("rule", "Rule", verdict.rule),
            ("file", "File", rule?.origin.file),
            ("line", "Line", rule?.origin.line),
        ]
    }

    private static func text(_ lines: [(String, String, Any?)]) -> String {
        lines.map { name, _, value in
            let shown = (value as? Bool).map { $0 ? "yes" : "no" } ?? value.map { "\($0)" } ?? "-"
            return "\(name):".padding(toLength: 16, withPad: " ", startingAt: 0) + shown
        }
        .joined(separator: "\n")
    }

    private static func json(_ lines: [(String, String, Any?)]) throws -> String {
        let object = Dictionary(uniqueKeysWithValues: lines.map { ($0.1, $0.2 ?? NSNull()) })
        return String(
            decoding: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .prettyPrinted]),
            as: UTF8.self)
    }
}
