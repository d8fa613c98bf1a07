// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// Makes spans of one stream's facts and sends them to a collector, each at least once.
///
/// It begins with what happens from its first start on. Its cursor, which is durable, moves when a page of facts was
/// taken; what is more than a day old by then is passed over, as collectors want to hear of it no more.
package actor TraceShipper {
    /// Spans in one request, and facts in one page.
    static let batchSpans = 512
    static let maximumAge = 86_400.0
    private static let reader = "traces.otlp"
    private static let kinds: Set<Fact.Event.Kind> = [.accepted, .delivered, .deferred, .bounced]
    private static let rememberedMessages = 10_000
    /// Between looks for new facts.
    private static let linger = 1.0
    private static let firstWait = 1.0
    private static let longestWait = 60.0
    /// Between tries while somebody has to act.
    private static let stoppedWait = 300.0

    /// Where facts come from and what is known of them.
    package struct Source: Sendable {
        let stream: any FactStream
        let cursors: any CursorStore
        let accepted: @Sendable (MessageID) async throws -> Fact.Accepted?
        let times: AcceptTimes
        let share: Double

        /// - Parameters:
        ///   - accepted: looks a message's acceptance up.
        ///   - share: of the messages whose sender did not decide it, how many are sampled: 0 to 1.
        package init(
            _ stream: any FactStream, cursors: any CursorStore, times: AcceptTimes, share: Double,
            accepted: @escaping @Sendable (MessageID) async throws -> Fact.Accepted?
        ) {
            self.stream = stream
            self.cursors = cursors
            self.accepted = accepted
            self.times = times
            self.share = share
        }

        /// Where to read on. At its first start that is where the stream ends: nothing is missed where no door is open
        /// yet.
        @discardableResult
        package func begin() async throws -> Int64 {
            let mark = "\(TraceShipper.reader).begun"
            if try await cursors.position(of: mark, in: stream.name) == 0 {
                try await cursors.advance(TraceShipper.reader, in: stream.name, to: try await stream.newest())
                try await cursors.advance(mark, in: stream.name, to: 1)
            }
            return try await cursors.position(of: TraceShipper.reader, in: stream.name)
        }
    }

    private struct Known { let trace: String? }

    private let source: Source
    private let door: OTLPDoor
    private let resource: OTLPResource
    private let clock: ShippingClock
    private let standing: TelemetryStanding

    private var position: Int64?
    /// What was read and not taken yet, oldest first.
    private var batch: [Span] = []
    /// How far the page reaches that `batch` is the rest of.
    private var pageEnd: Int64 = 0
    private var isMoreWaiting = false
    /// How many to send at once: fewer for a while after some were refused.
    private var limit = batchSpans
    private var known = Recent<MessageID, Known>(capacity: rememberedMessages)

    package init(
        _ source: Source, to door: OTLPDoor, resource: OTLPResource, clock: ShippingClock, standing: TelemetryStanding
    ) {
        self.source = source
        self.door = door
        self.resource = resource
        self.clock = clock
        self.standing = standing
    }

    /// Until it is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do { try await clock.sleep(await step()) } catch { break }
        }
        await door.close()
    }

    /// One look at the stream, and one try to send.
    /// - Returns: seconds to wait before the next.
    package func step() async -> Double {
        do {
            if batch.isEmpty { try await read() }
            guard !batch.isEmpty else { return isMoreWaiting ? 0 : Self.linger }
            let take = min(limit, batch.count)
            return try await settle(
                await door.post(TracesRequest.encode(Array(batch.prefix(take)), of: resource)), take)
        } catch {
            return retry("our own side failed: \(error)", after: nil)
        }
    }

    private func read() async throws {
        let from: Int64 = if let position { position } else { try await source.begin() }
        let page = try await source.stream.facts(of: Self.kinds, after: from, limit: Self.batchSpans)
        let oldest = clock.now() + -Self.maximumAge
        var (spans, late): ([Span], UInt64) = ([], 0)
        for recorded in page.facts {
            guard let span = try await span(of: recorded) else { continue }
            if recorded.fact.at < oldest { late += 1 } else { spans.append(span) }
        }
        (batch, pageEnd, isMoreWaiting) = (spans, page.last, page.isFull)
        if late > 0 { standing.lost(late, "spans of more than a day ago") }
        if spans.isEmpty, page.last > from { try await pass(page.last) } else { position = from }
    }

    private func span(of recorded: RecordedFact) async throws -> Span? {
        let fact = recorded.fact
        guard let message = fact.message else { return nil }
        let place = "\(source.stream.name)/\(recorded.sequence)"
        switch fact.event {
        case .accepted(let event):
            known[message] = Known(trace: event.trace)
            let trace = MessageTrace(of: message, trace: event.trace, share: source.share)
            guard trace.isSampled else { return nil }
            return trace.accepted(event, at: fact.at, took: source.times.time(of: message))
        case .delivered(let event): return try await outcome("deliver", event, message, fact.at, place)
        case .deferred(let event): return try await outcome("defer", event, message, fact.at, place)
        case .bounced(let event): return try await outcome("bounce", event, message, fact.at, place)
        default: return nil
        }
    }

    private func outcome(
        _ name: String, _ event: Fact.Outcome, _ message: MessageID, _ moment: Timestamp, _ place: String
    ) async throws -> Span? {
        if known[message] == nil {
            // Without its acceptance there is no trace that it could be a part of.
            guard let accepted = try await source.accepted(message) else { return nil }
            known[message] = Known(trace: accepted.trace)
        }
        let trace = MessageTrace(of: message, trace: known[message]?.trace, share: source.share)
        return trace.isSampled ? trace.outcome(name, event, at: moment, place: place) : nil
    }

    private func settle(_ answer: OTLPAnswer, _ take: Int) async throws -> Double {
        switch answer {
        case .taken(let rejected):
            standing.took(rejected: rejected)
            limit = min(Self.batchSpans, limit * 2)
            try await finish(take)
        case .refused where take > 1: limit = take / 2
        case .refused(let reason):
            standing.lost(1, reason)
            try await finish(1)
        case .later(let reason, let after): return retry(reason, after: after)
        case .stopped(let reason):
            _ = standing.failed(reason, needsAction: true, at: clock.now())
            return Self.stoppedWait
        }
        return batch.isEmpty && !isMoreWaiting ? Self.linger : 0
    }

    /// The first `count` of the batch are done with.
    private func finish(_ count: Int) async throws {
        if count == batch.count { try await pass(pageEnd) }
        batch.removeFirst(count)
    }

    private func pass(_ sequence: Int64) async throws {
        try await source.cursors.advance(Self.reader, in: source.stream.name, to: sequence)
        position = sequence
    }

    private func retry(_ reason: String, after: Double?) -> Double {
        // The end of the server is no trouble.
        guard !Task.isCancelled else { return 0 }
        let failures = standing.failed(reason, needsAction: false, at: clock.now())
        let wait = Backoff.wait(
            after: failures, first: Self.firstWait, longest: Self.longestWait, random: clock.random)
        return max(wait, min(after ?? 0, Self.stoppedWait))
    }
}
