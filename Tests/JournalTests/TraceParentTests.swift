// SPDX-License-Identifier: Apache-2.0

import Journal
import Testing

@Suite("traceparent")
struct TraceParentTests {
    private static let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test("is read as W3C has it")
    func read() throws {
        let parent = try #require(TraceParent(Self.good))
        #expect(
            parent.traceID == [
                0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36,
            ])
        #expect(parent.parentID == [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7])
        #expect(parent.isSampled)
        #expect(parent.description == Self.good)
    }

    @Test(
        "says in its last bit whether it is sampled",
        arguments: [("00", false), ("02", false), ("03", true), ("ff", true)])
    func sampled(_ flags: String, _ isSampled: Bool) {
        #expect(TraceParent(String(Self.good.dropLast(2)) + flags)?.isSampled == isSampled)
    }

    @Test(
        "is none for what the standard does not let pass",
        arguments: [
            "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
            " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
            "00-4bf92f3577b34da6a3ce929d0e0e47\u{e9}-00f067aa0ba902b7-01",
        ])
    func refused(_ text: String) { #expect(TraceParent(text) == nil) }

    @Test("stands in the fact of an acceptance, and is not there where none came")
    func stored() throws {
        func accepted(_ trace: String?) -> Fact.Event {
            .accepted(
                .init(
                    door: "api", principal: "p", reversePath: "a@b", from: "a@b", recipients: ["c@d"], identity: "i",
                    size: 1, sourceAddress: "192.0.2.1", trace: trace))
        }
        let traced = accepted(Self.good)
        #expect(traced.json.hasSuffix(",\"trace\":\"\(Self.good)\"}}"))
        #expect(try Fact.Event(json: traced.json) == traced)
        #expect(!accepted(nil).json.contains("trace"))
        #expect(try Fact.Event(json: accepted(nil).json) == accepted(nil))
    }
}
