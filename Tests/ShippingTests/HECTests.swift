// SPDX-License-Identifier: Apache-2.0

import Mail
import Synchronization
import Testing

@testable import Shipping

@Suite("The event collector")
struct HECTests {
    @Test(
        "means with each code what Splunk says",
        arguments: [
            (0, 200, HECCode.Meaning.taken), (1, 403, .act), (2, 401, .act), (3, 401, .act), (4, 403, .act),
            (5, 400, .allIsWrong), (6, 400, .oneIsWrong), (7, 400, .act), (8, 500, .later), (9, 503, .later),
            (10, 400, .act), (11, 400, .act), (12, 400, .oneIsWrong), (13, 400, .oneIsWrong), (14, 400, .act),
            (15, 400, .oneIsWrong), (16, 400, .act), (17, 200, .later), (18, 503, .later), (19, 503, .later),
            (20, 503, .later), (21, 400, .act), (22, 400, .act), (23, 503, .later), (24, 200, .takenButFull),
            (25, 200, .takenButFull), (26, 429, .later), (27, 429, .later),
        ])
    func codes(_ code: Int, _ status: Int, _ meaning: HECCode.Meaning) {
        let reply = HECReply(SinkAnswer(status: status, body: Array("{\"text\":\"x\",\"code\":\(code)}".utf8)))
        #expect(reply.meaning(status: status) == meaning)
    }

    @Test(
        "is understood where something else answers for it",
        arguments: [
            (200, HECCode.Meaning.later), (302, .act), (400, .act), (401, .act), (404, .act), (408, .later),
            (413, .allIsWrong), (429, .later), (500, .later), (502, .later), (503, .later),
        ])
    func statuses(_ status: Int, _ meaning: HECCode.Meaning) {
        for body in ["", "<html>", "{\"code\":999}", "[]", "{\"code\":\"0\"}"] {
            #expect(HECReply(SinkAnswer(status: status, body: Array(body.utf8))).meaning(status: status) == meaning)
        }
    }

    @Test("does not take a success with the status of a failure for one")
    func contradiction() {
        let reply = HECReply(SinkAnswer(status: 503, body: Array("{\"text\":\"Success\",\"code\":0}".utf8)))
        #expect(reply.meaning(status: 503) == .later)
    }

    @Test("gets envelopes one after another, the token in a header only")
    func request() async {
        let time = VirtualTime()
        let web = Web([.success(200, "{\"text\":\"Success\",\"code\":0}")])
        let sink = HECSink(
            .init(
                endpoints: ["https://a"], token: SecretBytes(Array("secret".utf8)), index: "mail",
                asksAcknowledgement: false), web: web, clock: time.clock)
        #expect(await sink.send(Array(Rows(2, time: time).shipments)) == .durable())
        let request = web.requests[0]
        #expect(request.url == "https://a/services/collector/event")
        #expect(request.headers.contains { $0 == ("Authorization", "Splunk secret") })
        #expect(request.headers.contains { $0 == ("Content-Encoding", "gzip") })
        #expect(
            Gunzip.text(request.body)
                == [1, 2].map {
                    "{\"time\":1780000000.000,\"host\":\"h\",\"source\":\"rows\",\"sourcetype\":\"test\","
                        + "\"index\":\"mail\",\"event\":{\"n\":\($0),\"text\":\"\($0)\"}}"
                }.joined())
    }

    @Test("is left for the next endpoint where it does not answer, and the next one is kept")
    func failover() async {
        let time = VirtualTime()
        let web = Web([.down, .success(200, "{\"code\":0}"), .success(200, "{\"code\":0}")])
        let sink = sink(["https://a", "https://b"], web, time)
        let batch = Rows(1, time: time).shipments
        #expect(await sink.send(batch) == .durable())
        #expect(await sink.send(batch) == .durable())
        #expect(web.requests.map { String($0.url.prefix(9)) } == ["https://a", "https://b", "https://b"])
    }

    @Test("is tried again later where one endpoint may recover and the other refuses")
    func worst() async {
        let time = VirtualTime()
        let batch = Rows(1, time: time).shipments
        let refused = Web.Reply.success(403, "{\"text\":\"Invalid token\",\"code\":4}")
        for script in [[refused, .down], [.down, refused]] {
            guard case .retry = await sink(["https://a", "https://b"], Web(script), time).send(batch) else {
                Issue.record("not tried again")
                continue
            }
        }
        let both = await sink(["https://a", "https://b"], Web([refused, refused]), time).send(batch)
        #expect(both == .stop("https://a answered 403, code 4: Invalid token"))
    }

    @Test("names an acknowledgement that its token does not give")
    func noAck() async {
        let time = VirtualTime()
        let web = Web([.success(200, "{\"code\":0}")])
        let verdict = await sink(["https://a"], web, time, acknowledges: true).send(Rows(1, time: time).shipments)
        #expect(verdict == .stop("https://a gave no acknowledgement id: useACK is off for this token"))
    }

    @Test("is asked until it acknowledges, on the channel of the batch")
    func acknowledgement() async {
        let time = VirtualTime()
        let web = Web([
            .success(200, "{\"code\":0,\"ackId\":7}"), .success(200, "{\"acks\":{\"7\":false}}"), .down,
            .success(503, "{\"code\":9}"), .success(200, "{\"acks\":{\"7\":true}}"),
        ])
        #expect(
            await sink(["https://a"], web, time, acknowledges: true).send(Rows(1, time: time).shipments) == .durable())
        let channel = web.requests[0].headers.first { $0.0 == "X-Splunk-Request-Channel" }?.1 ?? ""
        #expect(channel.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        for request in web.requests.dropFirst() {
            #expect(request.url == "https://a/services/collector/ack?channel=\(channel)")
            #expect(request.body == Array("{\"acks\":[7]}".utf8))
        }
    }

    @Test(
        "says why it could not be asked for an acknowledgement, where that was the last that happened",
        arguments: [
            ([Web.Reply.down], "; asked, https://a: Nobody()"),
            (
                [.success(503, "{\"text\":\"Server is busy\",\"code\":9}")],
                "; asked, https://a answered 503, code 9: Server is busy"
            ),
            ([.down, .success(200, "{\"acks\":{\"7\":false}}")], ""),
        ])
    func unanswered(_ polls: [Web.Reply], _ words: String) async {
        let time = VirtualTime()
        let web = Web([.success(200, "{\"code\":0,\"ackId\":7}")] + polls)
        let sink = sink(["https://a"], web, time, acknowledges: true, timeout: Double(polls.count))
        let verdict = await sink.send(Rows(1, time: time).shipments)
        #expect(verdict == .retry("https://a did not acknowledge in \(polls.count) seconds\(words)"))
    }

    private func sink(
        _ endpoints: [String], _ web: Web, _ time: VirtualTime, acknowledges: Bool = false,
        timeout: Double = 120
    ) -> HECSink {
        var settings = HECSink.Settings(
            endpoints: endpoints, token: SecretBytes([65]), asksAcknowledgement: acknowledges)
        settings.acknowledgementTimeout = timeout
        return HECSink(settings, web: web, clock: time.clock)
    }
}

/// Answers from a list; then nobody does.
final class Web: SinkWeb {
    enum Reply: Sendable {
        case success(Int, String)
        case down
    }
    struct Nobody: Error {}

    private let state: Mutex<(script: [Reply], requests: [SinkRequest])>

    init(_ script: [Reply]) { state = Mutex((script, [])) }

    var requests: [SinkRequest] { state.withLock { $0.requests } }

    func close() async {}

    func post(_ request: SinkRequest) async throws -> SinkAnswer {
        try state.withLock { state in
            state.requests.append(request)
            guard !state.script.isEmpty, case .success(let status, let text) = state.script.removeFirst() else {
                throw Nobody()
            }
            return SinkAnswer(status: status, body: Array(text.utf8))
        }
    }
}
