// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail
import Testing

@Suite("7-bit conversion, part by part")
struct ConversionTests {
    /// Lines with LF become a message with CRLF.
    private func message(_ text: String) -> [UInt8] { LineEnds.normalised(Array(text.utf8)) }

    private func converted(_ text: String) throws -> String {
        String(decoding: try SevenBit.convert(message(text)), as: UTF8.self)
    }

    @Test(
        "is needed for an octet above 127, a NUL or a line over 998",
        arguments: [
            ([], false), (Array("plain\r\n".utf8), false), ([0x7F], false), ([0x80], true), ([0], true),
            (Array(repeating: 97, count: 998), false), (Array(repeating: 97, count: 999), true),
            (Array(repeating: 97, count: 998) + [13, 10], false), (Array(repeating: 97, count: 999) + [13, 10], true),
            ([13, 10] + Array(repeating: 97, count: 998) + [13, 10, 97], false),
            (Array(repeating: 97, count: 4_096) + [13, 10], true),
        ] as [([UInt8], Bool)])
    func needsWork(_ bytes: [UInt8], _ expected: Bool) {
        #expect(SevenBit.needsWork(bytes) == expected)
    }

    @Test(
        "leaves every octet of 7-bit mail alone",
        arguments: [
            "A: b\n\nplain\n", "A: b\n\n", "A: b\n\nno line end",
            "Odd :  x\n\ty\nContent-Transfer-Encoding: BASE64\n\nYQ==\n",
            "Content-Type: multipart/mixed; boundary=b\n\npre\n--b\nA: b\n\none\n--b  \n\ntwo\n\n--b--\npost\n",
            "Content-Type: multipart/mixed; boundary=b\n\nno delimiter\n",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nno closing",
            "Content-Type: multipart/mixed; boundary=b\n\n--bc\n\n--b\n\n--b-\n--bb--\n--b--\n--b\n",
            "Content-Type: message/rfc822\n\nSubject: x\n\ninner\n", "Content-Type: multipart/mixed\n\nno boundary\n",
        ])
    func identity(_ text: String) throws {
        #expect(try SevenBit.convert(message(text)) == message(text))
    }

    @Test("rewrites one part and leaves its neighbours alone")
    func neighbours() throws {
        let result = try converted(
            """
            Content-Type: multipart/mixed; boundary=b
            Content-Transfer-Encoding: 8bit

            --b
            Content-Type: text/html; charset=iso-8859-1
            Content-Transfer-Encoding: 8bit

            <p>ü = 1 </p>\u{20}
            --b
            Content-Type: text/plain
            Content-Transfer-Encoding: 8bit

            plain
            --b--

            """)
        let expected = """
            Content-Type: multipart/mixed; boundary=b
            Content-Transfer-Encoding: 7bit

            --b
            Content-Type: text/html; charset=iso-8859-1
            Content-Transfer-Encoding: quoted-printable

            <p>=C3=BC =3D 1 </p>=20
            --b
            Content-Type: text/plain
            Content-Transfer-Encoding: 7bit

            plain
            --b--

            """
        #expect(result == String(decoding: message(expected), as: UTF8.self))
    }

    @Test("declares what it encoded, in a message that declared nothing")
    func undeclared() throws {
        let result = try converted("From: a@example.com\n\nü\n")
        #expect(
            result
                == "From: a@example.com\r\nContent-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1.0\r\n\r\n=C3=BC\r\n"
        )
    }

    @Test("goes into attached messages")
    func attachedMessage() throws {
        let text = """
            Content-Type: message/rfc822
            Content-Transfer-Encoding: 8bit

            Subject: ü
            Content-Type: multipart/mixed; boundary=b

            --b

            ü
            --b--

            """
        let bytes = try SevenBit.convert(message(text))
        #expect(!SevenBit.needsWork(bytes))
        let outer = Part.parse(bytes)
        #expect(outer.header.first("Content-Transfer-Encoding")?.value == "7bit")
        let inner = Part.parse(outer.rawBody)
        #expect(EncodedWord.decode(inner.header.first("Subject")?.value ?? "") == "ü")
        #expect(inner.children.map(\.text) == ["ü"])
    }

    @Test(
        "makes words of raw 8-bit fields",
        arguments: [
            ("Subject", "Grüße", "Grüße"), ("Comments", "日本 語", "日本 語"), ("X-Any", "ü", "ü"),
            ("From", "Ädä <a@example.com>", "Ädä <a@example.com>"),
            ("To", "Ä: b@example.com, ü <c@example.com>;", "Ä: b@example.com, ü <c@example.com>;"),
            ("Cc", "a@bücher.example", "a@xn--bcher-kva.example"), ("Reply-To", "(ü) a@example.com", "a@example.com"),
        ])
    func fields(_ name: String, _ value: String, _ expected: String) throws {
        let bytes = try SevenBit.convert(message("\(name): \(value)\n\nx\n"))
        #expect(!SevenBit.needsWork(bytes))
        let field = try #require(try HeaderSection.parse(bytes).header.first(name))
        #expect(EncodedWord.decode(field.value) == expected)
    }

    @Test(
        "keeps quoted file names",
        arguments: ["übér.pdf", "日本語.txt", String(repeating: "ü", count: 200) + ".bin", "a;ü\\b.pdf"])
    func fileNames(_ name: String) throws {
        let quoted = name.replacing("\\", with: "\\\\")
        let bytes = try SevenBit.convert(message("Content-Disposition: attachment; filename=\"\(quoted)\"\n\nx\n"))
        #expect(!SevenBit.needsWork(bytes))
        #expect(Part.parse(bytes).disposition?.value == "attachment")
    }

    @Test(
        "refuses an address that cannot be ASCII",
        arguments: ["From", "Sender", "Reply-To", "To", "Cc", "Bcc"])
    func utf8Address(_ name: String) {
        #expect(throws: SyntaxError.self) { try SevenBit.convert(message("\(name): ü@example.com\n\nx\n")) }
        #expect(throws: SyntaxError.self) { try SevenBit.convert(message("\(name): ü, no address\n\nx\n")) }
    }

    @Test("refuses header lines no server takes")
    func longHeader() {
        let long = String(repeating: "x", count: 1_000)
        #expect(throws: SyntaxError.self) { try SevenBit.convert(message("A: \(long)\n\nx\n")) }
        #expect(throws: SyntaxError.self) {
            try SevenBit.convert(message("Content-Type: multipart/mixed; boundary=b\n\n--b\nA: \(long)\n\nx\n--b--\n"))
        }
    }

    @Test(
        "keeps what long lines say, whatever the type", arguments: ["text/plain", "text/html", "application/pdf", "x"])
    func longLines(_ type: String) throws {
        let body = String(repeating: "long = line ", count: 20_000) + "\r\nshort \r\n\r\n.\r\n"
        let bytes = try SevenBit.convert(message("Content-Type: \(type)\n\n" + body))
        #expect(!SevenBit.needsWork(bytes))
        #expect(Part.parse(bytes).decoded == Array(body.utf8))
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.count <= 79 })
    }

    @Test("keeps binary octets", arguments: ["application/octet-stream", "text/plain", "image/png", ""])
    func binary(_ type: String) throws {
        let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }.filter { $0 != 10 && $0 != 13 }
        let bytes = try SevenBit.convert(Array("Content-Type: \(type)\r\n\r\n".utf8) + body)
        #expect(!SevenBit.needsWork(bytes))
        #expect(Part.parse(bytes).decoded == body)
    }

    @Test("writes pieces of bounded size, which together are the whole")
    func pieces() throws {
        let body = Array(repeating: Array("ü line of text\r\n".utf8), count: 40_000).flatMap(\.self)
        let bytes = Array("A: b\r\n\r\n".utf8) + body
        var sizes: [Int] = []
        var whole: [UInt8] = []
        try bytes.withUnsafeBytes {
            try SevenBit.convert($0) {
                sizes.append($0.count)
                whole += $0
            }
        }
        #expect(whole == (try SevenBit.convert(bytes)))
        #expect(sizes.allSatisfy { $0 <= 256 * 1024 })
        #expect(Part.parse(whole).decoded == body)
    }

    @Test("stops when the sink fails")
    func sinkFails() {
        struct Full: Error {}
        let bytes = message("A: b\n\n" + String(repeating: "ü", count: 200_000))
        #expect(throws: Full.self) { try bytes.withUnsafeBytes { try SevenBit.convert($0) { _ in throw Full() } } }
    }

    @Test("a text part is text, however its slices fall", arguments: 0..<4)
    func slices(_ shift: Int) throws {
        // Slices are 57 KiB: line ends and two-octet letters move across their borders.
        let line = String(repeating: "ü", count: 40) + "\r\n"
        let body = String(repeating: "x", count: shift) + String(repeating: line, count: 3_000)
        let bytes = try SevenBit.convert(Array("A: b\r\n\r\n\(body)".utf8))
        #expect(Part.parse(bytes).text == body)
    }
}
