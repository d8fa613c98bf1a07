// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail
import Testing

@Suite("Addresses in fields")
struct AddressGrammarTests {
    @Test(
        "names are read with their quotes, comments and encoded words taken off",
        arguments: [
            ("a@example.com", nil), ("<a@example.com>", nil), ("Ada <a@example.com>", "Ada"),
            ("Ada  Byron\t<a@example.com>", "Ada Byron"), ("\"B, A\" <a@example.com>", "B, A"),
            ("\"a \\\"b\\\" c\" <a@example.com>", "a \"b\" c"), ("Ada M. King <a@example.com>", "Ada M. King"),
            ("Ada (the (first)) King <a@example.com>", "Ada King"), ("Ada(\\))<a@example.com>", "Ada"),
            ("=?utf-8?q?=C3=84d=C3=A4?= <a@example.com>", "Ädä"),
            ("=?utf-8?q?=C3=84?= =?utf-8?q?d?= <a@example.com>", "Äd"), ("Ädä <a@example.com>", "Ädä"),
            ("\"a@evil.example\" <a@example.com>", "a@evil.example"), ("Ada <  a@example.com >", "Ada"),
            ("=?utf-8?b?PGJAZXZpbC5leGFtcGxlPg==?= <a@example.com>", "<b@evil.example>"),
            ("\"\" <a@example.com>", ""), (",, a@example.com,,", nil),
        ])
    func name(_ text: String, _ name: String?) throws {
        let mailbox = try Mailbox(parsing: "a@example.com")
        #expect(try AddressList(parsing: text).addresses == [.mailbox(displayName: name, mailbox)])
    }

    @Test("groups hold mailboxes, and no groups")
    func groups() throws {
        let list = try AddressList(parsing: "\"The Team\": Ada <a@example.com>, b@example.com ; , c@example.com")
        #expect(
            list.addresses == [
                .group(
                    name: "The Team",
                    members: [
                        .mailbox(displayName: "Ada", try Mailbox(parsing: "a@example.com")),
                        .mailbox(displayName: nil, try Mailbox(parsing: "b@example.com")),
                    ]),
                .mailbox(displayName: nil, try Mailbox(parsing: "c@example.com")),
            ])
        #expect(try AddressList(parsing: list.fieldValue) == list)
        #expect(throws: SyntaxError.self) { try AddressList(parsing: "A: B: a@example.com;;") }
    }

    @Test("an empty list is a list", arguments: ["", "  ", "(nobody)", ",", "A:;"])
    func empty(_ text: String) throws {
        #expect(try AddressList(parsing: text).mailboxes.isEmpty)
    }

    @Test(
        "refuses what hides an address",
        arguments: [
            "Ada", "Ada Byron", "a@example.com b@example.com", "a@example.com <b@example.com>", "<a@example.com",
            "a@example.com>", "<<a@example.com>>", "<a@example.com><b@example.com>", "<a@example.com> b@example.com",
            "<a@example.com,b@example.com>", "<>", "Ada <>", "A: a@example.com", ": a@example.com;", "a@example.com;",
            "(a@example.com", "a@example.com)", "\"a@example.com", "\"Ada\\\" <a@example.com>", "a@[192.0.2.1]",
            "<@a.example:b@example.com>", "a@example.com\r\nBcc: b@example.com", "Ada\r\n <a@example.com>",
            "<a@example.com\n>", "a@example.com\u{0}", "\u{0} <a@example.com>", "a\u{0}@example.com",
            "Ada <a(c)@example.com>", "a@example.com, b", "a b@example.com", "a@example.com@b.example",
        ])
    func refuses(_ text: String) {
        #expect(throws: SyntaxError.self) { try AddressList(parsing: text) }
    }

    @Test(
        "says where the fault stands", arguments: [("a@example.com b@example.com", 14), ("Ada <a", 6), ("a@b, <a>", 7)])
    func offset(_ text: String, _ offset: Int) throws {
        let error = #expect(throws: SyntaxError.self) { try AddressList(parsing: text) }
        #expect(error?.offset == offset)
    }

    @Test("takes 1,000 addresses and comments 10 deep, and no more")
    func limits() throws {
        let thousand = Array(repeating: "a@example.com", count: 1_000).joined(separator: ",")
        #expect(try AddressList(parsing: thousand).mailboxes.count == 1_000)
        #expect(throws: SyntaxError.self) { try AddressList(parsing: thousand + ",a@example.com") }
        #expect(throws: SyntaxError.self) { try AddressList(parsing: "A:" + thousand + ";, a@example.com") }
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + String(repeating: ")", count: depth) + "a@example.com"
        }
        #expect(try AddressList(parsing: nested(10)).mailboxes.count == 1)
        #expect(throws: SyntaxError.self) { try AddressList(parsing: nested(11)) }
    }

    @Test(
        "gives up on lists without end",
        arguments: ["(", "\"", "\\", "<", "a ", "a:", "()", "\"a\" ", "a@b,", "a@", "(\\", "=?utf-8?q?a?= ", "A:;"])
    func hostile(_ piece: String) {
        #expect(throws: SyntaxError.self) { try AddressList(parsing: String(repeating: piece, count: 100_000) + "<") }
    }

    @Test(
        "what is written is 7-bit, on one line, and reads back",
        arguments: [
            "Ada", "Ada Byron-King", "Ada, King", "a@b", "\"", "\\", "\\\"", "(c)", "<x@y.example>", ":;,.[]", "Ädä",
            "Ä \"d\" ä", "\u{1F600}", String(repeating: "ü", count: 300), "=?utf-8?q?x?=", "a\r\nBcc: b", "\u{0}",
            "\u{2028}", "tab\there", "O'Brien", "a.b",
        ])
    func writes(_ name: String) throws {
        let mailbox = try Mailbox(parsing: "\"a b\"@bücher.example")
        let list = AddressList([
            .mailbox(displayName: name, mailbox),
            .group(name: name, members: [.mailbox(displayName: name, mailbox), .mailbox(displayName: nil, mailbox)]),
        ])
        #expect(list.fieldValue.utf8.allSatisfy { (32...126).contains($0) })
        #expect(try AddressList(parsing: list.fieldValue) == list)
        let field = try HeaderField(name: "To", value: list.fieldValue)
        #expect(try AddressList(parsing: HeaderSection.parse(field.raw).header.first("To")?.value ?? "") == list)
    }
}
