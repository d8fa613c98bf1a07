// SPDX-License-Identifier: Apache-2.0

import Mail
import Testing

@testable import Reports

@Suite("Reading what was said")
struct ReplyTextTests {
    @Test(
        "finds the codes",
        arguments: [
            ("550 5.1.1 no", 550, "5.1.1", " no "), ("550-5.1.1 no", 550, "5.1.1", " no "),
            ("550 #5.1.0 no", 550, "5.1.0", " no "), ("550 no (#5.1.1)", 550, "5.1.1", " no (#5.1.1) "),
            ("smtp; 550 5.2.2 no", 550, "5.2.2", " no "), ("smtp;450 no", 450, nil, " no "),
            ("host x[192.0.2.1] said: 452 4.2.2 no", 452, "4.2.2", " no "),
            ("Remote server returned '550 5.1.1 no'", 550, "5.1.1", " no' "),
            ("5.7.1 no", nil, "5.7.1", " no "), ("550", 550, nil, " "), ("  421  no\r\n way ", 421, nil, " no way "),
            ("550 192.0.2.1 no", 550, nil, " 192.0.2.1 no "),
        ] as [(String, UInt16?, String?, String)])
    func codes(_ text: String, _ code: UInt16?, _ status: String?, _ words: String) throws {
        let read = try ReplyText(parsing: text)
        #expect(read.code == code)
        #expect(read.status?.description == status)
        #expect(String(decoding: read.words, as: UTF8.self) == words)
    }

    @Test(
        "refuses what is no refusal", arguments: ["", " ", "250 ok", "354 go on", "hello", "5500 no", "2.0.0 ok", "55"])
    func noReply(_ text: String) {
        #expect(throws: SyntaxError.self) { try ReplyText(parsing: text) }
    }

    @Test(
        "folds spellings",
        arguments: [
            ("Boîte  PLEINE", " boite pleine "), ("Größe", " grosse "), ("ЯЩИК Ёж", " ящик ёж "), ("Łódź", " lodz "),
            ("isn’t\u{A0}here", " isn't here "), ("a\0b", " a b "), ("<A.b+c@Example.org>: no", " <@>: no "),
            ("allowed...user@example.com", " allowed...@ "), ("邮箱 不存在", " 邮箱 不存在 "), ("a @ b", " a @ b "),
        ])
    func folding(_ text: String, _ folded: String) {
        #expect(String(decoding: ReplyText(status: nil, diagnostic: text).words, as: UTF8.self) == folded)
    }

    @Test("looks at a bounded part only")
    func bounded() throws {
        let text = try ReplyText(parsing: "550 " + String(repeating: "é@", count: 5_000_000))
        #expect(text.words.count <= ReplyText.maximumLength + 8)
        #expect(ReplyText(status: nil, diagnostic: String(repeating: "(", count: 1_000_000)).code == nil)
    }
}

@Suite("Finding phrases")
struct PhraseIndexTests {
    private static func naive(_ pieces: [[UInt8]], _ text: [UInt8]) -> [Int] {
        pieces.indices.filter { number in
            text.indices.contains { text[$0...].starts(with: pieces[number]) }
        }
    }

    @Test("finds what a plain search finds", arguments: 0..<50)
    func same(_ seed: Int) {
        var state = UInt64(seed) &* 6_364_136_223_846_793_005 &+ 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let pieces = Array(Set((0..<60).map { _ in (0..<3 + next(4)).map { _ in UInt8(97 + next(3)) } }))
        let text = (0..<200).map { _ in UInt8(97 + next(3)) }
        var found: [Int] = []
        PhraseIndex(pieces).occurring(in: text).visit { found.append($0) }
        #expect(found == Self.naive(pieces, text))
    }

    @Test(
        "pieces stand in order, near each other",
        arguments: [
            ("mailbox * full", "mailbox is full", true), ("mailbox * full", "mailbox full", true),
            ("mailbox * full", "full mailbox", false), ("abc*abc", "abcabc", true), ("abc*abc", "xabcx", false),
            ("aba*aba", "ababa", false), ("abc*xyz", "abc" + String(repeating: "-", count: 80) + "xyz", true),
            ("abc*xyz", "abc" + String(repeating: "-", count: 81) + "xyz", false),
            ("abc*xyz", "abc" + String(repeating: "-", count: 81) + "abc xyz", true),
            ("abc*def*ghi", "abc def abc ghi", true), ("abc*def*ghi", "def abc ghi", false),
        ])
    func gaps(_ phrase: String, _ text: String, _ stands: Bool) throws {
        var rule = ReplyRule(name: "x", origin: .init(file: "f", line: 1), bounce: .noEmail, party: .recipient)
        rule.texts = [[try Phrase(parsing: phrase)]]
        let found = ReplyRules([rule]).rule(for: try ReplyText(parsing: "550 " + text))
        #expect((found != nil) == stands)
    }

    @Test("a text made against the index costs no more than another")
    func hostile() throws {
        var rule = ReplyRule(name: "x", origin: .init(file: "f", line: 1), bounce: .noEmail, party: .recipient)
        rule.texts = try (0..<200).map { [try Phrase(parsing: "aaa*aab*aaa\($0)")] }
        let text = try ReplyText(parsing: "550 " + String(repeating: "aaa", count: 1_000_000) + "aab aaa199")
        #expect(ReplyRules([rule]).rule(for: text) == nil)
    }

    @Test("no rules are rules too")
    func none() throws {
        let verdict = ReplyRules([]).classify(try ReplyText(parsing: "550 5.1.1 no such user"))
        #expect(verdict == ReplyVerdict(bounce: .undetermined, party: .peer, rule: "none"))
    }
}

@Suite("Conditions of rules")
struct ReplyPatternTests {
    @Test(
        "codes",
        arguments: [
            ("550", 550, true), ("550", 551, false), ("55x", 559, true), ("5xx", 599, true), ("4xx", 500, false),
        ]
            as [(String, UInt16, Bool)])
    func codes(_ pattern: String, _ code: UInt16, _ matches: Bool) throws {
        #expect(try #require(CodePattern(parsing: pattern)).matches(code) == matches)
    }

    @Test("no codes", arguments: ["", "250", "5", "xxx", "5x5", "5500", "x50", "55X"])
    func noCodes(_ pattern: String) { #expect(CodePattern(parsing: pattern) == nil) }

    @Test(
        "enhanced codes",
        arguments: [
            ("5.1.1", "5.1.1", true), ("x.1.1", "4.1.1", true), ("5.7.x", "5.7.26", true), ("5.1.1", "5.1.10", false),
        ])
    func statuses(_ pattern: String, _ status: String, _ matches: Bool) throws {
        let code = try #require(EnhancedStatusCode(parsing: status))
        #expect(try #require(StatusPattern(parsing: pattern)).matches(code) == matches)
    }

    @Test("no enhanced codes", arguments: ["", "5.1", "2.1.1", "5.1.1.1", "5..1", "5.1.1234", "a.b.c"])
    func noStatuses(_ pattern: String) { #expect(StatusPattern(parsing: pattern) == nil) }

    @Test("no phrases", arguments: ["", "ab", "abc*", "*abc", "a*b", "abc*de", "abc*abc*abc*abc*abc*abc"])
    func noPhrases(_ text: String) { #expect(throws: SyntaxError.self) { try Phrase(parsing: text) } }

    @Test("a peer's host, or what is beneath it")
    func peers() throws {
        var rule = ReplyRule(name: "x", origin: .init(file: "f", line: 1), bounce: .noEmail, party: .recipient)
        rule.peers = [try Domain(parsing: "example.net")]
        let rules = ReplyRules([rule])
        let text = try ReplyText(parsing: "550 no")
        #expect(rules.rule(for: text, peer: try Domain(parsing: "mx.example.net")) != nil)
        #expect(rules.rule(for: text, peer: try Domain(parsing: "badexample.net")) == nil)
        #expect(rules.rule(for: text) == nil)
    }

    @Test("a rule that names transient codes may call them permanent")
    func transient() throws {
        var rule = ReplyRule(name: "x", origin: .init(file: "f", line: 1), bounce: .noEmail, party: .recipient)
        #expect(ReplyRules([rule]).classify(try ReplyText(parsing: "450 no")).bounce == .transient)
        rule.codes = try [#require(CodePattern(parsing: "45x"))]
        #expect(ReplyRules([rule]).classify(try ReplyText(parsing: "450 no")).bounce == .noEmail)
    }
}
