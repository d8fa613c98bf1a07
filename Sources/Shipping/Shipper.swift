// SPDX-License-Identifier: Apache-2.0

package import Journal
import Mail

/// Copies one source to one sink: in order, each record at least once, whatever fails on either side.
///
/// It holds one batch. Its cursor, which is durable, moves when the sink says that a batch is; so after a crash of either
/// side the batch is read and sent again. What is wrong with one record keeps no other back: it is found by splitting,
/// set aside, and the journal says so before the cursor passes it.
package actor Shipper {
    private let sink: any ShipmentSink
    let source: any ShipmentSource
    private let cursors: any CursorStore
    private let reader: String
    private let sinkName: String
    let limits: ShippingLimits
    let clock: ShippingClock
    private let witness: ShippingWitness
    let board: ShippingBoard

    var position: Int64?
    /// What was read and is not yet durable there, oldest first.
    var batch: [Shipment] = []
    /// How far the page reaches that `batch` is the rest of.
    private var pageEnd: Int64 = 0
    private var isMoreWaiting = false
    /// How many to send in the next tries; empty: all.
    private var takes: [Int] = []
    /// Records that are read at one time: it follows their size.
    private var readLimit: Int
    private var failures = 0
    var measured: Timestamp?
    /// Octets of a record, lately.
    var meanOctets = 1_000.0

    /// - Parameters:
    ///   - name: the sink's; its cursors are kept under it.
    ///   - sink: nobody else sends through it.
    package init(
        name: String, sink: any ShipmentSink, source: any ShipmentSource, cursors: any CursorStore,
        limits: ShippingLimits, clock: ShippingClock, witness: ShippingWitness
    ) {
        sinkName = name
        reader = "sinks.\(name)"
        self.sink = sink
        self.source = source
        self.cursors = cursors
        self.limits = limits
        self.clock = clock
        self.witness = witness
        board = ShippingBoard(ShippingState(sink: name, source: source.name, budget: limits.budget))
        readLimit = min(64, limits.batchRecords)
    }

    package nonisolated var state: ShippingState { board.reading }

    /// Until it is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do { try await rest(await step()) } catch { break }
        }
        await sink.close()
    }

    // A budget can end, and whoever watches wants to know, in the middle of a long wait.
    private func rest(_ seconds: Double) async throws {
        var left = seconds
        while left > 0 {
            let piece = min(left, limits.measureInterval)
            try await clock.sleep(piece)
            left -= piece
            // What keeps it from being measured is told of by the next step.
            if left > 0 { try? await measure() }
        }
    }

    /// One look at the source, and one try to send.
    /// - Returns: seconds to wait before the next.
    package func step() async -> Double {
        do {
            if batch.isEmpty { try await read() }
            try await measure()
            guard !batch.isEmpty else { return isMoreWaiting ? 0 : limits.linger }
            let take = min(takes.first ?? batch.count, batch.count)
            return try await settle(await sink.send(Array(batch.prefix(take))), take)
        } catch {
            return fail("our own side failed: \(error)", after: nil)
        }
    }

    private func read() async throws {
        let from = try await start()
        let page = try await source.page(after: from, limit: readLimit)
        var octets = 0
        let all = page.shipments
        batch = Array(
            all.prefix { shipment in
                defer { octets += shipment.json.utf8.count }
                return octets == 0 || octets + shipment.json.utf8.count <= limits.batchOctets
            })
        let isCut = batch.count < all.count
        pageEnd = isCut ? batch.last?.sequence ?? from : page.last
        isMoreWaiting = isCut || page.isFull
        takes = []
        adapt(octets, records: batch.count, isCut: isCut)
        if batch.isEmpty, page.last > from { try await pass(page.last) }
        publish()
    }

    // A page is held whole for a moment, so the next one is small when records are large.
    private func adapt(_ octets: Int, records: Int, isCut: Bool) {
        if isCut {
            readLimit = max(1, readLimit / 2)
        } else if octets < limits.batchOctets / 2 {
            readLimit = min(limits.batchRecords, readLimit * 2)
        }
        if records > 0 { meanOctets += (Double(octets) / Double(records) - meanOctets) / 4 }
    }

    func start() async throws -> Int64 {
        if let position { return position }
        let found = try await cursors.position(of: reader, in: source.name)
        position = found
        return found
    }

    private func settle(_ verdict: ShipmentVerdict, _ take: Int) async throws -> Double {
        switch verdict {
        case .durable(let rest):
            try await finish(take)
            recover()
            board.update { $0.sent += take }
            return max(rest, batch.isEmpty && !isMoreWaiting ? limits.linger : 0)
        case .retry(let reason, let after): return fail(reason, after: after)
        case .stop(let reason): return stop(reason)
        case .split(let index, let reason): return try await divide(at: index, take, reason)
        case .never(let reason): return try await divide(at: nil, take, reason)
        }
    }

    /// Finds the record that is wrong: those before it go, then it goes alone, and alone it is judged.
    private func divide(at index: Int?, _ take: Int, _ reason: String) async throws -> Double {
        guard take > 1 else {
            try await setAside(reason)
            return 0
        }
        board.update { $0.retried += 1 }
        switch index {
        case 0: takes = [1]
        case .some(let index) where index < take: takes = [index, 1]
        default: takes = [take / 2, 1 + (take - 1) / 2]
        }
        return 0
    }

    private func setAside(_ reason: String) async throws {
        guard let wrong = batch.first else { return }
        let note = note(.setAside(sequence: wrong.sequence), reason)
        if !wrong.isAboutCopies { try await witness.record(note) }
        witness.tell(note)
        try await finish(1)
        board.update { $0.setAside += 1 }
    }

    /// The first `count` of the batch are done with.
    private func finish(_ count: Int) async throws {
        let last = count >= batch.count ? pageEnd : batch[count - 1].sequence
        try await pass(last)
        batch.removeFirst(min(count, batch.count))
        if !takes.isEmpty { takes.removeFirst() }
        publish()
    }

    func pass(_ sequence: Int64) async throws {
        try await cursors.advance(reader, in: source.name, to: sequence)
        position = sequence
    }

    func drop() {
        batch = []
        takes = []
    }

    func note(_ what: ShippingNote.What, _ reason: String) -> ShippingNote {
        ShippingNote(sink: sinkName, source: source.name, what: what, reason: OneLine.words(reason))
    }

    func record(_ note: ShippingNote) async throws { try await witness.record(note) }
    func tell(_ note: ShippingNote) { witness.tell(note) }

    private func publish() {
        let position = position ?? 0
        let oldest = batch.first?.at
        let waiting = Int64(batch.count)
        let isMoreWaiting = isMoreWaiting
        let meanOctets = meanOctets
        board.update {
            $0.meanOctets = meanOctets
            $0.behindRecords = isMoreWaiting ? max($0.behindRecords - (position - $0.position), waiting) : waiting
            $0.position = position
            // With more to be read it stays the last known until the next page shows the true one.
            if oldest != nil || !isMoreWaiting { $0.oldest = oldest }
        }
    }

    private func fail(_ reason: String, after: Double?) -> Double {
        failures += 1
        let doubled = limits.firstWait * Double(1 << min(failures - 1, 20))
        let wait = min(doubled, limits.longestWait) * (0.5 + Double(clock.random() % 1_000) / 2_000)
        trouble(reason, needsAction: false)
        return max(wait, min(after ?? 0, limits.stoppedWait))
    }

    private func stop(_ reason: String) -> Double {
        failures += 1
        trouble(reason, needsAction: true)
        return limits.stoppedWait
    }

    private func trouble(_ reason: String, needsAction: Bool) {
        let reason = OneLine.words(reason)
        let old = board.reading.trouble
        let new = ShippingState.Trouble(reason: reason, since: old?.since ?? clock.now(), needsAction: needsAction)
        board.update {
            $0.retried += 1
            $0.trouble = new
        }
        if old?.reason != reason { witness.tell(note(.failing, reason)) }
    }

    private func recover() {
        failures = 0
        guard board.reading.trouble != nil else { return }
        board.update { $0.trouble = nil }
        witness.tell(note(.recovered, ""))
    }
}
