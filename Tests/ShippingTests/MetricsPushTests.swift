// SPDX-License-Identifier: Apache-2.0

import Mail
import Measures
import Testing

@testable import Shipping

@Suite("Metrics for a collector")
struct MetricsPushTests {
    private static let resource = OTLPResource(version: "1", host: "h")
    private let time = VirtualTime()
    private let notes = TelemetryNotes()

    private func push(
        _ web: ScriptedWeb, _ metrics: [MetricReading], token: SecretBytes? = nil
    ) -> (MetricsPush, TelemetryStanding) {
        let standing = notes.standing("metrics")
        let push = MetricsPush(
            to: OTLPDoor(.metrics, at: "https://c", token: token, web: web), resource: Self.resource,
            start: Timestamp(seconds: 1), interval: 60, clock: time.clock, standing: standing, collect: { metrics })
        return (push, standing)
    }

    private static func counter(_ name: String, _ points: Int = 1) -> MetricReading {
        MetricReading(
            name: name, help: "Help.",
            data: .counter((0..<points).map { .init(labels: ["n": "\($0)"], number: .integer($0)) }))
    }

    @Test("is protobuf as the schema has it, octet for octet")
    func octets() {
        let request = MetricsRequest(
            resource: Self.resource, start: Timestamp(milliseconds: 0), at: Timestamp(milliseconds: 0))
        let encoded = request.encode([
            MetricReading(name: "m", help: "h", data: .counter([.init(labels: [:], number: .integer(-2))]))
        ])
        func keyed(_ key: String, _ value: String) -> [UInt8] {
            let pair =
                [10, UInt8(key.utf8.count)] + key.utf8 + [18, UInt8(value.utf8.count + 2), 10, UInt8(value.utf8.count)]
                + value.utf8
            return [10, UInt8(pair.count)] + pair
        }
        let resource = keyed("service.name", "postern") + keyed("service.version", "1") + keyed("host.name", "h")
        let scope: [UInt8] = [10, 7] + Array("postern".utf8) + [18, 1] + Array("1".utf8)
        let zeros = [UInt8](repeating: 0, count: 8)
        let point = [17] + zeros + [25] + zeros + [49, 254] + [UInt8](repeating: 255, count: 7)
        let sum = [10, UInt8(point.count)] + point + [16, 2, 24, 1]
        let metric = [10, 1, 109, 18, 1, 104, 58, UInt8(sum.count)] + sum
        let scoped = [10, UInt8(scope.count)] + scope + [18, UInt8(metric.count)] + metric
        let inner = [10, UInt8(resource.count)] + resource + [18, UInt8(scoped.count)] + scoped
        #expect(inner.count == 130)
        #expect(encoded == [10, 130, 1] + inner)
    }

    @Test("has counters, gauges and histograms each in its own kind")
    func kinds() async throws {
        let histogram = Histogram([0.5, 1])
        for value in [0.1, 0.7, 0.8, 3] { histogram.observe(value) }
        let web = ScriptedWeb()
        let (push, standing) = push(
            web,
            [
                Self.counter("a_total", 2),
                .init(
                    name: "age_seconds", help: "", data: .gauge([.init(labels: ["stream": "s"], number: .real(1.5))])),
                .init(name: "took_seconds", help: "", data: .histogram(histogram.reading)),
            ], token: SecretBytes(Array("t0ken".utf8)))
        #expect(await push.step() == 60)
        #expect(standing.state.sent == 1)
        let request = try #require(web.requests.first)
        #expect(request.url == "https://c/v1/metrics")
        #expect(request.headers.contains { $0 == ("Authorization", "Bearer t0ken") })
        let scope = try #require(Decoded(web.taken[0]).messages(1).first?.messages(2).first)
        let metrics = scope.messages(2)
        #expect(metrics.map { $0.text(1) } == ["a_total", "age_seconds", "took_seconds"])
        #expect(metrics.map { $0.text(3) } == [nil, "s", "s"])
        let sum = try #require(metrics[0].messages(7).first)
        #expect((sum.number(2), sum.number(3)) == (2, 1))
        #expect(sum.messages(1).map { $0.attributes(7) } == [["n": "0"], ["n": "1"]])
        #expect(sum.messages(1).map { $0.number(2) } == [1_000_000_000, 1_000_000_000])
        #expect(sum.messages(1).map { $0.number(6) } == [0, 1])
        let gauge = try #require(metrics[1].messages(5).first?.messages(1).first)
        #expect(gauge.number(2) == nil)
        #expect(gauge.number(4) == (1.5).bitPattern)
        let data = try #require(metrics[2].messages(9).first)
        #expect(data.number(2) == 2)
        let point = try #require(data.messages(1).first)
        #expect(point.number(4) == 4)
        #expect(point.octets(6) == [[1, 2, 1].flatMap { [$0] + [UInt8](repeating: 0, count: 7) }])
        #expect(point.octets(7).first?.count == 16)
    }

    @Test("goes in requests of a bounded size, and nothing where there is nothing")
    func batches() {
        let sizes = MetricsPush.batches([
            Self.counter("a", 1_500), Self.counter("b", 500), Self.counter("c", 1), Self.counter("none", 0),
            Self.counter("d", 5_000), Self.counter("e", 1),
        ]).map { $0.map(\.pointCount) }
        #expect(sizes == [[1_500, 500], [1], [5_000], [1]])
        #expect(MetricsPush.batches([]).isEmpty)
    }

    @Test("is tried again soon, then as often as ever; the log hears of each change once")
    func outage() async {
        let down = SinkAnswer(status: 503, body: [])
        let web = ScriptedWeb([down, down, SinkAnswer(status: 429, body: [], retryAfter: 90)])
        let (push, standing) = push(web, [Self.counter("a")])
        let waits = [await push.step(), await push.step(), await push.step()]
        #expect((0.5...1).contains(waits[0]))
        #expect((1...2).contains(waits[1]))
        #expect(waits[2] == 90)
        #expect(standing.state.trouble?.reason == "https://c answered 429")
        #expect(await push.step() == 60)
        #expect(standing.state.trouble == nil)
        #expect(notes.all == [.failing("https://c answered 503"), .recovered])
    }

    @Test("waits for somebody where a token is wrong, and counts what was not taken")
    func refusals() async {
        let web = ScriptedWeb([
            SinkAnswer(status: 401, body: []), SinkAnswer(status: 400, body: []),
            SinkAnswer(status: 200, body: [10, 2, 8, 3]), SinkAnswer(status: 200, body: []),
        ])
        let (push, standing) = push(web, [Self.counter("a", 2)])
        #expect(await push.step() == 300)
        #expect(standing.state.trouble?.needsAction == true)
        for _ in 0..<3 { #expect(await push.step() == 60) }
        #expect(standing.state.lost == 5)
        #expect(
            notes.all == [
                .failing("https://c answered 401"), .losing("https://c answered 400"), .recovered,
            ])
    }
}
