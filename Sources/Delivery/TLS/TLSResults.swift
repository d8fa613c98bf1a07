// SPDX-License-Identifier: Apache-2.0

package import Mail
package import Reports
import Synchronization

/// Sessions of one kind in one span of time: what a report counts.
package struct TLSCount: Hashable, Sendable {
    /// When the span began.
    package let start: Timestamp
    /// The recipients' domain.
    package let domain: Domain
    package let policy: AppliedPolicy
    /// Nil for sessions that went well.
    package let failure: CountedFailure?
    package let sessions: Int

    package init(
        start: Timestamp, domain: Domain, policy: AppliedPolicy, failure: CountedFailure?, sessions: Int
    ) {
        self.start = start
        self.domain = domain
        self.policy = policy
        self.failure = failure
        self.sessions = sessions
    }
}

package struct CountedFailure: Hashable, Sendable, Codable {
    package let type: TLSResultType
    package let host: String?
    package let words: String

    package init(type: TLSResultType, host: String?, words: String) {
        self.type = type
        self.host = host
        self.words = words
    }
}

/// Counters of TLS sessions that outlive the process.
package protocol TLSResultStore: Sendable {
    /// Adds to what is counted already.
    func add(_ counts: [TLSCount]) async throws
    /// Domains with counts of spans that began before the moment, the oldest first.
    func domains(before moment: Timestamp) async throws -> [(start: Timestamp, domain: Domain)]
    func counts(of domain: Domain, from start: Timestamp) async throws -> [TLSCount]
    func remove(_ domain: Domain, from start: Timestamp) async throws
}

/// Counts how sessions went, by day, recipient domain and policy (RFC 8460 §4).
///
/// Limits: 20,000 kinds of session between two writes, words of 200 octets. Beyond, failures of a kind are counted
/// without host and words, and successes of new kinds not at all.
package final class TLSResults: Sendable {
    package static let capacity = 20_000
    static let maximumWords = 200

    private struct Key: Hashable {
        let start: Timestamp
        let domain: Domain
        let policy: AppliedPolicy
        let failure: CountedFailure?
    }

    private let store: any TLSResultStore
    private let span: Double
    private let now: Now
    private let capacity: Int
    private let counts = Mutex<[Key: Int]>([:])

    /// - Parameter span: seconds that one report covers: a day.
    package init(
        store: any TLSResultStore, span: Double = 86_400, capacity: Int = TLSResults.capacity, now: @escaping Now
    ) {
        self.store = store
        self.span = span
        self.capacity = capacity
        self.now = now
    }

    /// A session, or the lack of one.
    /// - Parameter failure: nil where TLS was as it should be.
    package func record(_ failure: TLSFailure?, host: String?, of domain: Domain, _ policy: AppliedPolicy) {
        let start = now().start(ofSpan: span)
        let failure = failure.map {
            CountedFailure(type: $0.type, host: host, words: $0.words.cut(to: Self.maximumWords))
        }
        let key = Key(start: start, domain: domain, policy: policy, failure: failure)
        counts.withLock { counts in
            if counts[key] != nil || counts.count < capacity {
                counts[key, default: 0] += 1
                return
            }
            guard let failure else { return }
            let bare = CountedFailure(type: failure.type, host: nil, words: "")
            let rest = Key(start: start, domain: domain, policy: policy, failure: bare)
            if counts[rest] != nil || counts.count < capacity * 2 { counts[rest, default: 0] += 1 }
        }
    }

    /// Writes down what was counted since the last time. What cannot be written is kept for the next.
    package func flush() async throws {
        let taken = counts.withLock { counts in
            defer { counts = [:] }
            return counts
        }
        guard !taken.isEmpty else { return }
        do {
            try await store.add(
                taken.map {
                    TLSCount(
                        start: $0.start, domain: $0.domain, policy: $0.policy, failure: $0.failure, sessions: $1)
                })
        } catch {
            counts.withLock { $0.merge(taken) { $0 + $1 } }
            throw error
        }
    }
}

extension Timestamp {
    /// When the span of so many seconds began that holds this moment; spans begin at 00:00 UTC.
    func start(ofSpan seconds: Double) -> Timestamp {
        let length = max(Int64(seconds * 1000), 1)
        return Timestamp(milliseconds: milliseconds - milliseconds % length)
    }
}

extension String {
    /// At most so many octets, by whole characters.
    func cut(to length: Int) -> String {
        guard utf8.count > length else { return self }
        var rest = length - 3
        return String(
            prefix {
                rest -= $0.utf8.count
                return rest >= 0
            }) + "…"
    }
}
