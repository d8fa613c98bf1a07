// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Synchronization
import Testing
import Trail

@Suite("The keeper of the trail") struct KeeperTests {
    private static func warned() -> Fact.Event { .warned(.init(control: "c", subject: "s", reason: "r")) }

    @Test("records come in the order of each stream's facts, page by page, and each fact is read once")
    func order() async throws {
        let spool = MemoryStream("spool", count: 1_201) { $0.isMultiple(of: 3) ? Self.warned() : desk("call-\($0)") }
        let records = MemoryStream("records", count: 2) { desk("own-\($0)") }
        let store = MemoryStore()
        let keeper = TrailKeeper(streams: [records, spool], store: store, maker: maker())
        #expect(try await keeper.read())
        #expect(try await keeper.read())
        #expect(try await !keeper.read())
        #expect(try await !keeper.read())
        let kept = store.requests
        #expect(kept == ["own-1", "own-2"] + (1...1_201).filter { !$0.isMultiple(of: 3) }.map { "call-\($0)" })
        #expect(store.appends == ["records 2", "spool 500", "spool 1000", "spool 1201"])
        spool.add(desk("late"))
        #expect(try await !keeper.read())
        #expect(store.requests.count == kept.count + 1)
    }

    @Test("a page of facts that make no records moves the position too") func nothing() async throws {
        let store = MemoryStore()
        let spool = MemoryStream("spool", count: 600) { _ in Self.warned() }
        let keeper = TrailKeeper(streams: [spool], store: store, maker: maker())
        #expect(try await keeper.read())
        #expect(try await !keeper.read())
        #expect(try await store.position(in: "spool") == 600)
    }

    @Test("a crash at any append makes neither a gap nor a second record", arguments: 1...5)
    func crash(at append: Int) async throws {
        let spool = MemoryStream("spool", count: 1_800) { desk("call-\($0)") }
        let store = MemoryStore(failing: append)
        await #expect(throws: MemoryStore.Crash.self) {
            let keeper = TrailKeeper(streams: [spool], store: store, maker: maker())
            while try await keeper.read() {}
            throw MemoryStore.Crash()
        }
        let keeper = TrailKeeper(streams: [spool], store: store, maker: maker())
        while try await keeper.read() {}
        #expect(store.requests == (1...1_800).map { "call-\($0)" })
    }

    @Test("ten thousand facts of one call are one record") func desks() async throws {
        let spool = MemoryStream("spool", count: 10_000) { _ in desk("one") }
        let store = MemoryStore()
        let keeper = TrailKeeper(streams: [spool], store: store, maker: maker())
        while try await keeper.read() {}
        #expect(store.requests == ["one"])
        #expect(try await store.position(in: "spool") == 10_000)
    }

    private static let made = Timestamp(seconds: 1_796_000_400 + 100_000)
    private static let account = AccountID("111122223333")!

    @Test("a trail that is younger than the journal begins with its own time, and says so in each stream")
    func begins() async throws {
        let old = MemoryStream("spool", count: 1_300) { desk("old-\($0)") }
        let new = MemoryStream("records", count: 0) { _ in Self.warned() }
        let store = MemoryStore()
        let keeper = TrailKeeper(streams: [new, old], store: store, maker: maker())
        try await keeper.begin(since: Self.made, for: Self.account)
        old.add(desk("own"), at: Self.made + 1)
        new.add(desk("other"), at: Self.made + 1)
        // As after a crash: it has begun, and does not begin again.
        try await keeper.begin(since: Self.made, for: Self.account)
        while try await keeper.read() {}
        #expect(store.names == ["TrailBegins", "DropDeliveries", "DropDeliveries"])
        #expect(store.requests == ["other", "own"])
        #expect(store.first?.contains("\"serviceEventDetails\":{\"stream\":\"spool\",\"after\":1300}") == true)
        #expect(store.appends == ["spool 1300", "records 1", "spool 1301"])
    }

    @Test("facts that its own time left unread are read, though it never began")
    func unread() async throws {
        let spool = MemoryStream("spool", count: 700) { desk("old-\($0)") }
        for number in 1...3 { spool.add(desk("own-\(number)"), at: Self.made + Double(number)) }
        let store = MemoryStore()
        let keeper = TrailKeeper(streams: [spool], store: store, maker: maker())
        try await keeper.begin(since: Self.made, for: Self.account)
        while try await keeper.read() {}
        #expect(store.requests == ["own-1", "own-2", "own-3"])
    }

    @Test("a first start's facts are all in its trail", arguments: [-50.0, 0, 5])
    func firstStart(_ offset: Double) async throws {
        let spool = MemoryStream("spool", count: 3) { desk("own-\($0)") }
        let store = MemoryStore()
        let keeper = TrailKeeper(streams: [spool], store: store, maker: maker())
        try await keeper.begin(since: Timestamp(seconds: 1_796_000_400) + -offset, for: Self.account)
        while try await keeper.read() {}
        #expect(store.requests == ["own-1", "own-2", "own-3"] && !store.names.contains("TrailBegins"))
    }
}

private func maker() -> TrailMaker { TrailMaker(region: "eu-central-1", sight: .hidden) }

private func desk(_ request: String) -> Fact.Event {
    .administered(
        .init(
            operation: "postern:DropDeliveries", principal: "arn:aws:iam::111122223333:user/ops", resource: "all",
            sourceAddress: "192.0.2.7", reason: "spam",
            call: .init(
                request: request, source: "postern.amazonaws.com", name: "DropDeliveries", identity: "{}",
                userName: "ops", accessKeyID: "AKIA", agent: "cli")))
}

private final class MemoryStream: FactStream {
    let name: String
    private let kept: Mutex<[RecordedFact]>

    init(_ name: String, count: Int, _ event: (Int) -> Fact.Event) {
        self.name = name
        kept = Mutex([])
        for number in 0..<count { add(event(number + 1)) }
    }

    func add(_ event: Fact.Event, at moment: Timestamp = Timestamp(seconds: 1_796_000_400)) {
        kept.withLock { kept in
            let fact = Fact(
                at: moment, account: AccountID("444455556666")!, message: nil, event: event)
            kept.append(RecordedFact(sequence: Int64(kept.count + 1), fact: fact))
        }
    }

    func facts(after sequence: Int64, limit: Int) async throws -> [RecordedFact] {
        kept.withLock { Array($0.dropFirst(Int(sequence)).prefix(limit)) }
    }
}

/// Keeps records as `TrailStore` promises, and can die in the middle of an append.
private final class MemoryStore: TrailStore {
    struct Crash: Error {}

    private struct State {
        var records: [TrailRecord] = []
        var ids: Set<String> = []
        var positions: [String: Int64] = [:]
        var appends: [String] = []
        var left: Int?
    }

    private let state: Mutex<State>

    init(failing append: Int? = nil) { state = Mutex(State(left: append)) }

    var appends: [String] { state.withLock { $0.appends } }
    var names: [String] { state.withLock { $0.records.map(\.name) } }
    var first: String? { state.withLock { $0.records.first?.json } }
    /// The requests that the records are of.
    var requests: [String] {
        state.withLock { state in
            state.records.compactMap { record in
                record.json.firstRange(of: "\"requestID\":\"").map { range in
                    String(record.json[range.upperBound...].prefix { $0 != "\"" })
                }
            }
        }
    }

    func append(_ records: [TrailRecord], from stream: String, upTo position: Int64) async throws {
        try state.withLock { state in
            state.left = state.left.map { $0 - 1 }
            if state.left == 0 { throw Crash() }
            state.appends.append("\(stream) \(position)")
            state.records += records.filter { state.ids.insert($0.id).inserted }
            state.positions[stream] = position
        }
    }

    func position(in stream: String) async throws -> Int64 { state.withLock { $0.positions[stream] ?? 0 } }
    func records(after sequence: Int64, limit: Int) async throws -> [StoredTrailRecord] { [] }
    func lookup(_ query: TrailQuery) async throws -> [StoredTrailRecord] { [] }
}
