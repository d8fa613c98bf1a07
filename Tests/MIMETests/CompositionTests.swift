// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail
import Testing

@Suite("Composed messages")
struct CompositionTests {
    private typealias Attachment = MessageComposer.Attachment

    private func composer(text: String? = "text\n", html: String? = nil) -> MessageComposer {
        var composer = MessageComposer(from: "Ada <ada@example.com>")
        composer.text = text
        composer.html = html
        return composer
    }

    private func attachment(
        _ name: String, _ type: String = "application/pdf", isInline: Bool = false, contentID: String? = nil,
        description: String? = nil, content: [UInt8] = [1, 2, 3]
    ) -> Attachment {
        Attachment(
            fileName: name, contentType: type, isInline: isInline, contentID: contentID, description: description,
            content: content)
    }

    /// The tree of types: `mixed(alternative(plain html) pdf)`.
    private func shape(_ part: Part) -> String {
        let name = part.contentType.value.split(separator: "/").last.map(String.init) ?? ""
        return part.children.isEmpty ? name : name + "(" + part.children.map(shape).joined(separator: " ") + ")"
    }

    @Test(
        "have the tree that their content asks for",
        arguments: [
            ("t", nil, [], "plain"), (nil, "h", [], "html"), ("t", "h", [], "alternative(plain html)"),
            ("t", nil, [false], "mixed(plain pdf)"), (nil, "h", [true], "related(html pdf)"),
            ("t", "h", [true, false], "mixed(related(alternative(plain html) pdf) pdf)"),
            ("t", nil, [false, false], "mixed(plain pdf pdf)"),
        ] as [(String?, String?, [Bool], String)])
    func tree(_ text: String?, _ html: String?, _ inline: [Bool], _ expected: String) throws {
        var composer = composer(text: text, html: html)
        composer.attachments = inline.map { attachment("a.pdf", isInline: $0) }
        let bytes = try composer.compose(random: { 1 })
        #expect(shape(Part.parse(bytes)) == expected)
        #expect(LineEnds.firstBare(in: bytes) == nil)
        #expect(try HeaderSection.parse(bytes).header.firstDuplicate == nil)
    }

    @Test("are these very octets")
    func golden() throws {
        var composer = composer(text: "plain\n", html: "<p>ü</p>")
        composer.to = ["Bob <bob@example.net>, c@example.net", "d@example.net"]
        composer.cc = ["Ö <o@example.net>"]
        composer.replyTo = ["r@example.net"]
        composer.subject = "Hello"
        composer.headers = [("X-Campaign", "spring")]
        let expected = """
            From: Ada <ada@example.com>
            To: Bob <bob@example.net>, c@example.net, d@example.net
            Cc: =?UTF-8?B?w5Y=?= <o@example.net>
            Reply-To: r@example.net
            Subject: Hello
            X-Campaign: spring
            MIME-Version: 1.0
            Content-Type: multipart/alternative; boundary="=_alternative_zz"

            --=_alternative_zz
            Content-Type: text/plain; charset=UTF-8
            Content-Transfer-Encoding: 7bit

            plain

            --=_alternative_zz
            Content-Type: text/html; charset=UTF-8
            Content-Transfer-Encoding: quoted-printable

            <p>=C3=BC</p>
            --=_alternative_zz--

            """
        #expect(try composer.compose(random: { 35 }) == LineEnds.normalised(Array(expected.utf8)))
    }

    @Test(
        "carry text of every kind",
        arguments: [
            "", "a", "\n", "a\n\n", "a\rb\r\nc\nd", "ü", "日本語\n\u{1F600}", "\u{0}",
            String(repeating: "x", count: 5_000),
            "--=_alternative_zz\n--=_alternative_zz--\n", "trailing \nspace\t\n", ".\n..\n", "From me\n", "a=3D",
        ])
    func text(_ text: String) throws {
        let bytes = try composer(text: text).compose(random: { 35 })
        #expect(!SevenBit.needsWork(bytes))
        #expect(Part.parse(bytes).decoded == LineEnds.normalised(Array(text.utf8)))
    }

    @Test(
        "carry attachments",
        arguments: [
            "a.pdf", "réport 2026.pdf", "日本語.txt", "a;b.pdf", "a  b.txt", String(repeating: "ü", count: 100), "..", "",
            "../../etc/passwd", "=?utf-8?q?x?=",
        ])
    func attachments(_ name: String) throws {
        var composer = composer()
        composer.attachments = [
            attachment(name, "", contentID: "<id@x>", description: "Ein Bérícht", content: Array(0...255) + [0, 0, 0])
        ]
        let bytes = try composer.compose(random: { 1 })
        #expect(!SevenBit.needsWork(bytes))
        let part = try #require(Part.parse(bytes).attachments.first)
        #expect(part.fileName == name)
        #expect(part.contentType.value == "application/octet-stream")
        #expect(part.contentID == "id@x")
        #expect(EncodedWord.decode(part.header.first("Content-Description")?.value ?? "") == "Ein Bérícht")
        #expect(part.decoded == Array(0...255) + [0, 0, 0])
    }

    @Test("cannot lose a quote to a file name", arguments: ["a\".exe\".pdf", "\"; x=\"y", "a\\", "\\\"", "\""])
    func quotes(_ name: String) throws {
        var composer = composer()
        composer.attachments = [attachment(name)]
        let part = try #require(Part.parse(try composer.compose(random: { 1 })).attachments.first)
        #expect(part.disposition?.parameters.keys.sorted() == ["filename"])
    }

    @Test(
        "cannot be talked into a second header, at any door",
        arguments: ["a\r\nBcc: x@example.com", "a\n b", "a\rb", "a\u{0}", "a\u{B}", "\u{7F}", "\r\n\r\nbody"])
    func injection(_ evil: String) {
        var doors: [MessageComposer] = []
        func door(_ change: (inout MessageComposer) -> Void) {
            var composer = composer()
            change(&composer)
            doors.append(composer)
        }
        door { $0.subject = evil }
        door { $0.headers = [("X-A", evil)] }
        door { $0.headers = [("X" + evil, "a")] }
        door { $0.to = ["a@example.com" + evil] }
        door { $0.to = [evil + "@example.com"] }
        door { $0.cc = ["\(evil) <a@example.com>"] }
        door { $0.replyTo = ["<a@example.com\(evil)>"] }
        door { $0.from = "ada@example.com" + evil }
        door { $0.attachments = [attachment(evil)] }
        door { $0.attachments = [attachment("a", "text/plain" + evil)] }
        door { $0.attachments = [attachment("a", contentID: evil)] }
        door { $0.attachments = [attachment("a", description: evil)] }
        for door in doors { #expect(throws: SyntaxError.self) { try door.compose(random: { 1 }) } }
    }

    @Test("has one header more where a quoted name holds a line end: none")
    func quotedInjection() {
        for evil in ["\"a\r\nBcc: b@example.com\" <a@example.com>", "(a\r\nBcc: b@example.com) a@example.com"] {
            let bytes = try? MessageComposer(from: evil).composedWithText()
            #expect(bytes.map { Part.parse($0).header.count(of: "Bcc") } ?? 0 == 0)
        }
    }

    @Test(
        "take custom headers within SES's limits",
        arguments: [
            ("X-A", "b", true), (String(repeating: "n", count: 126), "v", true),
            (String(repeating: "n", count: 127), "v", false),
            ("N", String(repeating: "v", count: 995), true), ("N", String(repeating: "v", count: 996), false),
            ("NN", String(repeating: "v", count: 995), false), ("X-A", "", false), ("", "b", false),
            ("X:A", "b", false),
            ("X A", "b", false), ("Ä", "b", false), ("X-A", "Grüße", true), ("Subject", "b", false),
            ("fRoM", "b", false),
            ("Content-Type", "text/html", false), ("MIME-Version", "2.0", false), ("Bcc", "b@example.com", false),
            ("Content-Transfer-Encoding", "8bit", false), ("List-Unsubscribe", "<https://example.com/u>", true),
        ])
    func headers(_ name: String, _ value: String, _ accepted: Bool) throws {
        var composer = composer()
        composer.headers = [(name, value)]
        guard accepted else {
            _ = #expect(throws: SyntaxError.self) { try composer.compose(random: { 1 }) }
            return
        }
        let header = try HeaderSection.parse(composer.compose(random: { 1 })).header
        #expect(EncodedWord.decode(header.first(name)?.value ?? "") == value)
    }

    @Test("take 15 custom headers, each once")
    func headerCount() throws {
        var composer = composer()
        composer.headers = (1...15).map { ("X-\($0)", "v") }
        #expect(try HeaderSection.parse(composer.compose(random: { 1 })).header.count(of: "X-15") == 1)
        composer.headers.append(("X-16", "v"))
        #expect(throws: SyntaxError.self) { try composer.compose(random: { 1 }) }
        composer.headers = [("X-A", "v"), ("x-a", "w")]
        #expect(throws: SyntaxError.self) { try composer.compose(random: { 1 }) }
    }

    @Test("need a body")
    func noBody() {
        #expect(throws: SyntaxError.self) { try composer(text: nil).compose(random: { 1 }) }
    }

    @Test("take their boundaries from the octets they are given")
    func boundaries() throws {
        let composer = composer(html: "h")
        func boundary(_ bits: UInt64) throws -> String? {
            Part.parse(try composer.compose(random: { bits })).contentType.parameters["boundary"]
        }
        #expect(try boundary(1) != boundary(2))
        #expect(try (boundary(.max)?.utf8.count ?? 99) <= 70)
    }
}

extension MessageComposer {
    fileprivate func composedWithText() throws -> [UInt8] {
        var copy = self
        copy.text = "t"
        return try copy.compose(random: { 1 })
    }
}
