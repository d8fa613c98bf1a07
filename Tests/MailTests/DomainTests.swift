// SPDX-License-Identifier: Apache-2.0

import Mail
import Testing

@Suite("Domains")
struct DomainTests {
    @Test(
        "turns every script into the letters of the wire (RFC 3492)",
        arguments: [
            ("EXAMPLE.Com", "example.com"),
            ("_dmarc.example.com", "_dmarc.example.com"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("испытание.example", "xn--80akhbyknj4f.example"),
            ("ПРИМЕР.рф", "xn--e1afmkfd.xn--p1ai"),
            ("παράδειγμα.δοκιμή", "xn--hxajbheg2az3al.xn--jxalpdlp"),
            ("中国", "xn--fiqs8s"),
            ("한국", "xn--3e0b707e"),
            ("faß.example", "xn--fa-hia.example"),
            ("ähä.example", "xn--h-zfab.example"),
            ("☃.example", "xn--n3h.example"),
            ("3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"),
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
        ])
    func canonical(_ text: String, _ wire: String) throws {
        let domain = try Domain(parsing: text)
        #expect(domain.description == wire)
        #expect(try Domain(parsing: domain.description) == domain)
    }

    @Test(
        "refuses what is no name",
        arguments: [
            "", ".", "a.", ".a", "a..b", "-a.example", "a-.example", "a b.example", "a\t", "a\r\n.example", "a\u{0}b",
            "[192.0.2.1]", "a@b", "a/b", "ü/x.example", "ü x.example", "a\u{AD}b.example", "a\u{202E}b.example",
            "a\u{FEFF}.example", "ü\u{2028}.example", "a:25", "a\u{7F}b",
        ])
    func refuses(_ text: String) {
        #expect(throws: SyntaxError.self) { try Domain(parsing: text) }
    }

    @Test("says where the fault stands")
    func offset() {
        #expect(throws: SyntaxError(expected: "a domain label", offset: 5)) { try Domain(parsing: "mail..example") }
    }

    @Test("takes 63 octets a label and 253 in all, and no more")
    func limits() throws {
        let label = String(repeating: "a", count: 63)
        #expect(try Domain(parsing: label).description == label)
        #expect(throws: SyntaxError.self) { try Domain(parsing: label + "a") }
        let longest = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
        #expect(try Domain(parsing: longest).description.utf8.count == 253)
        #expect(throws: SyntaxError.self) { try Domain(parsing: longest + "b") }
        // Sixty letters of two octets: it is the A-label that counts.
        #expect(throws: SyntaxError.self) { try Domain(parsing: String(repeating: "üö", count: 30)) }
    }

    @Test("refuses a name of a hundred thousand octets", arguments: [".", "a.", "a", "-"])
    func hostile(_ piece: String) {
        #expect(throws: SyntaxError.self) { try Domain(parsing: String(repeating: piece, count: 100_000)) }
    }

    @Test("knows its labels, its parent, its order")
    func family() throws {
        let domain = try Domain(parsing: "mail.Example.COM")
        #expect(domain.labels == ["mail", "example", "com"])
        #expect(domain.parent?.description == "example.com")
        #expect(domain.parent?.parent?.parent == nil)
        #expect(try Set([domain, Domain(parsing: "MAIL.example.com")]).count == 1)
        #expect(try Domain(parsing: "a.example") < Domain(parsing: "b.example"))
    }

    @Test(
        "lies within another domain by whole labels",
        arguments: [
            ("example.com", "example.com", true), ("a.b.example.com", "example.com", true),
            ("example.com", "a.example.com", false), ("example.com.evil.example", "example.com", false),
            ("notexample.com", "example.com", false), ("com", "example.com", false),
        ])
    func within(_ name: String, _ other: String, _ expected: Bool) throws {
        #expect(try Domain(parsing: name).isWithin(Domain(parsing: other)) == expected)
    }
}
