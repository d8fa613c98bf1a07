// SPDX-License-Identifier: Apache-2.0

import Mail
import SMTP
import Testing

@Suite("SMTP replies on the wire")
struct GrammarReplyTests {
    @Test(
        "writes code, enhanced code and lines",
        arguments: [
            (Reply(250, nil, "Ok"), "250 Ok\r\n"), (Reply(334, nil, ""), "334 \r\n"),
            (Reply(550, .init(5, 7, 1), "No"), "550 5.7.1 No\r\n"),
            (Reply(250, nil, "a", "b", "c"), "250-a\r\n250-b\r\n250 c\r\n"),
            (Reply(554, .init(5, 6, 0), "a", "b"), "554-5.6.0 a\r\n554 5.6.0 b\r\n"),
            (Reply(code: 250, enhanced: nil, lines: []), "250 \r\n"),
        ])
    func wire(_ reply: Reply, _ text: String) {
        #expect(String(decoding: reply.wire, as: UTF8.self) == text)
    }

    @Test(
        "lets no text break out of its line",
        arguments: ["a\r\n250 b", "a\nb", "a\r250 b", "a\0b", "\u{1B}[2J", "a\u{7F}"])
    func breakOut(_ text: String) {
        let wire = Reply(550, .init(5, 0, 0), text).wire
        #expect(wire.suffix(2) == [13, 10])
        #expect(wire.dropLast(2).allSatisfy { $0 >= 32 && $0 != 127 })
    }
}
