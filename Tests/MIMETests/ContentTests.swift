// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail
import Testing

@Suite("7-bit conversion")
struct SevenBitTests {
    private func message(_ text: String) -> [UInt8] {
        Array(text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n").utf8)
    }

    @Test("leaves 7-bit mail alone")
    func untouched() {
        #expect(!SevenBit.needsWork(message("A: b\n\nplain text\n")))
    }

    @Test("encodes text as quoted-printable and other parts as Base64, and the content survives")
    func converts() throws {
        let original = message(
            """
            From: Ädä <ada@example.com>
            Subject: Grüße
            Content-Type: multipart/mixed; boundary=b

            preämble
            --b
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            hällo = wörld
            --b
            Content-Type: application/octet-stream

            \u{0}ÿ
            --b--

            """)
        let converted = try SevenBit.convert(original)
        #expect(!SevenBit.needsWork(converted))
        let part = Part.parse(converted)
        #expect(part.children.map(\.contentType.value) == ["text/plain", "application/octet-stream"])
        #expect(part.children[0].text == "hällo = wörld")
        #expect(part.children[1].decoded == Array("\u{0}ÿ".utf8))
        #expect(EncodedWord.decode(part.header.first("Subject")?.value ?? "") == "Grüße")
        #expect(try AddressList(parsing: part.header.first("From")?.value ?? "").mailboxes.count == 1)
    }

    @Test("breaks lines that are too long to send")
    func longLines() throws {
        let converted = try SevenBit.convert(message("A: b\n\n" + String(repeating: "x", count: 5_000) + "\n"))
        #expect(!SevenBit.needsWork(converted))
        #expect(Part.parse(converted).text == String(repeating: "x", count: 5_000) + "\r\n")
    }

    @Test("gives up on parts nested without end, in linear time")
    func nesting() {
        let parts = (0..<100_000).map { "Content-Type: multipart/mixed; boundary=b\($0)\n\n--b\($0)\n" }.joined()
        #expect(throws: SyntaxError.self) { try SevenBit.convert(message("A: b\n" + parts + "ü")) }
        #expect(Part.parse(message("A: b\n" + parts)).leaves.count <= Part.maximumParts)
    }
}

@Suite("Composing")
struct ComposerTests {
    @Test("makes a message whose parts read back")
    func composes() throws {
        var composer = MessageComposer(from: "Ädä <ada@example.com>")
        composer.to = ["bob@example.net"]
        composer.subject = String(repeating: "Grüße ", count: 40)
        composer.text = "tëxt\n"
        composer.html = "<p>html</p>"
        composer.headers = [("X-Campaign", "spring")]
        composer.attachments = [
            .init(
                fileName: "réport.pdf", contentType: "application/pdf", isInline: false, contentID: nil,
                description: nil,
                content: Array(0...255))
        ]
        let bytes = try composer.compose(random: { 7 })
        #expect(!SevenBit.needsWork(bytes))
        let part = Part.parse(bytes)
        #expect(part.firstText("text/plain")?.text == "tëxt\r\n")
        #expect(part.firstText("text/html")?.text == "<p>html</p>")
        #expect(part.attachments.map(\.fileName) == ["réport.pdf"])
        #expect(part.attachments.map(\.decoded) == [Array(0...255)])
        #expect(EncodedWord.decode(part.header.first("Subject")?.value ?? "") == composer.subject.dropLast() + " ")
    }

    @Test(
        "cannot be talked into a second header",
        arguments: ["a\r\nBcc: x@example.com", "a\nb", "a\u{2028}b", "a\u{85}b", "a\u{0}"])
    func injection(_ evil: String) {
        var subject = MessageComposer(from: "ada@example.com")
        subject.text = "t"
        var header = subject
        subject.subject = evil
        header.headers = [("X-A", evil)]
        #expect(throws: SyntaxError.self) { try subject.compose(random: { 7 }) }
        #expect(throws: SyntaxError.self) { try header.compose(random: { 7 }) }
        #expect(throws: SyntaxError.self) {
            try MessageComposer(from: "\(evil) <ada@example.com>").compose(random: { 7 })
        }
    }
}

@Suite("Transfer encodings")
struct TransferEncodingTests {
    @Test("Base64 and quoted-printable read back what they wrote", arguments: 0..<64)
    func roundTrip(_ length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        #expect(Base64.decode(Base64.lines(bytes)) == bytes)
        let text = bytes.filter { $0 != 13 && $0 != 10 }
        #expect(QuotedPrintable.decode(QuotedPrintable.encode(text)) == text)
    }

    @Test(
        "line ends become CRLF",
        arguments: [("a\nb", "a\r\nb"), ("a\rb", "a\r\nb"), ("a\r\nb", "a\r\nb"), ("\n\r\n\r", "\r\n\r\n\r\n")])
    func lineEnds(_ text: String, _ expected: String) {
        #expect(LineEnds.normalised(Array(text.utf8)) == Array(expected.utf8))
    }
}
