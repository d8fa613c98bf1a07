// SPDX-License-Identifier: Apache-2.0

import Mail
import Reports
import Settings
import Testing

@Suite("What a reply means")
struct ReplyClassificationTests {
    private let rules: ReplyRules

    init() throws { rules = try ReplyRulesFile.shipped() }

    @Test(
        "words come before the enhanced code, and that before the code",
        arguments: [
            ("550 5.1.1 mailbox full", "Transient/MailboxFull", ReplyParty.recipient),
            ("550 5.7.1 user unknown", "Permanent/NoEmail", .recipient),
            ("550 5.1.1 blocked using zen.spamhaus.org", "Transient/General", .reputation),
            ("550 5.1.1", "Permanent/NoEmail", .recipient),
            ("550 5.2.1 see the manual", "Permanent/General", .recipient),
            ("552 5.2.3 see the manual", "Transient/MessageTooLarge", .content),
            ("556 see the manual", "Permanent/NoEmail", .recipient),
            ("550", "Undetermined/Undetermined", .peer), ("550 nothing that tells", "Undetermined/Undetermined", .peer),
            ("450", "Transient/General", .peer),
        ])
    func precedence(_ reply: String, _ bounce: String, _ party: ReplyParty) throws {
        let verdict = rules.classify(try ReplyText(parsing: reply))
        #expect(verdict.bounce.description == bounce)
        #expect(verdict.party == party)
    }

    @Test(
        "only the recipient's own fault takes an address away",
        arguments: [
            ("550 5.1.1 no such user", true), ("550 relaying denied", true), ("550 mailbox disabled", true),
            ("556 Domain example.com does not accept mail", true),
            ("450 4.1.1 user unknown", false), ("552 5.2.2 over quota", false),
            ("550 5.7.1 your IP address is blacklisted", false), ("550 5.7.26 domain's DMARC policy", false),
            ("550 5.7.23 SPF validation failed", false), ("550 5.7.25 no PTR record", false),
            ("554 5.7.1 message looks like spam", false), ("554 internal error", false),
            ("550 sender address rejected: user unknown in relay recipient table", false),
            ("554 5.7.1 <user@example.com>: Recipient address rejected: greylisted", false),
            ("550 unknown error", false), ("550 command not found", false),
        ])
    func suppression(_ reply: String, _ suppresses: Bool) throws {
        #expect(rules.classify(try ReplyText(parsing: reply)).suppresses == suppresses)
    }

    @Test(
        "why a message is late, in SES's words",
        arguments: [
            ("452 4.2.2 mailbox full", DelayType.mailboxFull),
            ("421 4.7.28 unusual rate of unsolicited mail", .spamDetected),
            ("421 4.7.1 too many connections from your host", .ipFailure),
            ("451 4.3.0 internal error", .recipientServerError),
            ("451 4.4.1 Connection timed out", .transientCommunicationFailure),
            ("450 4.7.25 cannot find your hostname", .hostNameLookupUnavailable), ("450 user unknown", .general),
            ("550 nothing that tells", .undetermined),
        ])
    func delays(_ reply: String, _ delay: DelayType) throws {
        #expect(rules.classify(try ReplyText(parsing: reply)).delayType == delay)
    }

    @Test("our own replies are understood")
    func own() {
        let verdicts = [
            Reply(550, .init(5, 1, 2), "Domain example.com does not exist"),
            Reply(451, .init(4, 4, 3), "DNS lookup failed: SERVFAIL"),
            Reply(451, .init(4, 4, 1), "Cannot connect to mx.example.com:25: connection reset"),
            Reply(451, .init(4, 7, 5), "TLS handshake with mx.example.com failed: certificate has expired"),
            Reply(451, .init(4, 4, 0), "The host refused the session: 554 5.7.1 blocked using bl.example"),
        ].map { "\(rules.classify($0).bounce)/\(rules.classify($0).party.rawValue)" }
        #expect(
            verdicts == [
                "Permanent/NoEmail/recipient", "Transient/General/peer", "Transient/General/network",
                "Transient/General/network", "Transient/General/reputation",
            ])
    }

    @Test("an address in the text says nothing")
    func addresses() throws {
        let verdict = rules.classify(try ReplyText(parsing: "550 5.1.1 <spam.virus@blacklist.example> user unknown"))
        #expect(verdict == ReplyVerdict(bounce: .noEmail, party: .recipient, rule: "user-unknown"))
    }

    @Test("a sentence may be broken by the codes of a reply's lines")
    func continuation() throws {
        let text = try ReplyText(parsing: "550-5.1.1 The address does 550-5.1.1 not 550 5.1.1 exist")
        #expect(rules.classify(text).rule == "user-does-not-exist")
    }

    @Test("there are rules enough, each with a name and a place")
    func shipped() {
        #expect(rules.rules.count >= 170)
        #expect(rules.rules.allSatisfy { $0.origin.file == "replies.yaml" && $0.origin.line > 0 })
    }
}
