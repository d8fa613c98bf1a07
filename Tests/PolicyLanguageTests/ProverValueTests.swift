// SPDX-License-Identifier: Apache-2.0

import PolicyLanguage
import Testing

@Suite("The prover finds values between, beside and beyond those that policies name")
struct ProverValueTests {
    /// Whether some value of a key passes the conditions.
    private func value(allow: String, deny: String, of key: String, guarded: Bool = true) throws -> [String] {
        try Proving(guardedPolicy(allow: allow, deny: deny), recipients: ["*@example.com"], guarded: guarded).broken()
            .context[key]
    }

    @Test func numbersLieBetweenOthers() throws {
        let found = try value(
            allow: #"{"NumericGreaterThan":{"my:n":"1.5"},"NumericLessThan":{"my:n":"1.75"}}"#,
            deny: #"{"NumericEquals":{"my:n":["1.6"]}}"#, of: "my:n")
        let number = try #require(found.first.flatMap(Double.init))
        #expect(number > 1.5 && number < 1.75 && number != 1.6)
        #expect(
            try value(
                allow: #"{"NumericGreaterThan":{"my:n":"3"}}"#,
                deny: #"{"NumericGreaterThanEquals":{"my:n":"3.0000001"}}"#,
                of: "my:n"
            ).first.flatMap(Double.init).map { $0 > 3 && $0 < 3.0000001 } == true)
    }

    @Test func whatIsNoNumberIsUnequalToAll() throws {
        #expect(
            try value(
                allow: #"{"NumericNotEquals":{"my:n":"1"}}"#,
                deny: #"{"NumericLessThanEquals":{"my:n":"1"},"Null":{"my:n":"false"}}"#, of: "my:n") != ["1"])
        let both = guardedPolicy(
            allow: #"{"NumericNotEquals":{"my:n":"1"},"Null":{"my:n":"false"}}"#,
            deny: #"{"NumericLessThanEquals":{"my:n":"1"}}"#
        ).replacing(
            "]}",
            with:
                #",{"Effect":"Deny","Action":"ses:*","Resource":"*","Condition":{"NumericGreaterThan":{"my:n":"1"}}}]}"#
        )
        #expect(try Proving(both, recipients: ["*@example.com"]).broken().context["my:n"] == ["?"])
    }

    @Test func neitherTrueNorFalse() throws {
        let policy = guardedPolicy(allow: #"{"Null":{"my:b":"false"}}"#, deny: #"{"Bool":{"my:b":["true","false"]}}"#)
        #expect(try Proving(policy, recipients: ["*@example.com"]).broken().context["my:b"] == ["?"])
        // Of these keys there are two values only.
        let tls = guardedPolicy(allow: "{}", deny: #"{"Bool":{"aws:SecureTransport":["true","false"]}}"#)
        #expect(try Proving(tls, recipients: ["*@example.com"]).holds())
        let text = guardedPolicy(
            allow: #"{"StringEquals":{"aws:SecureTransport":"true"}}"#, deny: #"{"Null":{"a:b":"false"}}"#)
        #expect(try Proving(text, tls: true).holds())
    }

    @Test func octetsThemselves() throws {
        #expect(
            try value(
                allow: #"{"BinaryEquals":{"my:d":["AQID","AQI="]}}"#, deny: #"{"BinaryEquals":{"my:d":"AQID"}}"#,
                of: "my:d")
                == ["AQI="])
        let none = guardedPolicy(
            allow: #"{"BinaryEquals":{"my:d":"AQID"}}"#, deny: #"{"BinaryEquals":{"my:d":"AQID"}}"#)
        #expect(try Proving(none, recipients: ["*@example.com"]).holds())
        #expect(
            try value(allow: #"{"Null":{"my:d":"false"}}"#, deny: #"{"BinaryEquals":{"my:d":"AQID"}}"#, of: "my:d") != [
                "AQID"
            ])
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/9", true), ("10.0.0.0/8", "10.0.0.0/8", false), ("10.0.0.0/8", "0.0.0.0/0", false),
        ("2001:db8::/32", "2001:db8::/33", true), ("2001:db8::/32", "2001:db8::/32", false),
        ("2001:db8::/32", "::/0", false), ("::/0", "2001:db8::/32", true), ("2001:db8::1", "10.0.0.0/8", true),
    ])
    func addressesOfBothFamilies(allowed: String, denied: String, isBroken: Bool) throws {
        let policy = guardedPolicy(
            allow: #"{"IpAddress":{"aws:SourceIp":"\#(allowed)"}}"#,
            deny: #"{"IpAddress":{"aws:SourceIp":"\#(denied)"}}"#)
        #expect(try Proving(policy, recipients: ["*@example.com"]).holds() != isBroken)
    }

    @Test func networksOfCallers() throws {
        func policy(_ networks: String) -> String {
            allowing("ses:SendEmail", condition: #"{"IpAddress":{"aws:SourceIp":[\#(networks)]}}"#)
        }
        #expect(try Proving(policy(#""10.1.0.0/16""#), sources: ["10.0.0.0/8"]).holds())
        #expect(try Proving(policy(#""2001:db8:1::/48""#), sources: ["2001:db8::/32"]).holds())
        let outside = try Proving(policy(#""10.1.0.0/16","2001:db8::/32""#), sources: ["10.0.0.0/8"]).broken()
        #expect(outside.context["aws:sourceip"].first?.hasPrefix("2001:db8:") == true)
        let all = try Proving(allowing("ses:SendEmail"), sources: ["0.0.0.0/0"]).broken()
        #expect(all.context["aws:sourceip"].first?.contains(":") == true)
    }

    @Test func elsewhereARequestMayHaveNoSourceAddress() throws {
        let policy = guardedPolicy(allow: "{}", deny: #"{"NotIpAddressIfExists":{"aws:SourceIp":"10.0.0.0/8"}}"#)
        #expect(try Proving(policy, sources: ["10.0.0.0/8"]).holds())
        let absent = guardedPolicy(
            allow: "{}", deny: #"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"},"Null":{"aws:SourceIp":"false"}}"#)
        #expect(try Proving(absent, sources: ["10.0.0.0/8"]).holds())
        #expect(try Proving(absent, sources: ["10.0.0.0/8"], guarded: false).broken().context["aws:sourceip"].isEmpty)
    }

    @Test(arguments: [
        "1e300", "-1e300", "9e18", "99999999999999", "9999-12-31T23:59:59Z", "0001-01-01", "1767225600.5",
    ])
    func farDatesAreNoTrap(date: String) throws {
        let policy = guardedPolicy(
            allow: #"{"DateGreaterThan":{"aws:CurrentTime":"\#(date)"}}"#,
            deny: #"{"DateLessThan":{"my:d":"\#(date)"}}"#)
        _ = try Proving(policy, recipients: ["*@example.com"]).outcome()
        _ = try Proving(allowing("ses:SendEmail", condition: #"{"NumericLessThan":{"my:n":"\#(date)"}}"#), tls: true)
            .outcome()
    }

    @Test func datesOfWholeSeconds() throws {
        let found = try value(
            allow: #"{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}"#,
            deny: #"{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:01Z"}}"#, of: "aws:currenttime")
        #expect(found == ["1767225601"])
        let between = guardedPolicy(
            allow: #"{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}"#,
            deny: #"{"DateGreaterThanEquals":{"aws:CurrentTime":"2026-01-01T00:00:01Z"}}"#)
        #expect(try Proving(between, recipients: ["*@example.com"]).holds())
    }

    @Test func severalKindsOfOperatorsOnOneKeyAreUndecided() throws {
        let policy = guardedPolicy(
            allow: #"{"NumericLessThan":{"my:n":"5"}}"#, deny: #"{"StringLike":{"my:n":"1*"}}"#)
        #expect(try Proving(policy, recipients: ["*@example.com"]).doubt()?.contains("my:n") == true)
        // Texts and ARNs are both patterns.
        let arns = guardedPolicy(
            allow: #"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:x"}}"#,
            deny: #"{"StringLike":{"aws:SourceArn":"arn:aws:sns:*"}}"#)
        #expect(try Proving(arns, recipients: ["*@example.com"]).holds())
        let crossing = guardedPolicy(
            allow: #"{"StringLike":{"aws:SourceArn":"arn:*:x"}}"#,
            deny: #"{"ArnLike":{"aws:SourceArn":"arn:*:*:*:*:x"}}"#)
        #expect(throws: Never.self) { try Proving(crossing, recipients: ["*@example.com"]).broken() }
    }
}
