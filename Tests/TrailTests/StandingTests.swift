// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Testing

@testable import Trail

@Suite("How the trail stands") struct StandingTests {
    private static let start = Timestamp(seconds: 1_796_000_400)

    @Test("what waits is counted from where the keeper stands", arguments: [(0, 100), (60, 40), (99, 1), (100, 0)])
    func backlog(_ position: Int64, _ waiting: Int64) async throws {
        let standing = TrailStanding(streams: [Facts(count: 100)], store: Store(position: position))
        let backlog = try await standing.backlog()
        let oldest = waiting == 0 ? nil : Self.start + Double(position)
        #expect(backlog == [.init(stream: "spool", facts: waiting, oldest: oldest)])
        #expect(backlog[0].lag(at: Self.start + 100) == Double(waiting))
    }

    @Test("a digest is missing when two spans went by without one")
    func digests() {
        var anchor = TrailAnchor()
        #expect(anchor.digestAge(at: Self.start) == nil)
        #expect(!anchor.isDigestMissing(at: Self.start, interval: 1))
        anchor.since = Self.start
        #expect(anchor.digestAge(at: Self.start + 30) == 30)
        anchor.newestEnd = Self.start + 3_600
        #expect(!anchor.isDigestMissing(at: Self.start + 10_800, interval: 3_600))
        #expect(anchor.isDigestMissing(at: Self.start + 10_801, interval: 3_600))
        anchor.closedAt = Self.start + 5_000
        #expect(anchor.digestAge(at: Self.start + 10_801) == nil)
        #expect(!anchor.isDigestMissing(at: Self.start + 10_801, interval: 3_600))
    }

    /// One fact a second.
    private struct Facts: FactStream {
        let name = "spool"
        let count: Int

        func facts(after sequence: Int64, limit: Int) async throws -> [RecordedFact] {
            guard sequence < Int64(count) else { return [] }
            return (Int(sequence)..<min(count, Int(sequence) + limit)).map { index in
                RecordedFact(
                    sequence: Int64(index) + 1,
                    fact: Fact(
                        at: StandingTests.start + Double(index), account: AccountID("111122223333")!, message: nil,
                        event: .warned(.init(control: "", subject: "", reason: ""))))
            }
        }
    }

    private struct Store: TrailStore {
        let position: Int64

        func append(_ records: [TrailRecord], from stream: String, upTo position: Int64) async throws {}
        func position(in stream: String) async throws -> Int64 { position }
        func records(after sequence: Int64, limit: Int) async throws -> [StoredTrailRecord] { [] }
        func lookup(_ query: TrailQuery) async throws -> [StoredTrailRecord] { [] }
    }
}
