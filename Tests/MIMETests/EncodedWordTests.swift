// SPDX-License-Identifier: Apache-2.0

import MIME
import Testing

@Suite("Encoded words")
struct EncodedWordTests {
    @Test(
        "are read (RFC 2047 §8 and what mail really holds)",
        arguments: [
            ("plain", "plain"), ("=?ISO-8859-1?Q?a?=", "a"), ("=?ISO-8859-1?Q?a?= b", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"), ("=?ISO-8859-1?Q?a?=  \t =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a_b?=", "a b"), ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
            ("=?utf-8?q?Gr=C3=BC=c3=9fe?=", "Grüße"), ("=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
            ("=?UTF-8?B?R3LDvMOfZQ?=", "Grüße"), ("=?iso-8859-1?q?caf=E9?=", "café"),
            ("=?windows-1252?Q?=80_=93x=94?=", "€ “x”"), ("=?us-ascii*en?q?x?=", "x"),
            ("(=?utf-8?q?=C3=BC?=)", "(ü)"), ("=?utf-8?q?=5F=3F=3D?=", "_?="), ("=?utf-8?q??=", ""),
            ("a =?utf-8?q?b?= c =?utf-8?q?d?=", "a b c d"),
        ])
    func decodes(_ text: String, _ expected: String) {
        #expect(EncodedWord.decode(text) == expected)
    }

    @Test(
        "that are none stay as they stand",
        arguments: [
            "=?", "=??=", "=?a?=", "=?utf-8?x?y?=", "=?utf-8?q?no end", "=?utf-8?q?no end?", "a =? b", "=?utf-8?=",
            "=?utf-8?q=", "?=", "=?=?=?=",
        ])
    func leaves(_ text: String) {
        #expect(EncodedWord.decode(text) == text)
    }

    @Test(
        "are at most 75 octets, hold whole characters, and read back",
        arguments: [
            "ü", "Grüße aus Köln", String(repeating: "ü", count: 500), String(repeating: "\u{1F600}", count: 100),
            "a" + String(repeating: "€", count: 99), String(repeating: "a", count: 44) + "üü", "e\u{301}\u{302}",
            "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}", "tab\there", "a\r\nBcc: b", "\u{0}", " ü ", "=?utf-8?q?x?=",
            "日本語の件名", "\u{202E}abc",
        ])
    func encodes(_ text: String) {
        let encoded = EncodedWord.encode(text)
        for word in encoded.split(separator: " ") {
            #expect(word.utf8.count <= 75)
            #expect(word.hasPrefix("=?UTF-8?B?") && word.hasSuffix("?="))
            #expect(word.utf8.allSatisfy { (33...126).contains($0) })
            #expect(!EncodedWord.decode(String(word)).unicodeScalars.contains("\u{FFFD}"))
        }
        #expect(EncodedWord.decode(encoded) == text)
    }

    @Test("leave ASCII alone", arguments: ["", "plain", "a ~ b", "a=b?c", "\"quoted\""])
    func ascii(_ text: String) {
        #expect(EncodedWord.encode(text) == text)
    }

    @Test("without end are read in linear time", arguments: ["=?", "=?a?q?", "=?utf-8?q?a?= ", "?=", "=?utf-8?b?"])
    func hostile(_ piece: String) {
        let text = String(repeating: piece, count: 20_000)
        #expect(EncodedWord.decode(text).utf8.count <= text.utf8.count)
    }

    @Test(
        "charsets: what is unknown or broken never fails",
        arguments: [
            ([0x66, 0xFC], "ISO-8859-1", "fü"), ([0x80, 0x99, 0x9F], "windows-1252", "€™Ÿ"),
            ([0x81], "cp1252", "\u{81}"),
            ([0xC3, 0xBC], "UTF-8", "ü"), ([0xFF, 0x61], "utf-8", "\u{FFFD}a"), ([0x61], "us-ascii", "a"),
            ([0x61], "klingon", "a"), ([0x61], "", "a"), ([], "latin1", ""),
        ] as [([UInt8], String, String)])
    func charset(_ octets: [UInt8], _ charset: String, _ expected: String) {
        #expect(Charset.decode(octets, charset: charset) == expected)
    }
}
