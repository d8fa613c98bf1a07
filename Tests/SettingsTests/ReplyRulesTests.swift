// SPDX-License-Identifier: Apache-2.0

import Mail
import Reports
import Settings
import Testing

@Suite("Files of reply rules")
struct ReplyRulesTests {
    @Test("are read whole")
    func whole() throws {
        let yaml = """
            rules:
              - name: first
                code: [452, 55x]
                status: x.2.2
                text:
                  - mailbox * full
                  - [quota, exceeded]
                peer: Example.NET
                bounce: Transient/MailboxFull
                party: recipient
              - name: second
                bounce: Permanent/NoEmail
                party: recipient
                delay: Undetermined
            """
        var first = ReplyRule(
            name: "first", origin: .init(file: "own.yaml", line: 2), bounce: .mailboxFull, party: .recipient)
        first.codes = try [#require(CodePattern(parsing: "452")), #require(CodePattern(parsing: "55x"))]
        first.statuses = try [#require(StatusPattern(parsing: "x.2.2"))]
        first.texts = try [
            [Phrase(parsing: "mailbox * full")], [Phrase(parsing: "quota"), Phrase(parsing: "exceeded")],
        ]
        first.peers = [try Domain(parsing: "example.net")]
        let second = ReplyRule(
            name: "second", origin: .init(file: "own.yaml", line: 11), bounce: .noEmail, party: .recipient,
            delayType: .undetermined)
        #expect(try ReplyRulesFile(yaml: yaml, name: "own.yaml").rules == [first, second])
    }

    @Test(
        "say where they are wrong",
        arguments: [
            ("", "own:1:1: expected 'rules' with a list"),
            ("rules: x", "own:1:8: 'rules' must be a list"),
            ("- x", "own:1:1: expected keys with values"),
            ("rule: []", "own:1:1: unknown key 'rule'. Did you mean 'rules'?"),
            ("rules:\n  - name: a", "own:2:5: the key 'bounce' is missing"),
            ("rules:\n  - {name: a, txt: b}", "own:2:15: unknown key 'txt'. Did you mean 'text'?"),
            (
                "rules:\n  - {name: a, bounce: Permanent/MailboxFull, party: peer}",
                "own:2:23: 'Permanent/MailboxFull' is not a bounce type and sub type of SES, such as Transient/MailboxFull"
            ),
            (
                "rules:\n  - {name: a, bounce: Permanent/NoEmail, party: them}",
                "own:2:49: 'them' is not one of recipient, content, reputation, authentication, peer, network"
            ),
            (
                "rules:\n  - {name: a b, bounce: Permanent/NoEmail, party: peer}",
                "own:2:12: 'a b' is not a name of 1 to 64 letters, digits and hyphens"
            ),
            (
                "rules:\n  - {name: a, bounce: Permanent/NoEmail, party: peer, code: 250}",
                "own:2:61: '250' is not a code such as 550, 55x or 5xx"
            ),
            (
                "rules:\n  - {name: a, bounce: Permanent/NoEmail, party: peer, status: 2.1.1}",
                "own:2:63: '2.1.1' is not an enhanced code such as 5.1.1 or x.7.x"
            ),
            (
                "rules:\n  - {name: a, bounce: Permanent/NoEmail, party: peer, text: [ab]}",
                "own:2:62: 'ab' is no phrase: expected pieces of 3 to 200 octets"
            ),
            (
                "rules:\n  - {name: a, bounce: Permanent/NoEmail, party: peer, text: []}",
                "own:2:61: a list must have 1 to 200 entries"
            ),
            (
                "rules:\n  - {name: a, bounce: Permanent/NoEmail, party: peer}\n  - {name: a, bounce: Permanent/NoEmail, party: peer}",
                "own:3:5: the name 'a' stands already in line 2"
            ),
        ])
    func errors(_ yaml: String, _ message: String) {
        #expect(throws: ConfigurationError(message)) { try ReplyRulesFile(yaml: yaml, name: "own") }
    }

    @Test("that are no YAML say where")
    func noYAML() throws {
        let fault = #expect(throws: ConfigurationError.self) { try ReplyRulesFile(yaml: "rules: [", name: "own") }
        #expect(fault?.description.hasPrefix("own: not valid YAML: ") == true)
        let twice = #expect(throws: ConfigurationError.self) {
            try ReplyRulesFile(yaml: "rules:\n  - {name: a, name: b}", name: "own")
        }
        #expect(twice?.description.contains("name") == true)
    }

    @Test("of an operator come before the shipped ones")
    func own() throws {
        let yaml = """
            rules:
              - {name: our-partner, bounce: Transient/General, party: peer, peer: partner.example, text: no such user}
              - {name: user-unknown, bounce: Undetermined/Undetermined, party: peer, text: user unknown}
            """
        let rules = try ReplyRulesFile.shipped(with: yaml, name: "own.yaml")
        let partner = try Domain(parsing: "mx.partner.example")
        #expect(rules.classify(try ReplyText(parsing: "550 no such user"), peer: partner).rule == "our-partner")
        #expect(rules.classify(try ReplyText(parsing: "550 no such user")).rule == "no-such-user")
        #expect(rules.classify(try ReplyText(parsing: "550 user unknown")).bounce == .undetermined)
        #expect(rules.rules.count == (try ReplyRulesFile.shipped().rules.count) + 1)
        #expect(rules.rule(for: try ReplyText(parsing: "550 user unknown"))?.origin.description == "own.yaml:3")
    }
}
