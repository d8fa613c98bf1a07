// SPDX-License-Identifier: Apache-2.0

import Compression
package import Mail
import Synchronization

/// Splunk's HTTP Event Collector: envelopes one after another, gzip, several endpoints.
///
/// Without acknowledgement a success says that the events look valid and were put into a queue. With it, a batch is durable
/// when the indexers say so. One batch is under way on a channel, so an id that a restarted collector gives out anew
/// cannot be taken for ours; a batch that failed leaves its channel behind.
package final class HECSink: ShipmentSink {
    package struct Settings: Sendable {
        /// `https://splunk.example.com:8088`
        package var endpoints: [String]
        package var token: SecretBytes
        package var index: String?
        package var asksAcknowledgement: Bool
        /// Seconds between questions for an acknowledgement, and until a batch is sent again without one.
        package var pollInterval = 1.0
        package var acknowledgementTimeout = 120.0
        /// Seconds to leave a collector alone that is nearly full.
        package var rest = 5.0

        package init(endpoints: [String], token: SecretBytes, index: String? = nil, asksAcknowledgement: Bool) {
            self.endpoints = endpoints
            self.token = token
            self.index = index
            self.asksAcknowledgement = asksAcknowledgement
        }
    }

    private struct Place { var endpoint = 0, channel: String }

    private let settings: Settings
    private let web: any SinkWeb
    private let clock: ShippingClock
    private let place: Mutex<Place>

    package init(_ settings: Settings, web: any SinkWeb, clock: ShippingClock) {
        self.settings = settings
        self.web = web
        self.clock = clock
        place = Mutex(Place(channel: UUIDText.random(clock.random)))
    }

    package func close() async { await web.close() }

    package func send(_ batch: [Shipment]) async -> ShipmentVerdict {
        var text: [UInt8] = []
        for shipment in batch { Envelope.write(shipment, index: settings.index, to: &text) }
        guard let body = try? Gzip.compress(text, .quick) else { return .retry("no memory to compress a batch") }
        var worst = ShipmentVerdict.stop("no endpoint is named")
        for turn in settings.endpoints.indices {
            let here = place.withLock { $0 }
            let verdict = await send(body, to: settings.endpoints[here.endpoint], channel: here.channel)
            switch verdict {
            case .durable, .split, .never: return verdict
            case .retry: worst = verdict
            case .stop: if turn == 0 { worst = verdict }
            }
            let next = Place(
                endpoint: (here.endpoint + 1) % settings.endpoints.count, channel: UUIDText.random(clock.random))
            place.withLock { $0 = next }
        }
        return worst
    }

    private func send(_ body: [UInt8], to endpoint: String, channel: String) async -> ShipmentVerdict {
        do {
            let answer = try await web.post(
                SinkRequest(
                    url: "\(endpoint)/services/collector/event",
                    headers: headers(channel) + [("Content-Encoding", "gzip")], body: body))
            let reply = HECReply(answer)
            let words = reply.words(status: answer.status, from: endpoint)
            switch reply.meaning(status: answer.status) {
            case .taken: return await acknowledged(reply.ack, rest: 0, by: endpoint, channel: channel)
            case .takenButFull:
                return await acknowledged(reply.ack, rest: settings.rest, by: endpoint, channel: channel)
            case .later: return .retry(words, after: answer.retryAfter)
            case .oneIsWrong: return reply.invalidEvent.map { .split(at: max(0, $0), words) } ?? .never(words)
            case .allIsWrong: return .never(words)
            case .act: return .stop(words)
            }
        } catch {
            return .retry("\(endpoint): \(error)")
        }
    }

    private func acknowledged(
        _ ack: Int64?, rest: Double, by endpoint: String, channel: String
    ) async -> ShipmentVerdict {
        guard settings.asksAcknowledgement else { return .durable(rest: rest) }
        guard let ack else { return .stop("\(endpoint) gave no acknowledgement id: useACK is off for this token") }
        let end = clock.now() + settings.acknowledgementTimeout
        var trouble: String?
        while clock.now() < end {
            do { try await clock.sleep(settings.pollInterval) } catch { return .retry("stopped while waiting") }
            switch await ask(ack, of: endpoint, channel: channel) {
            case .indexed: return .durable(rest: rest)
            case .notYet: trouble = nil
            case .unanswered(let reason): trouble = reason
            case .act(let reason): return .stop(reason)
            }
        }
        let seconds = Int(settings.acknowledgementTimeout)
        return .retry("\(endpoint) did not acknowledge in \(seconds) seconds\(trouble.map { "; asked, \($0)" } ?? "")")
    }

    /// What a collector says when it is asked for an acknowledgement.
    private enum Poll {
        case indexed
        case notYet
        /// It gave no answer to that question, and why.
        case unanswered(String)
        case act(String)
    }

    private func ask(_ ack: Int64, of endpoint: String, channel: String) async -> Poll {
        let request = SinkRequest(
            url: "\(endpoint)/services/collector/ack?channel=\(channel)", headers: headers(channel),
            body: Array("{\"acks\":[\(ack)]}".utf8))
        do {
            let answer = try await web.post(request)
            let reply = HECReply(answer)
            if reply.isAboutAcks { return reply.acknowledges(ack) ? .indexed : .notYet }
            let words = reply.words(status: answer.status, from: endpoint)
            return reply.meaning(status: answer.status) == .act ? .act(words) : .unanswered(words)
        } catch {
            return .unanswered("\(endpoint): \(error)")
        }
    }

    private func headers(_ channel: String) -> [(String, String)] {
        let token = String(decoding: settings.token.exposed, as: UTF8.self)
        return [
            ("Authorization", "Splunk \(token)"), ("Content-Type", "application/json"),
            ("X-Splunk-Request-Channel", channel),
        ]
    }
}
