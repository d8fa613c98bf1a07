// SPDX-License-Identifier: Apache-2.0

import Mail
import Synchronization
import Testing

@testable import Shipping

@Suite("A day with a bad collector")
struct OutageTests {
    /// A record every two seconds, 43,200 in all; the collector's mood changes every ten minutes on average, each side
    /// restarts at random, and one record in a thousand is one that it can never take.
    @Test("loses nothing and keeps the order", arguments: [true, false], [1, 2, 3] as [UInt64])
    func day(acknowledges: Bool, seed: UInt64) async {
        let time = VirtualTime()
        let cursors = Cursors()
        let notes = Notes()
        let start = time.now
        let rows = Rows(43_200, every: 2, time: time) { $0 % 1_000 == 500 ? "poison" : "well" }
        let moods = Moods(time: time, seed: seed)
        let collector = Collector(asksAcknowledgement: acknowledges) { moods.current }
        var limits = ShippingLimits(batchRecords: 500, batchOctets: 100_000)
        limits.linger = 5
        var chance = SplitMix(state: seed &+ 77)
        var worstLag = 0.0
        var shipper: Shipper?
        while time.now - start < 100_000 {
            if shipper == nil || chance.next() % 200 == 0 {
                let sink = HECSink(
                    .init(
                        endpoints: ["https://a", "https://b"], token: SecretBytes([65]),
                        asksAcknowledgement: acknowledges),
                    web: collector, clock: time.clock)
                shipper = Shipper(
                    name: "s", sink: sink, source: rows, cursors: cursors, limits: limits, clock: time.clock,
                    witness: notes.witness)
            }
            guard let shipper else { break }
            moods.isOver = time.now - start > 90_000
            time.pass(await shipper.step())
            worstLag = max(worstLag, shipper.state.lag(at: time.now))
        }
        let wanted = (1...43_200).filter { $0 % 1_000 != 500 }
        #expect(Self.first(collector.indexed) == wanted)
        #expect(Set(notes.recorded.map(\.what)) == Set((0..<43).map { .setAside(sequence: $0 * 1_000 + 500) }))
        #expect(worstLag > 300)
        #expect(shipper?.state.lag(at: time.now) == 0)
        #expect(shipper?.state.trouble == nil)
        #expect(collector.largestBatch <= 500)
        #expect(rows.reads.peak <= 500)
    }

    /// Each as it came for the first time.
    private static func first(_ numbers: [Int]) -> [Int] {
        var seen = Set<Int>()
        return numbers.filter { seen.insert($0).inserted }
    }
}

/// How the collector is at a moment.
final class Moods: Sendable {
    private let time: VirtualTime
    private let state: Mutex<(random: SplitMix, mood: Collector.Mood, until: Timestamp, isOver: Bool)>

    init(time: VirtualTime, seed: UInt64) {
        self.time = time
        state = Mutex((SplitMix(state: seed), .well, time.now, false))
    }

    var isOver: Bool {
        get { state.withLock { $0.isOver } }
        set { state.withLock { $0.isOver = newValue } }
    }

    var current: Collector.Mood {
        let now = time.now
        return state.withLock { state in
            if state.isOver { return .well }
            if now >= state.until {
                state.mood = Collector.Mood.allCases.randomElement(using: &state.random) ?? .well
                state.until = now + Double(state.random.next() % 1_200)
            }
            return state.mood
        }
    }
}
