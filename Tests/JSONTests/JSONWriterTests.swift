// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@Suite("JSON, written")
struct JSONWriterTests {
    @Test(
        "cannot be forged by what is in it, and reads as what it was",
        arguments: [
            ("plain", #""plain""#), ("", #""""#), ("\"}{\"", #""\"}{\"""#), ("\\u0000", #""\\u0000""#),
            ("\r\n", #""\u000d\u000a""#), ("\0\t\u{1B}", #""\u0000\u0009\u001b""#),
            // DEL and C1: a terminal's other ESC, NEL.
            ("\u{7F}\u{85}\u{9B}", #""\u007f\u0085\u009b""#), ("\u{A0}", "\"\u{A0}\""),
            ("\u{2028}\u{2029}", #""\u2028\u2029""#),
            // Whatever turns the order of letters around.
            ("\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}", #""\u202a\u202b\u202c\u202d\u202e""#),
            ("\u{2066}\u{2067}\u{2068}\u{2069}", #""\u2066\u2067\u2068\u2069""#),
            ("\u{200E}\u{200F}\u{61C}\u{FEFF}", #""\u200e\u200f\u061c\ufeff""#),
            ("é 😀 e\u{301}", "\"é 😀 e\u{301}\""),
        ])
    func texts(_ text: String, _ written: String) throws {
        let value = JSONValue.string(text)
        #expect(value.text == written)
        #expect(!value.octets.contains { $0 < 32 })
        #expect(try JSONValue(parsing: value.text, maximumDepth: 1) == value)
        let name = JSONValue.object([.init(name: text, value: .null)])
        #expect(name.text == "{\(written):null}")
    }

    @Test(
        "is the document on one line, as it was read",
        arguments: ["null", "true", "-0.50e+2", "12345678901234567890", "[]", "{}", #"{"b":[1,{"a":[false]}],"a":""}"#])
    func documents(_ text: String) throws {
        #expect(try JSONValue(parsing: text, maximumDepth: 5).text == text)
    }

    @Test("text of half a pair of surrogates does not exist, so it cannot be written")
    func surrogates() {
        let octets: [UInt8] = [0x22, 0xED, 0xA0, 0x80, 0x22]
        #expect(JSONValue.string(String(decoding: octets, as: UTF8.self)).octets.allSatisfy { $0 != 0xED })
    }
}
