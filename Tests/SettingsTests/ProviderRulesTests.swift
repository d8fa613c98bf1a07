// SPDX-License-Identifier: Apache-2.0

import Queue
import Testing

@testable import Settings

@Suite("Provider rules")
struct ProviderRulesTests {
    @Test("the shipped file loads and names the big providers")
    func shipped() throws {
        let rules = try ProviderRulesFile.shipped()
        #expect(rules.providers.count >= 50)
        for (host, provider) in [
            ("aspmx.l.google.com", "gmail"), ("gmail-smtp-in.l.google.com", "gmail"),
            ("outlook-com.olc.protection.outlook.com", "outlook"),
            ("example-com.mail.protection.outlook.com", "office365"), ("example-com.a-v1.mx.microsoft", "office365"),
            ("mta5.am0.yahoodns.net", "yahoo"), ("mx01.mail.icloud.com", "icloud"), ("mx00.t-online.de", "t-online"),
            ("mxa-0016e101.gslb.pphosted.com", "proofpoint"), ("eu-smtp-inbound-1.mimecast.com", "mimecast"),
        ] {
            #expect(rules.provider(ofExchanger: host)?.name == provider, "\(host)")
        }
        #expect(rules.provider(ofExchanger: "notgoogle.com") == nil)
        #expect(rules.site(of: "gmail.com", exchangers: []) == "gmail")
        #expect(
            rules.site(of: "a.example", exchangers: ["mx2.b.example", "mx1.b.example"]) == "mx1.b.example,mx2.b.example"
        )
        #expect(rules.site(of: "a.example", exchangers: []) == "a.example")
    }

    @Test(
        "replies teach",
        arguments: [
            (
                "gmail", 421, "4.7.28",
                "421-4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP",
                "gmail-unusual-rate"
            ),
            (
                "yahoo", 421, "4.7.0", "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred",
                "yahoo-user-complaints"
            ),
            ("outlook", 550, "5.7.1", "550 5.7.1 Unfortunately, messages weren't sent (S3140)", "outlook-block-list"),
            ("mx.example", 421, "", "421 Too many concurrent SMTP connections from your host", "too-many-connections"),
            ("mx.example", 550, "5.1.1", "550 5.1.1 no such user here", ""),
        ])
    func lessons(_ site: String, _ code: Int, _ status: String, _ text: String, _ rule: String) throws {
        let lesson = try ProviderRulesFile.shipped().lesson(from: text, code: code, status: status, site: site)
        #expect(lesson?.rule ?? "" == rule)
    }

    @Test("an operator's file extends a provider, changes a limit by its rule, and comes first with its replies")
    func extends() throws {
        let rules = try ProviderRulesFile.shipped(
            with: """
                warm-up:
                  google: [7]
                providers:
                  - name: gmail
                    exchangers: [relay.example]
                    limits:
                      - { rule: gmail-connections, connections: 3 }
                      - { rule: ours, rate: 6000/h }
                    replies:
                      - { rule: mine, phrases: ["Unusual * Rate"], act: switch-address, for: 2 d, after: 4 }
                  - name: house
                    domains: [house.example]
                """, name: "mine.yaml")
        let gmail = try #require(rules.provider(named: "gmail"))
        #expect(gmail.limits.contains(.init(.connections(3), rule: "gmail-connections")))
        #expect(!gmail.limits.contains(.init(.connections(10), rule: "gmail-connections")))
        #expect(gmail.limits.contains(.init(.rate(try #require(Rate(messages: 6000, period: 3600))), rule: "ours")))
        #expect(gmail.limits.contains { $0.rule == "gmail-mails" } && gmail.warmUp?.rule == "google-warmup")
        #expect(rules.provider(ofExchanger: "mx.relay.example")?.name == "gmail")
        #expect(rules.provider(ofExchanger: "aspmx.l.google.com")?.name == "gmail")
        #expect(rules.site(of: "house.example", exchangers: ["aspmx.l.google.com"]) == "house")
        #expect(rules.plan(named: "google")?.limit(on: 30) == 7)
        let lesson = rules.lesson(from: "421 an UNUSUAL mail rate", code: 421, status: "4.7.28", site: "gmail")
        #expect(lesson.map { [$0.rule, "\($0.duration)", "\($0.threshold)"] } == ["mine", "172800.0", "4"])
    }

    @Test(
        "an error says where it stands",
        arguments: [
            (
                "providers:\n  - name: a\n    exchanger: [b.example]",
                "f:3:5: unknown key 'exchanger'. Did you mean 'exchangers'?"
            ),
            ("providers:\n  - domains: []", "f:2:5: the key 'name' is missing"),
            (
                "providers:\n  - name: a\n    limits: [{ rule: b, rate: fast }]",
                "f:3:31: 'fast' is no rate: expected a number with /s, /min, /h or /d"
            ),
            (
                "providers:\n  - name: a\n    limits: [{ rule: b, rate: 0/s }]",
                "f:3:31: '0/s' is no rate: expected a number with /s, /min, /h or /d"
            ),
            (
                "providers:\n  - name: a\n    limits: [{ rule: b, connections: 1, rate: 1/s }]",
                "f:3:14: a limit has one of connections, rate, mails-per-connection, recipients-per-message"
            ),
            (
                "replies:\n  - { rule: a, act: shout, for: 1 h, phrases: [b] }",
                "f:2:21: 'shout' is no act: expected suspend-path, suspend-site, switch-address, connections 2 or rate 10/min"
            ),
            (
                "replies:\n  - { rule: a, act: suspend-path, for: 31 d, phrases: [b] }",
                "f:2:40: '31 d' is no time: expected a number with s, min, h or d, to 30 d"
            ),
            (
                "replies:\n  - { rule: a, act: suspend-path, for: 1 h, phrases: ['**'] }",
                "f:2:55: '**' is no phrase: expected 1 to 500 octets beside '*'"
            ),
            (
                "replies:\n  - { rule: a, act: suspend-path, for: 1 h, codes: [4] }",
                "f:2:5: a reply rule needs phrases, statuses or whole codes"
            ),
            ("providers:\n  - name: a\n  - name: a", "f:1:1: the provider 'a' stands twice"),
            ("warm-up: { a: [] }", "f:1:15: a plan has 1 to 45 days"),
            (
                "providers:\n  - { name: a, warm-up: { rule: b, plan: none } }",
                "f: provider 'a' names no warm-up plan: 'none'"
            ),
        ])
    func errors(_ yaml: String, _ message: String) {
        #expect(throws: ConfigurationError(message)) { _ = try ProviderRulesFile.shipped(with: yaml, name: "f") }
    }
}
