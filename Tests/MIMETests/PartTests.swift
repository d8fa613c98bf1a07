// SPDX-License-Identifier: Apache-2.0

import MIME
import Testing

@Suite("Reading parts")
struct PartTests {
    private func parse(_ text: String) -> Part { Part.parse(LineEnds.normalised(Array(text.utf8))) }

    @Test("takes a message apart")
    func tree() throws {
        let part = parse(
            """
            Subject: x
            Content-Type: multipart/mixed; boundary="outer one"

            preamble
            --outer one
            Content-Type: multipart/alternative; boundary=inner

            --inner
            Content-Type: text/plain; charset=iso-8859-1
            Content-Transfer-Encoding: Quoted-Printable

            caf=E9 =
            au lait
            --inner
            Content-Type: TEXT/HTML

            <p>ü</p>
            --inner--
            --outer one
            Content-Type: image/png; name="fallback.png"
            Content-Transfer-Encoding: base64
            Content-ID: <logo@example.com>

            AQID
            BA==
            --outer one
            Content-Type: text/plain
            Content-Disposition: ATTACHMENT; filename*=UTF-8''r%C3%A9sum%C3%A9.txt; filename="resume.txt"

            attached
            --outer one--
            epilogue
            """)
        #expect(part.children.count == 3)
        #expect(part.leaves.map(\.contentType.value) == ["text/plain", "text/html", "image/png", "text/plain"])
        #expect(part.firstText("text/plain")?.text == "café au lait")
        #expect(part.firstText("text/html")?.text == "<p>ü</p>")
        #expect(part.attachments.map(\.fileName) == ["fallback.png", "résumé.txt"])
        #expect(part.attachments.first?.decoded == [1, 2, 3, 4])
        #expect(part.attachments.first?.contentID == "logo@example.com")
        #expect(part.rawBody.isEmpty)
    }

    @Test(
        "reads parameters (RFC 2045, RFC 2231)",
        arguments: [
            ("a/b", [:]), ("A/B; Name=c", ["name": "c"]), ("a/b;name=\"c;d\\\"e\"; x=y", ["name": "c;d\"e", "x": "y"]),
            ("a/b; name*=UTF-8''%C3%BC%20x", ["name": "ü x"]), ("a/b; name*=iso-8859-1'en'%FC", ["name": "ü"]),
            ("a/b; name*0=c; name*1=d", ["name": "cd"]),
            ("a/b; name*0*=UTF-8''c%20; name*1=d; name*2*=%C3%BC", ["name": "c dü"]),
            ("a/b; name*1=d; name*0=c", ["name": "cd"]), ("a/b; name*0=c; name*2=e", ["name": "c"]),
            ("a/b; name=c; name*=''d", ["name": "d"]), ("a/b; name=c; NAME=d", ["name": "c"]),
            ("a/b; name=\"=?utf-8?q?=C3=BC?=\"", ["name": "ü"]), ("a/b; name", [:]), ("a/b;;; ;", [:]),
            ("a/b; name=\"no end", ["name": "no end"]), ("a/b; name=", ["name": ""]), ("a/b; *=c", [:]),
            ("a/b; name*=UTF-8''%FF", ["name": "\u{FFFD}"]),
        ])
    func parameters(_ text: String, _ expected: [String: String]) {
        let value = ParameterizedValue(parsing: text)
        #expect(value.value == "a/b")
        #expect(value.parameters == expected)
    }

    @Test("reads parameters without end in linear time", arguments: [";", "\"", "\\", ";a=", ";a*0=b", "\";", ";a*=%"])
    func hostileParameters(_ piece: String) {
        let value = ParameterizedValue(parsing: "a/b" + String(repeating: piece, count: 100_000))
        #expect(value.parameters.count <= 100)
    }

    @Test(
        "degrades to text where there is no sense",
        arguments: [
            "", "no header at all", "\n", "A: b", "A: b\n\n",
            "Content-Type: multipart/mixed; boundary=b\n\nno delimiter",
            "Content-Type: multipart/mixed\n\n--b\n\nx\n--b--", "Content-Type: \n\nx", "Content-Type: nonsense\n\nx",
            "Content-Type: multipart/mixed; boundary=b\n\n--b--\n",
        ])
    func degrades(_ text: String) {
        let part = parse(text)
        #expect(part.children.isEmpty)
        #expect(Array(LineEnds.normalised(Array(text.utf8))).suffix(part.rawBody.count).elementsEqual(part.rawBody))
        #expect(part.leaves.count == 1)
    }

    @Test("shows all of a message whose header it cannot read")
    func brokenHeader() {
        let bytes = Array("Subject: x\n\rbroken\u{0}\nbody ü".utf8)
        let part = Part.parse(bytes)
        #expect(part.rawBody == bytes)
        #expect(part.contentType.value == "text/plain")
        #expect(part.text == String(decoding: bytes, as: UTF8.self))
    }

    @Test(
        "shows the parts of a message that breaks off",
        arguments: ["--b\n\none\n--b\n\ntwo", "--b\n\none\n--b\n\ntwo\n--b"])
    func truncated(_ body: String) {
        let part = parse("Content-Type: multipart/mixed; boundary=b\n\n" + body)
        #expect(part.children.map(\.text) == ["one", "two"])
    }

    @Test(
        "decodes what it can",
        arguments: [
            ("base64", "YWJj", "abc"), ("BASE64", "Y W\tJ\r\nj", "abc"), ("base64", "YWI", "ab"),
            ("base64", "YW*J!j", "abc"),
            ("base64", "====", ""), ("base64", "Y", ""), ("quoted-printable", "a=\r\nb", "ab"),
            ("quoted-printable", "a= \t\r\nb", "ab"), ("quoted-printable", "a=3d=3D=ZZ=4", "a===ZZ=4"),
            ("quoted-printable", "a=", "a="), ("quoted-printable", "=C3=BC", "ü"), ("7bit", "=41", "=41"),
            ("x-unknown", "=41", "=41"),
        ])
    func transferEncodings(_ encoding: String, _ body: String, _ expected: String) {
        #expect(parse("Content-Transfer-Encoding: \(encoding)\n\n\(body)").text == expected)
    }

    @Test("ends at 30 levels and 1,000 parts")
    func bounds() {
        let nested = (0..<2_000).map { "Content-Type: multipart/mixed; boundary=b\($0)-\n\n--b\($0)-\n" }.joined()
        var deepest = parse(nested + "\nx")
        var depth = 0
        while let child = deepest.children.first {
            deepest = child
            depth += 1
        }
        #expect(depth == Part.maximumDepth)
        #expect(!deepest.rawBody.isEmpty)

        let wide = "Content-Type: multipart/mixed; boundary=b\n\n" + String(repeating: "--b\n\nx\n", count: 100_000)
        #expect(parse(wide).leaves.count < Part.maximumParts)
    }

    @Test("survives every cut through a message")
    func cuts() {
        let whole = LineEnds.normalised(
            Array(
                """
                Content-Type: multipart/mixed; boundary="b"; x*0*=utf-8''%C3

                --b
                Content-Transfer-Encoding: quoted-printable

                =C3=BC=
                x
                --b
                Content-Transfer-Encoding: base64
                Content-Disposition: attachment; filename="=?utf-8?q?=C3=BC?="

                AQID
                --b--
                """.utf8))
        for end in 0...whole.count {
            for part in [Part.parse(Array(whole[..<end])), Part.parse(Array(whole[end...]))] {
                let leaves = part.leaves
                #expect(leaves.reduce(0) { $0 + $1.rawBody.count } <= whole.count)
                for leaf in leaves { _ = (leaf.text, leaf.fileName, leaf.contentID, leaf.decoded) }
            }
        }
    }
}
