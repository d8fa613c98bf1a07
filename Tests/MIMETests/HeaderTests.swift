// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail
import Testing

@Suite("Header sections")
struct HeaderTests {
    @Test("keeps fields as they came and finds the body")
    func parse() throws {
        let text = "From: Ada <ada@example.com>\r\nSubject: a\r\n folded line\r\nX :y\r\n\r\nbody"
        let (header, offset) = try HeaderSection.parse(Array(text.utf8))
        #expect(header.fields.map(\.name) == ["From", "Subject", "X"])
        #expect(header.first("subject")?.value == "a folded line")
        #expect(String(decoding: Array(text.utf8)[offset...], as: UTF8.self) == "body")
        #expect(header.serialized() == Array(text.utf8)[..<offset].map { $0 })
    }

    @Test(
        "refuses what two servers might read differently",
        arguments: [
            "From: a\nB: c\r\n\r\n", "From: a\rB: c\r\n\r\n", "From: a\u{0}\r\n\r\n", "no colon\r\n\r\n", ": x\r\n\r\n",
            " x: y\r\n\r\n",
            "X: " + String(repeating: "a", count: 1_000) + "\r\n\r\n",
        ])
    func refuses(_ text: String) {
        #expect(throws: SyntaxError.self) { try HeaderSection.parse(Array(text.utf8)) }
    }

    @Test("bounds the number and the size of fields")
    func bounds() {
        let many = Array(String(repeating: "X: y\r\n", count: 1_001).utf8)
        #expect(throws: SyntaxError.self) { try HeaderSection.parse(many) }
        let large = Array(String(repeating: "X: " + String(repeating: "a", count: 900) + "\r\n", count: 400).utf8)
        #expect(throws: SyntaxError.self) { try HeaderSection.parse(large) }
    }

    @Test("finds a field that stands twice though it may stand once")
    func duplicates() throws {
        let text = "From: a\r\nReceived: x\r\nReceived: y\r\nSUBJECT: a\r\nsubject: b\r\n\r\n"
        #expect(try HeaderSection.parse(Array(text.utf8)).header.firstDuplicate == "subject")
    }

    @Test("folds long values of its own and reads them back")
    func folds() throws {
        let value = Array(repeating: "word", count: 60).joined(separator: " ")
        var header = HeaderSection()
        try header.append(name: "Subject", value: value)
        let bytes = header.serialized()
        #expect(String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").allSatisfy { $0.utf8.count <= 80 })
        #expect(try HeaderSection.parse(bytes).header.first("Subject")?.value == value)
    }
}

@Suite("Address lists")
struct AddressListTests {
    @Test(
        "reads the forms of RFC 5322",
        arguments: [
            ("ada@example.com", ["ada@example.com"]),
            ("Ada <ada@example.com>, \"B, C\" <b@example.com>", ["ada@example.com", "b@example.com"]),
            ("(comment (nested)) ada@example.com (more)", ["ada@example.com"]),
            (
                "Team: a@example.com, b@example.com;, c@example.com",
                ["a@example.com", "b@example.com", "c@example.com"]
            ),
            ("=?UTF-8?B?w4U=?= <a@example.com>", ["a@example.com"]),
            ("undisclosed-recipients:;", []),
        ])
    func reads(_ text: String, _ expected: [String]) throws {
        #expect(try AddressList(parsing: text).mailboxes.map(\.description) == expected)
    }

    @Test(
        "refuses what hides an address",
        arguments: [
            "ada@example.com bob@example.com", "<ada@example.com", "ada@example.com>", "ada@example.com(",
            "a@b.example, <>",
            "x <@evil.example:ada@example.com>", "\"ada@example.com", "ops\"@evil.example,a@aws.example.com",
            String(repeating: "(", count: 100_000), String(repeating: "a@example.com,", count: 2_000),
        ])
    func refuses(_ text: String) {
        #expect(throws: SyntaxError.self) { try AddressList(parsing: text) }
    }

    @Test(
        "writes names so that they read back",
        arguments: ["Ada", "Ada, Countess", "Adä \u{1F600}", "a \"quoted\" b", "=?x?="])
    func names(_ name: String) throws {
        let list = AddressList([.mailbox(displayName: name, try Mailbox(parsing: "ada@example.com"))])
        #expect(list.fieldValue.utf8.allSatisfy { (32...126).contains($0) })
        #expect(try AddressList(parsing: list.fieldValue) == list)
    }
}
