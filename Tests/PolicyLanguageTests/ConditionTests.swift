// SPDX-License-Identifier: Apache-2.0

import PolicyLanguage
import Testing

@Suite("Condition operators follow the IAM user guide")
struct ConditionTests {
    private func holds(_ name: String, _ values: [String], given: [String]) throws -> Bool {
        let operation = try #require(ConditionOperator(name))
        let condition = Condition(operation, key: "k:v", values: values, version: .v2012)
        return condition.holds(in: PolicyContext(["k:v": given]))
    }

    // The guide's table: what several-valued keys do, absent ones among them.
    @Test(
        arguments: [
            ("ForAllValues:StringEquals", ["a", "b"], ["a"], true),
            ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], false),
            ("ForAllValues:StringEquals", ["a", "b"], [], true),
            ("ForAllValues:StringNotEquals", ["a", "b"], [], true),
            ("ForAllValues:StringNotEquals", ["a", "b"], ["c", "d"], true),
            ("ForAllValues:StringNotEquals", ["a", "b"], ["c", "a"], false),
            ("ForAnyValue:StringEquals", ["a", "b"], ["c", "a"], true),
            ("ForAnyValue:StringEquals", ["a", "b"], ["c"], false),
            ("ForAnyValue:StringEquals", ["a", "b"], [], false),
            ("ForAnyValue:StringNotEquals", ["a", "b"], [], false),
            ("ForAnyValue:StringNotEquals", ["a", "b"], ["a", "c"], true),
            ("ForAnyValue:StringNotEquals", ["a", "b"], ["a", "b"], false),
            ("ForAnyValue:StringEqualsIfExists", ["a"], [], true),
            ("StringEquals", ["a"], [], false),
            ("StringNotEquals", ["a"], [], true),
            ("StringEqualsIfExists", ["a"], [], true),
            ("StringNotEquals", ["a", "b"], ["b"], false),
            ("Null", ["true"], [], true),
            ("Null", ["true"], ["x"], false),
            ("Null", ["false"], ["x"], true),
        ] as [(String, [String], [String], Bool)])
    func severalValues(name: String, values: [String], given: [String], expected: Bool) throws {
        #expect(try holds(name, values, given: given) == expected)
    }

    @Test(arguments: [
        ("StringLike", "*@example.com", "x@example.com", true),
        ("StringLike", "*@example.com", "x@EXAMPLE.com", false),
        ("StringLike", "a?c", "abc", true),
        ("StringLike", "a?c", "ac", false),
        ("StringLike", "a*b*c", "a-b-b-c", true),
        ("StringLike", "a*b*c", "a-c-b", false),
        ("StringEquals", "a*", "a*", true),
        ("StringEquals", "a*", "ab", false),
        ("StringEqualsIgnoreCase", "Straße", "STRASSE", false),
        ("StringEqualsIgnoreCase", "abc", "ABC", true),
        ("StringEquals", "e\u{301}", "\u{E9}", false),
        ("NumericLessThan", "10", "9.5", true),
        ("NumericLessThan", "10", "ten", false),
        ("NumericNotEquals", "10", "ten", true),
        ("NumericEquals", "1e1", "10.0", true),
        ("NumericGreaterThanEquals", "10", "10", true),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T01:00:01+01:00", true),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:59:59+01:00", false),
        ("DateEquals", "2026-01-01", "1767225600", true),
        ("DateLessThan", "2026-02-30", "2020-01-01", false),
        ("DateLessThan", "1e300", "2020-01-01", false),
        ("DateLessThan", "0000-01-01", "2020-01-01", false),
        ("DateGreaterThan", "0001-01-01", "2020-01-01", true),
        ("DateLessThan", "9999-12-31T23:59:59Z", "2020-01-01", true),
        ("Bool", "true", "TRUE", true),
        ("Bool", "true", "1", false),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", true),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ6", false),
        ("IpAddress", "10.0.0.0/8", "10.200.3.4", true),
        ("IpAddress", "10.0.0.0/8", "11.0.0.1", false),
        ("IpAddress", "10.0.0.1", "10.0.0.1", true),
        ("IpAddress", "2001:db8::/32", "2001:db8:1::5", true),
        ("IpAddress", "2001:db8::/32", "10.0.0.1", false),
        ("IpAddress", "010.0.0.1", "10.0.0.1", false),
        ("NotIpAddress", "10.0.0.0/8", "10.1.1.1", false),
        ("ArnLike", "arn:aws:iam::*:role/mail-*", "arn:aws:iam::111122223333:role/mail-admin", true),
        ("ArnEquals", "arn:aws:iam::*:role/mail-*", "arn:aws:iam::111122223333:role/mail-admin", true),
        ("ArnLike", "arn:aws:*:role/x", "arn:aws:iam::111122223333:role/x", false),
        ("ArnNotLike", "arn:aws:iam::*:role/x", "not an arn", true),
    ])
    func singleValue(name: String, value: String, given: String, expected: Bool) throws {
        #expect(try holds(name, [value], given: [given]) == expected)
    }

    @Test func textsAreComparedOctetByOctet() throws {
        let (one, other) = ("caf\u{E9}", "cafe\u{301}")
        #expect(one == other)
        #expect(ExactText(one) != ExactText(other) && ExactText(one) == ExactText(one))
        #expect(Set([ExactText(one), ExactText(other), ExactText(one)]).count == 2)
        #expect(Pattern(one, .wildcards) != Pattern(other, .wildcards))
        #expect(Pattern.Part.literal(one) != .literal(other))
        let equals = ConditionOperator(.stringEquals)
        let conditions = [one, other].map { Condition(equals, key: "k:v", values: [$0], version: .v2012) }
        #expect(conditions[0] != conditions[1])
        #expect(Set(conditions).count == 2)
        #expect(ARNPattern("arn:aws:s3:::\(one)", []) != ARNPattern("arn:aws:s3:::\(other)", []))
    }

    @Test func aMarkHidesNoColon() throws {
        // With a mark behind it the colon is no character of its own to Swift.
        #expect(try holds("ArnLike", ["arn:aws:sns:*:*:*x"], given: ["arn:aws:sns:us-east-1:1:\u{301}x"]))
        #expect(try !holds("ArnNotLike", ["arn:aws:sns:*:*:*"], given: ["arn:aws:sns:us-east-1:1:\u{301}x"]))
    }

    @Test(arguments: [
        "StringEqualsAlways", "ForSomeValues:StringEquals", "NullIfExists", "ForAllValues:Null", "stringequals", "",
    ])
    func refusesUnknownOperators(name: String) { #expect(ConditionOperator(name) == nil) }

    @Test func aStarCannotStallTheServer() throws {
        let pattern = String(repeating: "*a", count: 200) + "b"
        #expect(try !holds("StringLike", [pattern], given: [String(repeating: "a", count: 5_000)]))
    }
}

@Suite("Policy variables")
struct VariableTests {
    private let context = PolicyContext(["aws:username": ["ada"], "aws:TagKeys": ["a", "b"], "ses:X": ["*"]])

    @Test(arguments: [
        ("${aws:username}@example.com", "ada@example.com", true),
        ("${AWS:UserName}@example.com", "ada@example.com", true),
        ("${aws:absent}@example.com", "@example.com", false),
        ("${aws:absent, 'bob'}@example.com", "bob@example.com", true),
        ("${aws:TagKeys}", "a", false),
        ("${aws:TagKeys, 'c'}", "c", true),
        ("${*}${?}${$}", "*?$", true),
        ("${*}", "x", false),
        ("${ses:X}", "anything", false),
        ("${ses:X}", "*", true),
        ("${not a variable}", "${not a variable}", true),
        ("${aws:username", "${aws:username", true),
    ])
    func resolve(pattern: String, text: String, expected: Bool) {
        #expect(Pattern(pattern, [.wildcards, .variables]).matches(text, in: context) == expected)
    }

    /// Texts that stand beside each other once variables have values are one text.
    @Test(arguments: [
        ("${aws:PrincipalTag/base}prod", "arn:aws:iam::1:role/prod", true),
        ("${aws:PrincipalTag/base}prod", "arn:aws:iam::1:role/x-prod", false),
        ("arn:aws:iam::1:role/${aws:PrincipalTag/end}", "arn:aws:iam::1:role/prod", true),
        ("arn:aws:iam::1:role/p${aws:PrincipalTag/none}rod", "arn:aws:iam::1:role/prod", false),
        ("arn:aws:iam::1:role/${aws:PrincipalTag/empty}*", "arn:aws:iam::1:role/prod", true),
        ("${aws:PrincipalTag/base}*${aws:PrincipalTag/end}", "arn:aws:iam::1:role/x-prod", true),
        ("${aws:PrincipalTag/base}*${aws:PrincipalTag/end}", "arn:aws:iam::1:role/x-prod-y", false),
    ])
    func joinTexts(value: String, given: String, expected: Bool) throws {
        let like = ConditionOperator(.arnLike)
        let condition = Condition(like, key: "k:v", values: [value], version: .v2012)
        let context = PolicyContext([
            "k:v": [given], "aws:PrincipalTag/base": ["arn:aws:iam::1:role/"], "aws:PrincipalTag/end": ["prod"],
            "aws:PrincipalTag/empty": [""],
        ])
        #expect(condition.holds(in: context) == expected)
    }

    @Test func areNamedWhereverTheyStand() throws {
        let text = """
            {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3:::${a:one}/x",
            "Condition":{"ArnLike":{"k:v":["${a:two}","arn:aws:s3:::${a:three}"]},"StringLike":{"k:w":"${a:four, 'x'}*"}}}}
            """
        let keys = PolicySet(identity: [try named("p", text)]).conditionKeys
        #expect(Set(keys) == ["k:v", "k:w", "a:one", "a:two", "a:three", "a:four"])
    }

    @Test func theOlderVersionHasNone() throws {
        let text = """
            {"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"ses:SendEmail","Resource":"*",
            "Condition":{"StringEquals":{"ses:FromAddress":"${aws:username}@example.com"}}}}
            """
        let policies = PolicySet(identity: [try named("old", text)])
        let context = ["aws:username": ["ada"], "ses:FromAddress": ["ada@example.com"]]
        #expect(!policies.decide(request(with: context)).isAllowed)
        #expect(policies.decide(request(with: ["ses:FromAddress": ["${aws:username}@example.com"]])).isAllowed)
    }
}
