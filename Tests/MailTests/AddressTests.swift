// SPDX-License-Identifier: Apache-2.0

import Mail
import Testing

@Suite("Addresses")
struct AddressTests {
    @Test(
        "accepts what RFC 5321 accepts and prints it in canonical form",
        arguments: [
            ("ada@example.com", "ada@example.com"),
            ("Ada.Byron+tag@EXAMPLE.Com", "Ada.Byron+tag@example.com"),
            ("\"a b\"@example.com", "\"a b\"@example.com"),
            ("\"ada\"@example.com", "ada@example.com"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@MÜNCHEN.example", "ada@xn--mnchen-3ya.example"),
            ("a_b%c!d@example.com", "a_b%c!d@example.com"),
        ])
    func accepts(_ text: String, _ expected: String) throws {
        let mailbox = try Mailbox(parsing: text)
        #expect(mailbox.description == expected)
        #expect(try Mailbox(parsing: mailbox.description) == mailbox)
    }

    @Test(
        "refuses the rest",
        arguments: [
            "", "ada", "ada@", "@example.com", "ada@example..com", "ada@.example.com", "ada@example.com.",
            "a b@example.com",
            ".ada@example.com", "ada.@example.com", "ada@[192.0.2.1]", "ada@exa mple.com", "ada@-a.example",
            "ada@a-.example",
            "\"ada@example.com", "ada@example.com\n", "ada\r\n@example.com", "\"a\u{0}\"@example.com",
            "ada@exam\u{200B}ple.com",
            "@a.example:ada@example.com",
        ])
    func refuses(_ text: String) {
        #expect(throws: SyntaxError.self) { try Mailbox(parsing: text) }
    }

    @Test("holds the length limits of RFC 5321")
    func limits() throws {
        let local = String(repeating: "a", count: 64)
        #expect(throws: Never.self) { try Mailbox(parsing: "\(local)@example.com") }
        #expect(throws: SyntaxError.self) { try Mailbox(parsing: "a\(local)@example.com") }
        #expect(throws: SyntaxError.self) { try Domain(parsing: "\(local).example") }
        let long = Array(repeating: String(repeating: "b", count: 60), count: 5).joined(separator: ".")
        #expect(throws: SyntaxError.self) { try Domain(parsing: long) }
    }

    @Test(
        "knows what lies beneath a domain",
        arguments: [("example.com", true), ("a.example.com", true), ("evilexample.com", false)])
    func within(_ name: String, _ expected: Bool) throws {
        #expect(try Domain(parsing: name).isWithin(Domain(parsing: "example.com")) == expected)
    }
}

@Suite("Times and ids")
struct TimeTests {
    @Test(
        "prints moments",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z", "Thu, 1 Jan 1970 00:00:00 +0000"),
            (1_675_264_375_826, "2023-02-01T15:12:55.826Z", "Wed, 1 Feb 2023 15:12:55 +0000"),
            (1_709_164_799_999, "2024-02-28T23:59:59.999Z", "Wed, 28 Feb 2024 23:59:59 +0000"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z", "Tue, 29 Feb 2000 00:00:00 +0000"),
        ])
    func prints(_ milliseconds: Int64, _ iso: String, _ rfc: String) {
        let moment = Timestamp(milliseconds: milliseconds)
        #expect(moment.description == iso)
        #expect(moment.rfc5322 == rfc)
    }

    @Test("makes ids in SES's form")
    func messageID() {
        let id = MessageID(region: "us-west-2", at: Timestamp(milliseconds: 0x0186_0d89_bc12), random: (.max, 0))
        #expect(id.description == "010101860d89bc12-ffffffff-ffff-4fff-8000-000000000000-000000")
        #expect(MessageID(parsing: id.description) == id)
        #expect(MessageID(parsing: "../../etc/passwd") == nil)
    }

    @Test(
        "reads enhanced status codes",
        arguments: [("5.1.1", true), ("4.0.0", true), ("6.1.1", false), ("5.1", false), ("5.1.x", false)])
    func status(_ text: String, _ valid: Bool) {
        #expect((EnhancedStatusCode(parsing: text) != nil) == valid)
    }
}
