// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Testing

@testable import Shipping

@Suite("Traces for a collector")
struct TraceShipperTests {
    private static let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private static let unsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"

    private let time = VirtualTime()
    private let notes = TelemetryNotes()
    private let facts = GrowingFacts()
    private let cursors = Cursors()
    private let times = AcceptTimes()

    private func source(share: Double = 1) -> TraceShipper.Source {
        .init(facts, cursors: cursors, times: times, share: share) { [facts] in await facts.accepted($0) }
    }

    private func shipper(_ web: ScriptedWeb, share: Double = 1) -> TraceShipper {
        TraceShipper(
            source(share: share), to: OTLPDoor(.traces, at: "https://c", token: nil, web: web),
            resource: .init(version: "1", host: "h"), clock: time.clock, standing: notes.standing("traces"))
    }

    private func message(_ number: UInt64) -> MessageID {
        MessageID(region: "us-east-1", at: Timestamp(seconds: 1_780_000_000), random: (number, number))
    }

    private func fact(_ number: UInt64, _ event: Fact.Event) throws -> Fact {
        Fact(at: time.now, account: try #require(AccountID("111122223333")), message: message(number), event: event)
    }

    private func accepted(_ number: UInt64, trace: String? = nil) throws -> Fact {
        try fact(
            number,
            .accepted(
                .init(
                    door: "api", principal: "p", reversePath: "ada@example.com", from: "ada@example.com",
                    recipients: ["carl@example.net"], identity: "i", size: 7, sourceAddress: "192.0.2.1",
                    trace: trace)))
    }

    private func outcome(_ reply: String, _ verdict: Fact.Verdict? = nil) -> Fact.Outcome {
        .init(
            recipients: ["carl@example.net"], attempt: 1, peer: "mx1.example.net [192.0.2.9]:25", reply: reply,
            tls: "TLSv1.3", milliseconds: 250, verdict: verdict)
    }

    private func spans(_ web: ScriptedWeb) -> [Decoded] {
        web.taken.flatMap { Decoded($0).messages(1).flatMap { $0.messages(2).flatMap { $0.messages(2) } } }
    }

    @Test("go from acceptance to the outcome of each try, below the caller's span")
    func tree() async throws {
        let web = ScriptedWeb()
        let shipper = shipper(web)
        try await source().begin()
        times.note(message(1), .init(end: time.now + 0.02, seconds: 0.015))
        let noEmail = Fact.Verdict(type: "Permanent", subType: "NoEmail", party: "recipient", delay: "", rule: "r")
        await facts.add([
            try accepted(1, trace: Self.caller), try fact(1, .deferred(outcome("451 4.7.1 later"))),
            try fact(1, .bounced(outcome("550 5.1.1 carl@example.net unknown", noEmail))),
        ])
        #expect(await shipper.step() == 1)
        let spans = spans(web)
        let trace =
            [[0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36]]
            as [[UInt8]]
        #expect(spans.map { $0.octets(1) } == [trace, trace, trace])
        #expect(spans.map { $0.text(5) } == ["accept", "defer", "bounce"])
        #expect(spans.map { $0.number(6) } == [2, 3, 3])
        #expect(spans[0].octets(4) == [[0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]])
        #expect(spans.dropFirst().allSatisfy { $0.octets(4) == spans[0].octets(2) })
        #expect(Set(spans.map { $0.octets(2) }).count == 3)
        #expect(spans.allSatisfy { $0.octets(2).first?.count == 8 })
        #expect(spans.map { $0.number(16) } == [0x301, 0x101, 0x101])
        let now = UInt64(time.now.milliseconds) * 1_000_000
        #expect((spans[0].number(7), spans[0].number(8)) == (now + 5_000_000, now + 20_000_000))
        #expect((spans[1].number(7), spans[1].number(8)) == (now - 250_000_000, now))
        #expect(spans[1].messages(15).isEmpty)
        let status = try #require(spans[2].messages(15).first)
        #expect((status.text(2), status.number(3)) == ("NoEmail", 2))
        #expect(
            spans[2].attributes(9) == [
                "messaging.system": "postern", "messaging.message.id": message(1).description, "postern.attempt": "1",
                "postern.recipients": "1", "server.address": "mx1.example.net", "network.peer.address": "192.0.2.9",
                "network.peer.port": "25", "postern.reply.code": "550", "tls.protocol.name": "tls",
                "tls.protocol.version": "1.3", "postern.bounce.type": "Permanent",
                "postern.bounce.sub_type": "NoEmail", "error.type": "550",
            ])
        #expect(!String(decoding: web.taken[0], as: UTF8.self).contains("carl"))
    }

    @Test("have ids of their own where nobody called, the same ones however often")
    func ownIDs() async throws {
        let (first, again) = (ScriptedWeb(), ScriptedWeb())
        let shipper = shipper(first)
        try await source().begin()
        await facts.add([try accepted(1), try fact(1, .delivered(outcome("250 ok")))])
        _ = await shipper.step()
        await cursors.advance("traces.otlp", in: "spool", to: 0)
        _ = await self.shipper(again).step()
        #expect(spans(first).map { $0.octets(1) }.count == 2)
        #expect(spans(first)[0].octets(4).isEmpty)
        #expect(spans(first)[0].octets(1) == spans(first)[1].octets(1))
        #expect(first.taken == again.taken)
    }

    @Test("are sampled as the caller says, else by share")
    func sampling() async throws {
        let web = ScriptedWeb()
        let shipper = shipper(web, share: 0)
        try await source().begin()
        await facts.add([
            try accepted(1, trace: Self.unsampled), try fact(1, .delivered(outcome("250 ok"))), try accepted(2),
            try accepted(3, trace: Self.caller), try accepted(4, trace: "forged"),
        ])
        #expect(await shipper.step() == 1)
        #expect(spans(web).map { $0.attributes(9)["messaging.message.id"] } == [message(3).description])
        let chosen = (0..<1_000).count { number in
            MessageTrace(of: message(UInt64(number) &* 0x9e37_79b9_7f4a_7c15), trace: nil, share: 0.25).isSampled
        }
        #expect((200...300).contains(chosen))
    }

    @Test("begin where the stream ends at the first start, and go on after a restart where they were")
    func restart() async throws {
        await facts.add([try accepted(1), try accepted(2)])
        let web = ScriptedWeb()
        _ = await shipper(web).step()
        #expect(web.requests.isEmpty)
        await facts.add([try accepted(3)])
        // Its acceptance was read by somebody who is no more.
        let second = shipper(web)
        _ = await second.step()
        await facts.add([try fact(3, .delivered(outcome("250 ok")))])
        _ = await shipper(web).step()
        #expect(spans(web).map { $0.text(5) } == ["accept", "deliver"])
        #expect(spans(web)[1].octets(4) == spans(web)[0].octets(2))
    }

    @Test("wait while the collector is away, and none is lost or sent again once it took them")
    func outage() async throws {
        let web = ScriptedWeb([SinkAnswer(status: 503, body: []), SinkAnswer(status: 503, body: [])])
        let shipper = shipper(web)
        try await source().begin()
        await facts.add([try accepted(1)])
        #expect((0.5...1).contains(await shipper.step()))
        #expect((1...2).contains(await shipper.step()))
        #expect(await cursors.position(of: "traces.otlp", in: "spool") == 0)
        for _ in 0..<3 { #expect(await shipper.step() == 1) }
        #expect(await cursors.position(of: "traces.otlp", in: "spool") == 1)
        #expect(spans(web).count == 1)
        #expect(web.requests.count == 3)
        #expect(notes.all == [.failing("https://c answered 503"), .recovered])
    }

    @Test("go in requests of a bounded size, and one that is refused keeps no other back")
    func batches() async throws {
        let web = ScriptedWeb(Array(repeating: SinkAnswer(status: 413, body: []), count: 10))
        let shipper = shipper(web)
        try await source().begin()
        let count = TraceShipper.batchSpans * 2 + 1
        await facts.add(try (0..<count).map { try accepted(UInt64($0)) })
        for _ in 0..<60 { _ = await shipper.step() }
        let sizes = web.taken.map { Decoded($0).messages(1)[0].messages(2)[0].messages(2).count }
        #expect(sizes.allSatisfy { $0 <= TraceShipper.batchSpans })
        // 512, 256, … 1: the ninth halving leaves one, and that is what is given up.
        #expect(sizes.reduce(0, +) == count - 1)
        #expect(notes.all == [.losing("https://c answered 413")])
        #expect(await cursors.position(of: "traces.otlp", in: "spool") == Int64(count))
    }

    @Test("of more than a day ago are passed over")
    func late() async throws {
        let web = ScriptedWeb()
        let shipper = shipper(web)
        try await source().begin()
        await facts.add([try accepted(1)])
        time.pass(86_401)
        await facts.add([try accepted(2)])
        _ = await shipper.step()
        #expect(spans(web).map { $0.attributes(9)["messaging.message.id"] } == [message(2).description])
        #expect(notes.all == [.losing("spans of more than a day ago")])
    }

    @Test(
        "name a peer's parts",
        arguments: [
            ("mx1.example.com [192.0.2.1]:25", "mx1.example.com", "192.0.2.1", 25),
            ("mx [2001:db8::1]:2525", "mx", "2001:db8::1", 2525), ("capture", "capture", nil, nil),
            ("mx ", "mx", nil, nil), ("", nil, nil, nil), ("mx [", "mx", nil, nil), ("[]", "[]", nil, nil),
        ] as [(String, String?, String?, Int?)])
    func peers(_ text: String, _ host: String?, _ address: String?, _ port: Int?) {
        let peer = PeerName(text)
        #expect((peer.host, peer.address, peer.port) == (host, address, port))
    }

    @Test("forget the oldest acceptances first")
    func recent() {
        var recent = Recent<Int, Int>(capacity: 2)
        for key in [1, 2, 1, 3, 4] { recent[key] = key * 10 }
        #expect((recent[1], recent[2], recent[3], recent[4]) == (nil, nil, 30, 40))
        #expect(recent.count == 2)
    }
}
