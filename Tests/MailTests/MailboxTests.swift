// SPDX-License-Identifier: Apache-2.0

import Mail
import Testing

@Suite("Mailboxes")
struct MailboxTests {
    @Test(
        "keeps the local part as written, without its quotes",
        arguments: [
            ("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~", "!#$%&'*+-/=?^_`{|}~@example.com"),
            ("\"a@b\"@example.com", "a@b", "\"a@b\"@example.com"),
            ("\"a\\\"b\"@example.com", "a\"b", "\"a\\\"b\"@example.com"),
            ("\"a\\\\b\"@example.com", "a\\b", "\"a\\\\b\"@example.com"),
            ("\"\\a\\b\"@example.com", "ab", "ab@example.com"),
            ("\".a.\"@example.com", ".a.", "\".a.\"@example.com"),
            ("\"a..b\"@example.com", "a..b", "\"a..b\"@example.com"),
            ("\" \"@example.com", " ", "\" \"@example.com"),
            ("\"a>, <b\"@example.com", "a>, <b", "\"a>, <b\"@example.com"),
            ("пётр@example.com", "пётр", "пётр@example.com"),
        ])
    func localPart(_ text: String, _ localPart: String, _ wire: String) throws {
        let mailbox = try Mailbox(parsing: text)
        #expect(mailbox.localPart == localPart)
        #expect(mailbox.description == wire)
        #expect(try Mailbox(parsing: mailbox.description) == mailbox)
    }

    @Test(
        "refuses the rest",
        arguments: [
            "\"\"@example.com", "\"a\"b@example.com", "a\"b\"@example.com", "\"a\\\"@example.com", "\"a\\",
            "\"a\r\nb\"@example.com", "\"a\\\r\"@example.com", "\"a\u{7F}\"@example.com", "a..b@example.com",
            "a@b@example.com", "<a@example.com>", "a@example.com>", "a@example.com ", " a@example.com",
            "a(c)@example.com", "a,b@example.com", "a;b@example.com", "a\\@example.com", "a@[IPv6:::1]",
            "a\u{A0}b@example.com", "a\u{200B}b@example.com", "a\u{202E}b@example.com", "a\u{85}b@example.com",
            "a@example.com\u{0}", "a\u{0}@example.com",
        ])
    func refuses(_ text: String) {
        #expect(throws: SyntaxError.self) { try Mailbox(parsing: text) }
    }

    @Test("takes an address of 254 octets, and no more")
    func limits() throws {
        let local = String(repeating: "l", count: 64)
        let domain = [
            String(repeating: "a", count: 63), String(repeating: "b", count: 63), String(repeating: "c", count: 61),
        ]
        .joined(separator: ".")
        #expect(try Mailbox(parsing: "\(local)@\(domain)").description.utf8.count == 254)
        #expect(throws: SyntaxError.self) { try Mailbox(parsing: "\(local)@\(domain)c") }
        // Octets, not characters.
        #expect(throws: SyntaxError.self) { try Mailbox(parsing: String(repeating: "ü", count: 33) + "@example.com") }
    }

    @Test("refuses a hundred thousand octets", arguments: ["a", "\"", "\\", "@", "\"a\\\"", "a."])
    func hostile(_ piece: String) {
        #expect(throws: SyntaxError.self) { try Mailbox(parsing: String(repeating: piece, count: 100_000)) }
        #expect(throws: SyntaxError.self) {
            try Mailbox(parsing: "\"" + String(repeating: piece, count: 100_000) + "\"@example.com")
        }
    }

    @Test(
        "asks for SMTPUTF8 for the local part only", arguments: [("ü@example.com", true), ("u@bücher.example", false)])
    func smtpUTF8(_ text: String, _ expected: Bool) throws {
        #expect(try Mailbox(parsing: text).needsSMTPUTF8 == expected)
    }

    @Test("stands between angle brackets in a path")
    func paths() throws {
        let mailbox = try Mailbox(parsing: "\"a b\"@Example.com")
        #expect(ForwardPath(mailbox).description == "<\"a b\"@example.com>")
        #expect(ReversePath.mailbox(mailbox).description == "<\"a b\"@example.com>")
        #expect(ReversePath.null.description == "<>")
        #expect(ReversePath.null.mailbox == nil)
    }
}
