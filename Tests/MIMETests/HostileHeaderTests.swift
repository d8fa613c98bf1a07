// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail
import Testing

@Suite("Header sections of strangers")
struct HostileHeaderTests {
    private func parse(_ text: String) throws -> (header: HeaderSection, bodyOffset: Int) {
        try HeaderSection.parse(Array(text.utf8))
    }

    @Test(
        "finds where the body begins",
        arguments: [
            ("", 0, 0), ("\r\n", 0, 2), ("\r\nA: b\r\n", 0, 2), ("A: b", 1, 4), ("A: b\r\n", 1, 6),
            ("A: b\r\n\r\n", 1, 8), ("A: b\r\n\r\n\r\nC: d\r\n", 1, 8), ("A: b\r\n \r\n\r\n", 1, 11),
            ("A:\r\n\r\n", 1, 6), ("A:b\r\n\tc\r\n d", 1, 11),
        ])
    func body(_ text: String, _ fields: Int, _ offset: Int) throws {
        let parsed = try parse(text)
        #expect(parsed.header.fields.count == fields)
        #expect(parsed.bodyOffset == offset)
    }

    @Test(
        "unfolds values and takes the space from around them",
        arguments: [
            ("A: b\r\n", "b"), ("A:b \t\r\n", "b"), ("A:\r\n b\r\n", "b"), ("A: b\r\n\tc\r\n", "b\tc"),
            ("A: b \r\n  c\r\n", "b   c"), ("A: \r\n \r\n", ""), ("A:\r\n", ""), ("A : b:c\r\n", "b:c"),
            ("A\t: ü\r\n", "ü"),
        ])
    func value(_ text: String, _ value: String) throws {
        let field = try #require(try parse(text).header.first("a"))
        #expect(field.value == value)
        #expect(field.name == "A")
        #expect(field.raw == Array(text.utf8))
    }

    @Test(
        "refuses what two servers might read differently",
        arguments: [
            "A: b\n\r\n", "A: b\r\r\n", "A: b\r", "A: b\r\nC: d\n", "A: b\n.\r\nC: d\r\n", "A: b\u{0}", "A\u{0}: b\r\n",
            "\u{0}", "A: b\r\n\n", "\n", "\r", "\n\r\n", "A: b\r\n C\n d\r\n", "A b: c\r\n", "Ä: b\r\n", "A\r\n: b\r\n",
            ":\r\n", "\tA: b\r\n", "A\r\n", "A: b\r\nfrom nobody\r\n",
        ])
    func refuses(_ text: String) {
        #expect(throws: SyntaxError.self) { try parse(text) }
    }

    @Test("says where the fault stands")
    func offset() {
        #expect(throws: SyntaxError(expected: "CRLF as the only line end, and no NUL", offset: 10)) {
            try parse("A: b\r\nC: d\nE: f\r\n")
        }
    }

    @Test("takes lines of 998 octets, folded ones among them, and no more")
    func lines() throws {
        let longest = "A: " + String(repeating: "x", count: 995) + "\r\n"
        #expect(try parse(longest + " " + String(repeating: "y", count: 997) + "\r\n").header.fields.count == 1)
        #expect(throws: SyntaxError.self) { try parse("A: " + String(repeating: "x", count: 996) + "\r\n") }
        #expect(throws: SyntaxError.self) { try parse("A: b\r\n " + String(repeating: "y", count: 998) + "\r\n") }
        // The body may have what lines it likes.
        #expect(try parse("A: b\r\n\r\n" + String(repeating: "z", count: 10_000)).bodyOffset == 8)
    }

    @Test("takes 1,000 fields, and no more")
    func fields() throws {
        #expect(try parse(String(repeating: "A: b\r\n", count: 1_000) + "\r\n").header.fields.count == 1_000)
        #expect(throws: SyntaxError.self) { try parse(String(repeating: "A: b\r\n", count: 1_001) + "\r\n") }
    }

    @Test(
        "gives up on headers without end",
        arguments: ["A: b\r\n", " b\r\n", "A:", "A: " + String(repeating: "x", count: 990) + "\r\n", " \r\n", ":"])
    func endless(_ piece: String) {
        let bytes = Array(("A: b\r\n" + String(repeating: piece, count: 1_000_000 / piece.utf8.count * 4)).utf8)
        #expect(throws: SyntaxError.self) { try HeaderSection.parse(bytes) }
    }

    @Test(
        "finds doubles of what may stand once",
        arguments: [
            ("From", true), ("SENDER", true), ("Reply-To", true), ("to", true), ("Cc", true), ("Bcc", true),
            ("Subject", true), ("Date", true), ("Message-ID", true), ("In-Reply-To", true), ("References", true),
            ("Return-Path", true), ("MIME-Version", true), ("Content-Type", true), ("Content-Transfer-Encoding", true),
            ("Content-Disposition", true), ("Content-ID", true), ("Content-Description", true), ("Received", false),
            ("X-Anything", false), ("DKIM-Signature", false), ("Comments", false),
        ])
    func duplicates(_ name: String, _ refused: Bool) throws {
        let text = "\(name): a\r\nX-Between: b\r\n\(name.uppercased()) : c\r\n\r\n"
        #expect(try parse(text).header.firstDuplicate == (refused ? name.uppercased() : nil))
        #expect(try parse("\(name): a\r\n\r\n").header.firstDuplicate == nil)
    }

    @Test("changes fields and leaves the others' octets alone")
    func edits() throws {
        var header = try parse("Bcc: a\r\nX-Odd :  b\r\n\tc\r\nbCC: d\r\nSubject: e\r\nSubject: f\r\n").header
        #expect(header.count(of: "BCC") == 2)
        header.remove(named: ["Bcc"])
        header.replace(try HeaderField(name: "subject", value: "g"))
        header.replace(try HeaderField(name: "Date", value: "h"))
        try header.append(name: "X-Last", value: "")
        let expected = "X-Odd :  b\r\n\tc\r\nsubject: g\r\nSubject: f\r\nDate: h\r\nX-Last: \r\n\r\n"
        #expect(header.serialized() == Array(expected.utf8))
    }

    @Test(
        "makes no field of what could begin another",
        arguments: [
            ("A", "b\r\nBcc: c"), ("A", "b\nc"), ("A", "b\rc"), ("A", "b\u{0}"), ("A", "b\r\n"), ("A", "ü"),
            ("A", "b\u{7F}"), ("A", "\u{2028}"), ("A", "b\u{B}"), ("A\r\nBcc", "b"), ("A:", "b"), ("A b", "c"),
            ("", "b"),
            ("Ä", "b"), ("A\u{0}", "b"),
        ])
    func injection(_ name: String, _ value: String) {
        #expect(throws: SyntaxError.self) { try HeaderField(name: name, value: value) }
    }

    @Test(
        "folds so that the value reads back",
        arguments: [
            Array(repeating: "word", count: 100).joined(separator: " "), String(repeating: "a  b ", count: 50) + "c",
            String(repeating: "x", count: 200) + " y", "a\t" + String(repeating: "b\tc d ", count: 40) + "e", "",
            (1...40).map { String(repeating: "n", count: $0) }.joined(separator: " "),
        ])
    func folding(_ value: String) throws {
        let field = try HeaderField(name: "Subject", value: value)
        let parsed = try HeaderSection.parse(field.raw)
        #expect(parsed.header.fields.count == 1)
        #expect(parsed.header.first("Subject")?.value == value)
        // No line of white space alone: some take it for the end of the header.
        #expect(
            String(decoding: field.raw, as: UTF8.self).split(separator: "\r\n").allSatisfy {
                $0.contains { $0 != " " && $0 != "\t" }
            })
    }
}
