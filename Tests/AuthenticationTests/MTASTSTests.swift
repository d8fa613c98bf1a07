// SPDX-License-Identifier: Apache-2.0

import Authentication
import Mail
import Testing

@Suite("MTA-STS")
struct MTASTSTests {
    @Test(
        "a record names an edition",
        arguments: [
            ("v=STSv1; id=20160831085700Z;", "20160831085700Z"), ("v=STSv1;id=1", "1"),
            ("v=STSv1; id=a; future=thing", "a"),
            ("v=STSv1; id=" + String(repeating: "Z", count: 32), String(repeating: "Z", count: 32)),
        ])
    func record(_ text: String, _ id: String) { #expect(MTASTSRecord(parsing: text)?.id == id) }

    @Test(
        "what is no record is none",
        arguments: [
            "", "v=STSv1", "v=STSv1;", "v=STSv1; id=", "v=stsv1; id=1", "v=STSv2; id=1", " v=STSv1; id=1",
            "id=1; v=STSv1", "v=STSv1; id=a-b", "v=STSv1; id=é", "v=STSv1; id=1; id=2",
            "v=STSv1; id=" + String(repeating: "1", count: 33), "v=STSv1\u{301}; id=1",
        ])
    func noRecord(_ text: String) { #expect(MTASTSRecord(parsing: text) == nil) }

    @Test("one record counts, beside others of the name; two are none (RFC 8461 §3.1)")
    func only() {
        let one = "v=STSv1; id=1"
        #expect(MTASTSRecord.only(among: ["unrelated", one])?.id == "1")
        #expect(MTASTSRecord.only(among: [one, "v=STSv1; id=2"]) == nil)
        #expect(MTASTSRecord.only(among: [one, "v=STSv1; id=!"]) == nil)
        #expect(MTASTSRecord.only(among: []) == nil)
    }

    private static let example = """
        version: STSv1
        mode: enforce
        mx: mail.example.com
        mx: *.example.net
        mx: backupmx.example.com
        max_age: 604800
        """

    @Test("the RFC's example is read, with either line end", arguments: ["\n", "\r\n"])
    func example(_ end: String) throws {
        let text = Self.example.replacing("\n", with: end)
        for text in [text, text + end, end + text + end + end] {
            let policy = try MTASTSPolicy(parsing: Array(text.utf8))
            #expect(policy.mode == .enforce && policy.maxAge == 604_800)
            #expect(
                policy.patterns.map(\.description) == ["mail.example.com", "*.example.net", "backupmx.example.com"])
            #expect(policy.lines == Self.example.split(separator: "\n").map(String.init))
        }
    }

    @Test("what is kept of a policy reads as the policy")
    func roundTrip() throws {
        let policy = try MTASTSPolicy(parsing: Array(Self.example.utf8))
        #expect(try MTASTSPolicy(parsing: Array(policy.lines.joined(separator: "\n").utf8)) == policy)
    }

    @Test(
        "a star stands for exactly one label",
        arguments: [
            ("mail.example.com", true), ("MAIL.example.com", true), ("a.example.net", true), ("example.net", false),
            ("a.b.example.net", false), ("other.example.com", false), ("mail.example.com.evil.test", false),
            ("evilexample.net", false),
        ])
    func matching(_ host: String, _ allowed: Bool) throws {
        let policy = try MTASTSPolicy(parsing: Array(Self.example.utf8))
        #expect(policy.allows(try Domain(parsing: host)) == allowed)
    }

    @Test("unknown keys are passed over, and of one that stands twice the first counts")
    func extensions() throws {
        let text = "version: STSv1\nmode:testing\nmode: enforce\nfoo: bar\nmx:\tmx.example.com \nmax_age:1\nmax_age: 2"
        let policy = try MTASTSPolicy(parsing: Array(text.utf8))
        #expect(policy.mode == .testing && policy.maxAge == 1 && policy.patterns.count == 1)
    }

    @Test("a life is bounded at a year and a day")
    func maximumAge() throws {
        let text = "version: STSv1\nmode: none\nmax_age: 9999999999"
        #expect(try MTASTSPolicy(parsing: Array(text.utf8)).maxAge == MTASTSPolicy.maximumAge)
    }

    @Test(
        "what is wrong is named",
        arguments: [
            ("", "version: STSv1"), ("version: STSv2\nmode: none\nmax_age: 1", "version: STSv1"),
            ("version: STSv1\nmax_age: 1", "mode: enforce, testing or none"),
            ("version: STSv1\nmode: Enforce\nmax_age: 1", "mode: enforce, testing or none"),
            ("version: STSv1\nmode: none", "max_age: seconds"),
            ("version: STSv1\nmode: none\nmax_age: -1", "max_age: seconds"),
            ("version: STSv1\nmode: none\nmax_age: 99999999999", "max_age: seconds"),
            ("version: STSv1\nmode: none\nmax_age: ١", "max_age: seconds"),
            ("version: STSv1\nmode: enforce\nmax_age: 1", "an mx pattern"),
            ("<html>\n", "key: value"),
            ("version: STSv1\nmx: *.*.example.com", "at most 100 mx patterns"),
            ("version: STSv1\nmx: a*.example.com", "at most 100 mx patterns"),
            ("version: STSv1\nmx: *", "at most 100 mx patterns"),
            (String(repeating: "mx: a.example\n", count: 101), "at most 100 mx patterns"),
            (String(repeating: "x", count: 65_537), "at most 65536 octets of policy"),
        ])
    func faults(_ text: String, _ expected: String) {
        let error = #expect(throws: SyntaxError.self) { try MTASTSPolicy(parsing: Array(text.utf8)) }
        #expect(error?.expected == expected)
    }

    @Test("bytes that are not UTF-8 are no policy")
    func encoding() {
        #expect(throws: SyntaxError.self) { try MTASTSPolicy(parsing: [0xFF, 0xFE, 0]) }
    }

    @Test("a fetched policy lives for its age")
    func life() throws {
        let policy = try MTASTSPolicy(parsing: Array("version: STSv1\nmode: none\nmax_age: 60".utf8))
        let cached = MTASTSCachedPolicy(id: "1", policy: policy, fetchedAt: Timestamp(seconds: 100))
        #expect(cached.isAlive(at: Timestamp(seconds: 159)) && !cached.isAlive(at: Timestamp(seconds: 160)))
    }
}
