// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Reports
import Testing

@testable import Simulator

@Suite("Records")
struct RecordsTests {
    @Test("give a lane's rows in the order of due time and id, whatever was put off and settled")
    func order() {
        let plan = SimulationPlan(recipients: 2_000, sites: 20)
        var draw = Draw(seed: 7)
        let world = World(plan, .none, &draw)
        let vocabulary = Vocabulary(.none, ReplyRules([]))
        var records = Records(world, vocabulary, plan)
        // Beside it, the same in a plain array: by lane, due time and id.
        var expected: [(lane: Int32, due: Int64, id: Int64)] = []
        var now = World.start
        for _ in 0..<2_000 {
            now = now + Double(draw.below(3))
            let lane = Int32(draw.below(3))
            let id = records.accept(lane: lane, isCalm: false, at: now).id
            expected.append((lane, now.milliseconds, id))
            let place = draw.below(expected.count)
            switch draw.below(4) {
            case 0:
                records.settle(expected[place].id)
                expected.remove(at: place)
            case 1:
                let due = now + Double(draw.below(1_000))
                records.postpone(expected[place].id, to: due, .greylisted)
                expected[place].due = due.milliseconds
            default: break
            }
        }
        let reads = (0..<3).map { LaneRead(lane: world.lane(at: Int32($0)), limit: 100) }
        for (lane, rows) in records.due(reads, at: now).enumerated() {
            let all = expected.filter { $0.lane == lane }.sorted { ($0.due, $0.id) < ($1.due, $1.id) }
            let due = all.filter { $0.due <= now.milliseconds }.prefix(100)
            #expect(rows.due.map(\.id) == due.map(\.id))
            #expect(rows.nextDue?.milliseconds == all.dropFirst(due.count).first?.due)
        }
        let counts = records.lanes(dueBefore: now)
        #expect(counts.map(\.count).reduce(0, +) == expected.count)
        #expect(counts.map(\.due).reduce(0, +) == expected.filter { $0.due <= now.milliseconds }.count)
    }

    @Test("take at most 32 octets a delivery")
    func size() { #expect(Records.size <= 32) }

    @Test("percentiles are known to a thirtieth")
    func waits() {
        var waits = Waits()
        for number in 1...1_000 { waits.add(Double(number) / 10) }
        #expect(abs(waits.percentile(50) - 50) < 50 * 0.05)
        #expect(abs(waits.percentile(99) - 99) < 99 * 0.05)
        #expect(Waits().percentile(99) == 0)
    }

    @Test("Jain's index is of contended minutes alone")
    func fairness() {
        var fairness = Fairness(accounts: 2)
        #expect(fairness.index == nil)
        fairness.started(0)
        fairness.close(isContended: true)
        fairness.started(0)
        fairness.started(1)
        fairness.close(isContended: true)
        #expect(fairness.index == 1)
        for _ in 0..<3 { fairness.started(0) }
        fairness.close(isContended: true)
        // (4 + 1)² / (2 · (16 + 1))
        #expect(fairness.index == 25.0 / 34.0)
        #expect(fairness.contendedMinutes == 2)
        #expect(fairness.worst == 0.5)
    }
}
