// SPDX-License-Identifier: Apache-2.0

import MIME
import Testing

@Suite("Line ends")
struct LineEndTests {
    @Test(
        "become CRLF, and then stay as they are",
        arguments: [
            ("", ""), ("a", "a"), ("\r", "\r\n"), ("\n", "\r\n"), ("\r\n", "\r\n"), ("\n\n", "\r\n\r\n"),
            ("\r\r", "\r\n\r\n"), ("\r\r\n", "\r\n\r\n"), ("\n\r", "\r\n\r\n"), ("\r\n\n", "\r\n\r\n"),
            ("a\nb\r\nc\rd", "a\r\nb\r\nc\r\nd"), ("ü\n\u{0}", "ü\r\n\u{0}"),
        ])
    func normalised(_ text: String, _ expected: String) {
        let once = LineEnds.normalised(Array(text.utf8))
        #expect(once == Array(expected.utf8))
        #expect(LineEnds.normalised(once) == once)
        #expect(LineEnds.firstBare(in: once) == nil)
    }

    @Test(
        "a bare one is found",
        arguments: [
            ("", nil), ("a\r\n", nil), ("\r\n\r\n", nil), ("a\n", 1), ("a\r", 1), ("\r\r\n", 0), ("\r\n\n", 2),
            ("\r\n.\n", 3), ("\r\na\rb", 3),
        ])
    func bare(_ text: String, _ offset: Int?) {
        #expect(LineEnds.firstBare(in: Array(text.utf8)) == offset)
    }
}
