// SPDX-License-Identifier: Apache-2.0

import Foundation
import Journal
import Testing

@Suite("Events")
struct EventTests {
    private static let outcome = Fact.Outcome(
        recipients: ["a@example.com", "\"b\\\" c\"@example.com"], attempt: 2, peer: "mx [192.0.2.1]:25",
        reply: "451 tab\t\u{1} ünï \u{1F600}", tls: nil, milliseconds: 7, next: 9)

    @Test(
        "are read back as they were written",
        arguments: [
            .accepted(
                .init(
                    door: "smtp", principal: "p", reversePath: "r", from: "f", recipients: [], identity: "i", size: 1,
                    sourceAddress: "::1", configurationSet: "c", tags: ["a": "\"", "b": "\r\n"])),
            .delivered(outcome), .deferred(outcome), .bounced(outcome),
            .refused(.init(door: "d", principal: "p", control: "c", reason: "line\nbreak\u{7f}", sourceAddress: "s")),
            .administered(.init(operation: "o", principal: "p", resource: "r", sourceAddress: "s")),
        ] as [Fact.Event])
    func roundTrip(_ event: Fact.Event) throws {
        #expect(!event.json.utf8.contains { $0 < 32 }, "one event is one line")
        #expect(try JSONDecoder().decode(Fact.Event.self, from: Data(event.json.utf8)) == event)
    }

    @Test("refuse what they do not know", arguments: ["{}", "{\"exploded\":{}}", "[]", "{\"refused\":{}}"])
    func unknown(_ text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Fact.Event.self, from: Data(text.utf8)) }
    }
}
