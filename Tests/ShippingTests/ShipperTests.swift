// SPDX-License-Identifier: Apache-2.0

import Mail
import Testing

@testable import Shipping

@Suite("A shipper")
struct ShipperTests {
    private func shipper(
        _ rows: Rows, _ sink: ScriptedSink, _ cursors: Cursors = Cursors(), notes: Notes = Notes(),
        limits: ShippingLimits = ShippingLimits(batchRecords: 10)
    ) -> Shipper {
        Shipper(
            name: "s", sink: sink, source: rows, cursors: cursors, limits: limits, clock: rows.time.clock,
            witness: notes.witness)
    }

    private func steps(_ count: Int, of shipper: Shipper, _ time: VirtualTime) async {
        for _ in 0..<count { time.pass(await shipper.step()) }
    }

    @Test("sends all in order and moves its cursor")
    func order() async {
        let time = VirtualTime()
        let sink = ScriptedSink()
        let cursors = Cursors()
        let shipper = shipper(Rows(95, time: time), sink, cursors)
        await steps(20, of: shipper, time)
        #expect(await sink.taken == Array(1...95))
        #expect(await cursors.positions == ["sinks.s rows": 95])
        #expect(shipper.state.sent == 95)
        #expect(shipper.state.behindRecords == 0)
        #expect(shipper.state.oldest == nil)
    }

    @Test("keeps its cursor until a batch is durable, and goes on from there after a restart")
    func restart() async {
        let time = VirtualTime()
        let cursors = Cursors()
        let rows = Rows(25, time: time)
        let first = ScriptedSink([.durable(), .retry("down")])
        await steps(2, of: shipper(rows, first, cursors), time)
        #expect(await cursors.positions == ["sinks.s rows": 10])
        let second = ScriptedSink()
        await steps(5, of: shipper(rows, second, cursors), time)
        #expect(await second.taken == Array(11...25))
    }

    @Test("counts what waits in the middle of a long wait too, and what its octets are")
    func measuring() async {
        let time = VirtualTime()
        let clock = ShippingClock(
            now: { time.now },
            sleep: { seconds in
                guard time.now < Timestamp(seconds: 1_780_000_050) else { throw CancellationError() }
                time.pass(seconds)
            }, random: { 0 })
        let limits = ShippingLimits(batchRecords: 10, budget: .init(records: 40, octets: 1_000_000))
        let shipper = Shipper(
            name: "s", sink: ScriptedSink([.stop("no such token")]), source: Rows(1_000, every: 1, time: time),
            cursors: Cursors(), limits: limits, clock: clock, witness: Notes().witness)
        await shipper.run()
        let state = shipper.state
        #expect(state.budget == limits.budget)
        #expect(state.behindRecords == 51)
        #expect(!state.isAccepting)
        #expect(state.lag(at: time.now) == 50)
        #expect(state.meanOctets > 0)
        #expect(state.behindOctets == Int((51 * state.meanOctets).rounded()))
        let trouble = ShippingState.Trouble(
            reason: "no such token", since: Timestamp(seconds: 1_780_000_000), needsAction: true)
        #expect(state.trouble == trouble)
    }

    @Test("remembers the last failure after it is over")
    func lastTrouble() async {
        let time = VirtualTime()
        let shipper = shipper(Rows(1, time: time), ScriptedSink([.retry("503")]))
        await steps(3, of: shipper, time)
        #expect(shipper.state.trouble == nil)
        #expect(shipper.state.lastTrouble?.reason == "503")
    }

    @Test("waits longer after each failure, and no longer than a minute")
    func backoff() async {
        let time = VirtualTime()
        let notes = Notes()
        let sink = ScriptedSink(Array(repeating: .retry("503"), count: 9) + [.retry("429", after: 90)])
        let shipper = shipper(Rows(1, time: time), sink, notes: notes)
        var waits: [Double] = []
        for _ in 0..<10 { waits.append(await shipper.step()) }
        for (wait, full) in zip(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60.0]) { #expect((full / 2...full).contains(wait)) }
        #expect(waits.last == 90)
        #expect(shipper.state.trouble?.reason == "429")
        await steps(1, of: shipper, time)
        #expect(shipper.state.trouble == nil)
        #expect(notes.told.map(\.what) == [.failing, .failing, .recovered])
        #expect(shipper.state.retried == 10)
    }

    @Test("waits for somebody to act where nothing else helps")
    func stop() async {
        let time = VirtualTime()
        let sink = ScriptedSink([.stop("Invalid token")])
        let shipper = shipper(Rows(3, time: time), sink)
        #expect(await shipper.step() == 300)
        #expect(shipper.state.trouble?.needsAction == true)
        await steps(1, of: shipper, time)
        #expect(await sink.taken == [1, 2, 3])
    }

    @Test("sends what is before a wrong record, tries it alone, sets it aside and goes on")
    func split() async {
        let time = VirtualTime()
        let notes = Notes()
        let cursors = Cursors()
        let sink = ScriptedSink([.split(at: 3, "code 6"), .durable(), .split(at: 0, "code 6")])
        let shipper = shipper(Rows(8, time: time), sink, cursors, notes: notes)
        await steps(5, of: shipper, time)
        #expect(await sink.batches == [Array(1...8), [1, 2, 3], [4], [5, 6, 7, 8]])
        #expect(await sink.taken == [1, 2, 3, 5, 6, 7, 8])
        #expect(notes.recorded.map(\.what) == [.setAside(sequence: 4)])
        #expect(notes.recorded.first?.control == "sinks.s")
        #expect(shipper.state.setAside == 1)
        #expect(await cursors.positions == ["sinks.s rows": 8])
    }

    @Test("finds by halves what the sink does not name")
    func halves() async {
        let time = VirtualTime()
        let notes = Notes()
        let sink = ScriptedSink([.never("413"), .never("413"), .never("413")])
        await steps(8, of: shipper(Rows(4, time: time), sink, notes: notes), time)
        #expect(await sink.batches == [[1, 2, 3, 4], [1, 2], [1], [2], [3, 4]])
        #expect(notes.recorded.map(\.what) == [.setAside(sequence: 1)])
    }

    @Test("bounds a batch in octets, and sends a larger record alone")
    func octets() async {
        let time = VirtualTime()
        let sink = ScriptedSink()
        let rows = Rows(4, time: time) { String(repeating: "x", count: $0 == 2 ? 5_000 : 300) }
        let limits = ShippingLimits(batchRecords: 10, batchOctets: 700)
        await steps(6, of: shipper(rows, sink, limits: limits), time)
        #expect(await sink.batches == [[1], [2], [3, 4]])
    }

    @Test("refuses new mail when its budget ends, and accepts it when there is some room")
    func refuses() async {
        let time = VirtualTime()
        let notes = Notes()
        let sink = ScriptedSink(Array(repeating: .retry("down"), count: 30))
        var limits = ShippingLimits(batchRecords: 10, budget: .init(records: 100))
        limits.longestWait = 20
        let shipper = shipper(Rows(150, every: 1, time: time), sink, notes: notes, limits: limits)
        let all = Shippers([shipper])
        #expect(all.refusing == nil)
        while shipper.state.isAccepting, time.now.seconds < 1_780_001_000 { await steps(1, of: shipper, time) }
        #expect(all.refusing == "s")
        #expect(shipper.state.behindRecords >= 100)
        #expect(shipper.state.lag(at: time.now) >= 99)
        await steps(80, of: shipper, time)
        #expect(all.refusing == nil)
        #expect(notes.told.map(\.what) == [.failing, .refusesMail, .recovered, .acceptsMail])
        #expect(await sink.taken == Array(1...150))
    }

    @Test("drops the oldest copies when its budget ends, and has it recorded before")
    func drops() async {
        let time = VirtualTime()
        let notes = Notes()
        let sink = ScriptedSink()
        let limits = ShippingLimits(batchRecords: 50, budget: .init(records: 100, whenFull: .dropOldestCopies))
        let shipper = shipper(Rows(250, time: time), sink, notes: notes, limits: limits)
        await steps(8, of: shipper, time)
        #expect(notes.recorded.map(\.what) == [.dropped(from: 1, to: 160)])
        #expect(shipper.state.dropped == 160)
        #expect(await sink.taken == Array(161...250))
    }

    @Test("finds the newest position", arguments: [0, 1, 2, 3, 7, 8, 9, 1_000])
    func newest(_ count: Int) async throws {
        let rows = Rows(count, time: VirtualTime())
        #expect(try await rows.newest(after: 0) == Int64(count))
        #expect(try await rows.newest(after: Int64(count)) == Int64(count))
    }
}
