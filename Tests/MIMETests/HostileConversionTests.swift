// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail
import Testing

@Suite("7-bit conversion of hostile mail")
struct HostileConversionTests {
    private func multiparts(_ depth: Int) -> String {
        (0..<depth).map { "Content-Type: multipart/mixed; boundary=b\($0)-\r\n\r\n--b\($0)-\r\n" }.joined()
    }

    @Test("goes 30 levels down, and no further")
    func depth() throws {
        #expect(!SevenBit.needsWork(try SevenBit.convert(Array((multiparts(30) + "\r\nü").utf8))))
        for depth in [31, 1_000] {
            #expect(throws: SyntaxError.self) { try SevenBit.convert(Array((multiparts(depth) + "\r\nü").utf8)) }
        }
    }

    @Test("goes no further into messages within messages")
    func messages() {
        let text = String(repeating: "Content-Type: message/rfc822\r\n\r\n", count: 100_000) + "\r\nü"
        #expect(throws: SyntaxError.self) { try SevenBit.convert(Array(text.utf8)) }
    }

    @Test("takes 10,000 parts at most, side by side too")
    func parts() throws {
        func message(_ parts: Int) -> [UInt8] {
            Array(
                ("Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                    + String(repeating: "--b\r\n\r\nü\r\n", count: parts)
                    + "--b--\r\n").utf8)
        }
        #expect(!SevenBit.needsWork(try SevenBit.convert(message(9_999))))
        #expect(throws: SyntaxError.self) { try SevenBit.convert(message(10_000)) }
        #expect(throws: SyntaxError.self) { try SevenBit.convert(message(100_000)) }
    }

    @Test(
        "is not led astray by lines that look like boundaries",
        arguments: [
            "--b c", "--bb", "-- b", " --b", "--b--x", "--B", "--b-", "--b -", "--b-- x", "--", "----b", "--b\u{B}x",
        ])
    func lookalikes(_ line: String) throws {
        let text = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nü\r\n\(line)\r\nü\r\n--b--\r\n"
        let part = Part.parse(try SevenBit.convert(Array(text.utf8)))
        #expect(part.children.map(\.text) == ["ü\r\n\(line)\r\nü"])
    }

    @Test("an inner boundary that begins like the outer one stays inside")
    func prefixes() throws {
        let text = """
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: multipart/alternative; boundary=bb

            --bb

            ü
            --bb--
            --b

            ö
            --b--

            """
        let part = Part.parse(try SevenBit.convert(LineEnds.normalised(Array(text.utf8))))
        #expect(part.children.count == 2)
        #expect(part.leaves.map(\.text) == ["ü", "ö"])
    }

    @Test(
        "loses nothing of a multipart that breaks off",
        arguments: [
            "--b\r\n\r\nü", "--b\r\n\r\nü\r\n", "--b\r\n\r\nü\r\n--b", "--b\r\n\r\nü\r\n--b--",
            "--b\r\n\r\nü\r\n--b\r\n",
        ])
    func truncated(_ body: String) throws {
        let bytes = try SevenBit.convert(Array("Content-Type: multipart/mixed; boundary=b\r\n\r\n\(body)".utf8))
        #expect(!SevenBit.needsWork(bytes))
        #expect(Part.parse(bytes).leaves.first?.text.hasPrefix("ü") == true)
    }

    @Test(
        "a boundary may be of any ASCII", arguments: ["a b", "(a)+_,-./:=?", "''", String(repeating: "x", count: 70)])
    func boundaries(_ boundary: String) throws {
        let text =
            "Content-Type: multipart/mixed; boundary=\"\(boundary)\"\r\n\r\n--\(boundary)\r\n\r\nü\r\n--\(boundary)--\r\n"
        #expect(Part.parse(try SevenBit.convert(Array(text.utf8))).children.map(\.text) == ["ü"])
    }
}
