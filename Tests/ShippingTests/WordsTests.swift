// SPDX-License-Identifier: Apache-2.0

import JSON
import Journal
import Mail
import Testing
import Trail

@testable import Shipping

@Suite("What a sink is told")
struct WordsTests {
    private func shipment(_ json: String, host: String = "mail.example.com") -> Shipment {
        Shipment(
            sequence: 1, at: Timestamp(milliseconds: 1_780_000_000_007), source: "postern:trail",
            sourcetype: "aws:cloudtrail", host: host, kind: .trail, json: json)
    }

    @Test(
        "cannot begin a line of its own",
        arguments: [
            ("{\"a\":\n1}", "{\"a\": 1}"), ("{\"a\":\"x\r\n<110>1 forged\"}", "{\"a\":\"x  <110>1 forged\"}"),
            ("{\"a\":\"x\u{2028}y\u{85}z\u{7f}\"}", "{\"a\":\"x\\u2028y\\u0085z\\u007f\"}"),
            ("{\"a\":\"\u{9b}31m\"}", "{\"a\":\"\\u009b31m\"}"), ("{\"a\":\"ä€😀\"}", "{\"a\":\"ä€😀\"}"),
        ])
    func oneLine(_ json: String, _ line: String) {
        #expect(shipment(json).json == line)
    }

    @Test("has no control character in a reason, and not too many words")
    func reasons() {
        #expect(OneLine.words("a\nERROR b\u{1b}[0m\r") == "a ERROR b [0m ")
        #expect(OneLine.words(String(repeating: "x", count: 500)).count == 200)
    }

    @Test("is a syslog message whose octets are counted")
    func syslog() {
        var octets: [UInt8] = []
        SyslogMessage.frame(shipment("{\"a\":\"ä\"}", host: "mail example\n<1>"), to: &octets)
        let message = "<110>1 2026-05-28T20:26:40.007Z mailexample<1> postern - trail - {\"a\":\"ä\"}"
        #expect(String(decoding: octets, as: UTF8.self) == "\(message.utf8.count) \(message)")
        #expect(SyslogMessage.text(shipment("{}", host: "")).hasPrefix("<110>1 2026-05-28T20:26:40.007Z - postern"))
    }

    @Test("names a message's fact, its stream and its place, and passes acts over")
    func messages() async throws {
        let fact = Fact(
            at: Timestamp(milliseconds: 1_780_000_000_007), account: try #require(AccountID("111122223333")),
            message: nil, event: .warned(.init(control: "sinks.s", subject: "a\"b", reason: "c\nd")))
        let other = Fact(
            at: fact.at, account: fact.account, message: nil,
            event: .renderingFailed(.init(template: "t", reason: "r", recipients: [])))
        let source = MessageShipments(Facts(facts: [fact, other]), host: "h", sight: .clear)
        let page = try await source.page(after: 0, limit: 2)
        #expect(source.name == "messages:spool")
        #expect(page.last == 2)
        #expect(page.isFull)
        #expect(page.shipments.map(\.isAboutCopies) == [true, false])
        let text = page.shipments[0].json
        #expect(
            text == "{\"eventID\":\"spool-1\",\"eventTime\":\"2026-05-28T20:26:40.007Z\",\"eventType\":\"warned\","
                + "\"accountId\":\"111122223333\",\"warned\":{\"control\":\"sinks.s\",\"subject\":\"a\\\"b\","
                + "\"reason\":\"c\\u000ad\"}}")
        _ = try JSONValue(parsing: text, maximumDepth: 8)
    }

    @Test(
        "shows no recipient in clear, wherever one stands",
        arguments: [
            .accepted(
                .init(
                    door: "smtp", principal: "p", reversePath: "", from: "ada@example.com",
                    recipients: ["bob@example.net"],
                    identity: "i", size: 1, sourceAddress: "s")),
            .bounced(
                .init(
                    recipients: ["bob@example.net"], attempt: 1, peer: "mx [192.0.2.1]:25",
                    reply: "550 <bob@example.net> unknown", tls: nil, milliseconds: 1,
                    replies: ["250 ok", "550 bob@example.net?"])),
            .complained(.init(recipients: ["bob@example.net"], feedbackType: "abuse", userAgent: "u")),
            .renderingFailed(.init(template: "t", reason: "for bob@example.net", recipients: ["bob@example.net"])),
            .refused(.init(door: "d", principal: "p", control: "c", reason: "to bob@example.net", sourceAddress: "s")),
            .warned(.init(control: "c", subject: "bob@example.net", reason: "r")),
            .administered(
                .init(
                    operation: "postern:SuppressDestination", principal: "server", resource: "bob@example.net",
                    sourceAddress: "")),
            .called(
                .init(
                    call: .init(
                        request: "r", source: "ses.amazonaws.com", name: "PutSuppressedDestination", identity: "{}",
                        userName: nil, accessKeyID: nil, agent: "", parameters: #"{"EmailAddress":"bob@example.net"}"#),
                    principal: "p", sourceAddress: "s", errorMessage: "bob@example.net?")),
        ] as [Fact.Event])
    func recipients(_ event: Fact.Event) async throws {
        let fact = Fact(
            at: Timestamp(milliseconds: 0), account: try #require(AccountID("111122223333")), message: nil, event: event
        )
        for sight in [RecipientSight.hidden, .hashed(SecretBytes(Array(repeating: 7, count: 32)))] {
            let source = MessageShipments(Facts(facts: [fact]), host: "h", sight: sight)
            let text = try await source.page(after: 0, limit: 2).shipments[0].json
            #expect(!text.contains("bob"), "\(text)")
            #expect(text.contains("ada@example.com") == event.json.contains("ada@example.com"))
        }
    }

    @Test(
        "of OpenTelemetry's answers tells later from never",
        arguments: [
            (200, [UInt8](), ShipmentVerdict.durable()), (200, [10, 2, 8, 0], .durable()),
            (200, [10, 2, 8, 3], .never("the collector rejected 3 records")), (200, [10, 255], .durable()),
            (400, [], .never("x answered 400")), (401, [], .stop("x answered 401")), (404, [], .stop("x answered 404")),
            (413, [], .never("x answered 413")), (429, [], .retry("x answered 429")),
            (503, [], .retry("x answered 503")),
        ])
    func otlp(_ status: Int, _ body: [UInt8], _ verdict: ShipmentVerdict) {
        #expect(OTLPSink.verdict(OTLPAnswer(SinkAnswer(status: status, body: body), of: "x")) == verdict)
    }

    @Test("is a protobuf message as OpenTelemetry's schema has it")
    func protobuf() {
        var message = Protobuf()
        message.varint(2, 300)
        message.fixed64(1, 0x0102_0304_0506_0708)
        message.message(5) { $0.text(1, "ab") }
        #expect(message.octets == [0x10, 0xac, 2, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0x2a, 4, 0x0a, 2, 97, 98])
        #expect(Protobuf.varint(at: [2], in: message.octets[...]) == 300)
        #expect(Protobuf.varint(at: [3], in: [0xff, 0xff]) == nil)
    }
}

private struct Facts: FactStream {
    let name = "spool"
    let facts: [Fact]

    func facts(after sequence: Int64, limit: Int) async throws -> [RecordedFact] {
        facts.enumerated().map { RecordedFact(sequence: Int64($0.offset + 1), fact: $0.element) }
            .filter { $0.sequence > sequence }.prefix(limit).map(\.self)
    }
}
