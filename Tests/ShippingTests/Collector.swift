// SPDX-License-Identifier: Apache-2.0

import JSON
import Mail
import Synchronization

@testable import Shipping

/// A collector that behaves as Splunk documents it, and badly where `mood` says so.
final class Collector: SinkWeb {
    enum Mood: CaseIterable, Sendable {
        case well, busy, manyRequests, noAnswer, neverAcknowledges, restarts
    }

    struct State {
        var indexed: [Int] = []
        var largestBatch = 0
        var nextAck: [String: Int] = [:]
        /// Channel and id → events that are indexed when the question for it comes.
        var pending: [String: (events: [Int], polls: Int)] = [:]
        var acknowledged: Set<String> = []
        var requests = 0
    }

    private let state = Mutex(State())
    private let asksAcknowledgement: Bool
    private let mood: @Sendable () -> Mood

    init(asksAcknowledgement: Bool, mood: @escaping @Sendable () -> Mood) {
        self.asksAcknowledgement = asksAcknowledgement
        self.mood = mood
    }

    var indexed: [Int] { state.withLock { $0.indexed } }
    var largestBatch: Int { state.withLock { $0.largestBatch } }
    var requests: Int { state.withLock { $0.requests } }

    func close() async {}

    func post(_ request: SinkRequest) async throws -> SinkAnswer {
        let mood = mood()
        return try state.withLock { state in
            state.requests += 1
            if mood == .restarts { (state.nextAck, state.pending, state.acknowledged) = ([:], [:], []) }
            if mood == .noAnswer || mood == .restarts { throw Down() }
            return request.url.contains("/ack?") ? ask(request, &state) : take(request, mood, &state)
        }
    }

    private func take(_ request: SinkRequest, _ mood: Mood, _ state: inout State) -> SinkAnswer {
        if mood == .busy { return answer(503, "{\"text\":\"Server is busy\",\"code\":9}") }
        if mood == .manyRequests { return answer(429, "{\"text\":\"Too many requests\",\"code\":26}") }
        let events = Gunzip.envelopes(Gunzip.text(request.body)).compactMap { $0["event"] }
        state.largestBatch = max(state.largestBatch, events.count)
        var numbers: [Int] = []
        for (index, event) in events.enumerated() {
            guard case .string(let text)? = event["text"], case .number(let number)? = event["n"], text != "poison"
            else {
                state.indexed += numbers
                return answer(400, "{\"text\":\"Invalid data format\",\"code\":6,\"invalid-event-number\":\(index)}")
            }
            numbers.append(Int(number) ?? 0)
        }
        guard asksAcknowledgement else {
            state.indexed += numbers
            return answer(200, "{\"text\":\"Success\",\"code\":0}")
        }
        let channel = header("X-Splunk-Request-Channel", request)
        let ack = state.nextAck[channel, default: 0]
        state.nextAck[channel] = ack + 1
        if mood != .neverAcknowledges { state.pending["\(channel) \(ack)"] = (numbers, 2) }
        return answer(200, "{\"text\":\"Success\",\"code\":0,\"ackId\":\(ack)}")
    }

    private func ask(_ request: SinkRequest, _ state: inout State) -> SinkAnswer {
        let channel = String(request.url.split(separator: "=").last ?? "")
        guard case .array(let acks)? = (try? JSONValue(parsing: request.body, maximumDepth: 3))?["acks"] else {
            return answer(400, "{\"text\":\"No data\",\"code\":5}")
        }
        let answers = acks.map { ack -> String in
            guard case .number(let id) = ack, let waiting = state.pending["\(channel) \(id)"] else {
                return "\"x\":false"
            }
            state.pending["\(channel) \(id)"] = (waiting.events, waiting.polls - 1)
            guard waiting.polls <= 0 else { return "\"\(id)\":false" }
            if state.acknowledged.insert("\(channel) \(id)").inserted { state.indexed += waiting.events }
            state.pending["\(channel) \(id)"] = nil
            return "\"\(id)\":true"
        }
        return answer(200, "{\"acks\":{\(answers.joined(separator: ","))}}")
    }

    private func header(_ name: String, _ request: SinkRequest) -> String {
        request.headers.first { $0.0 == name }?.1 ?? ""
    }

    private func answer(_ status: Int, _ text: String) -> SinkAnswer {
        SinkAnswer(status: status, body: Array(text.utf8))
    }

    struct Down: Error {}
}
