// SPDX-License-Identifier: Apache-2.0

import Foundation
import Journal
import Mail
import Queue
import SQLite
import Testing

@Suite("The operator's hand on the spool")
final class SpoolDeskTests: Sendable {
    private let directory: String
    private let spool: SQLiteSpool
    private let queue: DeliveryQueue
    private let desk: QueueDesk
    private let account: AccountID
    private let other: AccountID
    private let moment = Timestamp(seconds: 10_000)

    init() throws {
        directory = NSTemporaryDirectory() + "spool-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        account = try #require(AccountID("111122223333"))
        other = try #require(AccountID("444455556666"))
        spool = try SQLiteSpool(directory: directory, reserve: 0, synchronous: .full)
        let moment = moment
        queue = DeliveryQueue(spool: spool, limits: .init(), now: { moment })
        desk = QueueDesk(queue: queue, spool: spool, now: { moment })
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private var hand: QueueDesk.Hand {
        .init(account: account, principal: "arn:ops", sourceAddress: "192.0.2.1", reason: "abuse report 7")
    }

    /// Every lane, two at a time.
    private func lanes() async throws -> [LaneCount] {
        var all: [LaneCount] = []
        var place: Int64? = 0
        while let after = place {
            let page = try await spool.lanes(dueBefore: moment, after: after, limit: 2)
            all += page.lanes
            place = page.next
        }
        return all
    }

    /// Stores a message with a delivery to each destination.
    @discardableResult
    private func store(
        _ number: UInt64, account: AccountID? = nil, from sender: String = "a@one.example", set: String? = nil,
        pool: PoolID? = nil, expiresAt: Int64 = 90_000, to destinations: [String] = ["x.example"]
    ) async throws -> [PendingDelivery] {
        let terms = DeliveryTerms(
            configurationSet: set, configurationSetOwner: set.map { _ in other }, pool: pool, tls: .encrypted,
            identity: "one.example")
        let message = SpooledMessage(
            id: MessageID(region: "us-east-1", at: moment, random: (number, 0)), account: account ?? self.account,
            acceptedAt: moment + -600, expiresAt: Timestamp(seconds: expiresAt),
            reversePath: .mailbox(try Mailbox(parsing: sender)),
            returnPath: .mailbox(try Mailbox(parsing: "b+\(number)@bounces.example")), signingDomain: nil, terms: terms,
            content: Content(header: [13, 10], body: .memory([65])))
        let recipient = try Mailbox(parsing: "r@x.example")
        let stored = try await spool.accept(
            message, destinations.map { PendingDelivery(of: message, to: [recipient], at: $0) }, [])
        // Also when it is read back from the file.
        let again = try SQLiteSpool(directory: directory, reserve: 0, synchronous: .full)
        #expect(try await again.message(message.id) == message)
        return stored
    }

    @Test("what waits leaves by the pool it was moved to, its tries as they were, also after a restart")
    func move() async throws {
        let pool = PoolID(account: account, name: "p")
        let addresses = [
            SendingAddress.system(hostname: "h"),
            SendingAddress(egress: Egress(address: "192.0.2.7", hostname: "h7", pool: pool)),
        ]
        let stored = try await store(1, to: ["x.example", "y.example"])
        await queue.setAddresses(addresses)
        await queue.start()
        let first = try #require(await queue.next())
        #expect(first.egress.pool == nil)
        await queue.settle(
            .move(of: first.delivery, to: pool), of: first, report: PathReport(result: .untried, sent: 0))
        // The other one waits in the old line; the one that moved, in the new one.
        var ways: [Int64: String?] = [:]
        for _ in 0..<2 {
            let next = try #require(await queue.next())
            ways[next.delivery.id] = next.egress.address
            #expect(next.delivery.attempts == 0 && next.delivery.lane.pool == next.egress.pool)
        }
        let expected: [Int64: String?] = Dictionary(
            uniqueKeysWithValues: stored.map { ($0.id, $0.id == first.delivery.id ? "192.0.2.7" : nil) })
        #expect(ways == expected)
        #expect(await queue.counts.forgotten == 0)

        let again = try SQLiteSpool(directory: directory, reserve: 0, synchronous: .full)
        let moment = moment
        let restarted = DeliveryQueue(spool: again, addresses: addresses, limits: .init(), now: { moment })
        await restarted.start()
        ways = [:]
        for _ in 0..<2 {
            let next = try #require(await restarted.next())
            ways[next.delivery.id] = next.egress.address
        }
        #expect(ways == expected)
    }

    @Test("selects by message, delivery, sender, domain, account, configuration set, site, pool and hold")
    func selection() async throws {
        let pool = PoolID(account: account, name: "p")
        let first = try await store(1, to: ["x.example", "y.example"])
        try await store(2, account: other, from: "z@two.example", set: "s")
        try await store(3, from: "q@two.example", pool: pool, to: ["y.example"])
        func ids(_ change: (inout Selection) -> Void) async throws -> [Int64] {
            var selection = Selection()
            change(&selection)
            let listed = try await desk.list(selection).map(\.delivery.id)
            #expect(try await spool.select(selection, after: 0, limit: 10) == listed || selection.site != nil)
            return listed
        }
        #expect(try await ids { _ in } == [1, 2, 3, 4])
        #expect(try await ids { $0.messages = [first[0].message] } == [1, 2])
        #expect(try await ids { $0.deliveries = [2, 4, 99] } == [2, 4])
        #expect(try await ids { $0.sender = "z@two.example" } == [3])
        #expect(try await ids { $0.sender = "two.example" } == [3, 4])
        #expect(try await ids { $0.account = other } == [3])
        #expect(try await ids { $0.configurationSet = "s" } == [3])
        #expect(try await ids { $0.site = "y.example" } == [2, 4])
        #expect(try await ids { $0.pool = pool } == [4])
        #expect(try await ids { $0.isHeld = true } == [])
        #expect(try await desk.list(Selection(), after: 1, limit: 2).map(\.delivery.id) == [2, 3])
        let listed = try await desk.list(Selection(), after: 2, limit: 1).first
        #expect(listed?.sender == "z@two.example" && listed?.configurationSet == "s" && listed?.size == 3)
    }

    @Test("holds, explains, releases; each act is a fact with its reason")
    func holdAndRelease() async throws {
        try await store(1, to: ["x.example", "y.example"])
        await queue.start()
        var selection = Selection()
        selection.destinations = ["x.example"]
        #expect(try await desk.hold(selection, by: hand) == 1)
        #expect(await queue.next()?.delivery.id == 2)
        #expect(try await desk.explain(1).cause == .held(Hold(by: "arn:ops", reason: "abuse report 7")))
        #expect(try await lanes().map(\.held).sorted() == [0, 1])
        selection.isHeld = true
        #expect(try await desk.release(selection, by: hand) == 1)
        #expect(await queue.next()?.delivery.id == 1)
        #expect(
            try await desk.explain(1).cause
                == .inFlight(.init(site: "x.example", address: nil, warmth: nil), since: moment))
        let operations = try await spool.facts(after: 0, limit: 10).compactMap { recorded -> String? in
            guard case .administered(let event) = recorded.fact.event else { return nil }
            return "\(event.operation) \(event.reason ?? "")"
        }
        #expect(operations.prefix(1) == ["postern:HoldDeliveries abuse report 7"])
        #expect(operations.last == "postern:ReleaseDeliveries abuse report 7")
    }

    @Test("makes due at once, reroutes by another pool, and drops; what is under way is left alone")
    func acts() async throws {
        let pool = PoolID(account: account, name: "p")
        let stored = try await store(1, to: ["x.example", "y.example", "z.example"])
        try await spool.settle(
            Settlement(
                delivery: stored[1],
                retry: .init(recipients: stored[1].recipients, dueAt: moment + 5000, lastReply: "450 later"), facts: []),
            departure: nil)
        await queue.start()
        #expect(
            try await desk.explain(2).description
                == "until 1970-01-01T04:10:00.000Z: the next try; tried once, the last reply: 450 later, set by rule delivery.retry"
        )
        var selection = Selection()
        selection.deliveries = [2]
        #expect(try await desk.retryNow(selection, by: hand) == 1)
        #expect(try await spool.delivery(2)?.dueAt == moment)
        selection.deliveries = [1, 3]
        #expect(try await desk.reroute(selection, to: pool, by: hand) == 2)
        #expect(try await spool.deliveries(of: stored[0].message).map(\.lane.pool) == [pool, nil, pool])
        #expect(await queue.next()?.delivery.id == 2)
        #expect(try await desk.explain(1).cause == .noAddress(pool))
        #expect(try await desk.drop(Selection(), by: hand) == 2)
        #expect(try await spool.message(stored[0].message) != nil)
        #expect(try await desk.explain(1).cause == .gone)
        let timeline = try await desk.timeline(stored[0].message)
        #expect(
            timeline.contains {
                if case .administered(let event) = $0.event {
                    event.operation == "postern:DropDeliveries"
                } else {
                    false
                }
            })
        try await spool.settle(Settlement(delivery: stored[1], retry: nil, facts: []), departure: nil)
        #expect(try await spool.message(stored[0].message) == nil)
    }

    @Test("finds what has expired, held or not, and messages that are owed to nobody")
    func eyes() async throws {
        try await store(1, expiresAt: 9_999)
        try await store(2, expiresAt: 20_000)
        var selection = Selection()
        selection.deliveries = [1]
        _ = try await desk.hold(selection, by: hand)
        #expect(try await queue.sweep() == 1)
        #expect(try await lanes().map(\.count) == [1])
        #expect(try await spool.orphans(after: nil, limit: 10).found == [])
        let orphan = SpooledMessage(
            id: MessageID(region: "us-east-1", at: moment, random: (9, 9)), account: account, acceptedAt: moment,
            expiresAt: moment + 1, reversePath: .null, signingDomain: nil,
            content: Content(header: [13, 10], body: .memory([])))
        _ = try await spool.accept(orphan, [], [])
        #expect(try await spool.orphans(after: nil, limit: 10).found == [orphan.id])
        try await queue.audit()
        #expect(await queue.currentFaults.orphans == 1)
    }

    @Test("keeps lessons and departures while they hold, one of a kind")
    func learned() async throws {
        let lesson = KeptLesson(
            address: "192.0.2.1", site: "gmail", act: .closed(.blocked), until: moment + 100, rule: "r", reply: "554 no"
        )
        let later = KeptLesson(
            address: "192.0.2.1", site: "gmail", act: .closed(.unreachable), until: moment + 200, rule: "f", reply: "")
        let rate = try #require(Rate(messages: 10, period: 60))
        let others = [
            KeptLesson(address: nil, site: "gmail", act: .connections(3), until: moment + 300, rule: "c", reply: "421"),
            KeptLesson(address: "", site: "gmail", act: .rate(rate), until: moment + 400, rule: "d", reply: "421"),
            KeptLesson(address: "", site: "x", act: .rate(rate), until: moment, rule: "over", reply: "421"),
        ]
        try await spool.keep([lesson] + others)
        try await spool.keep([later])
        let departure = Departure(day: moment.day, address: "192.0.2.1", site: "gmail", messages: 3)
        let stored = try await store(1)
        let retry = Settlement.Retry(recipients: stored[0].recipients, dueAt: moment, lastReply: "")
        for _ in 0..<2 {
            try await spool.settle(Settlement(delivery: stored[0], retry: retry, facts: []), departure: departure)
        }
        let (lessons, departures) = try await spool.recall(at: moment)
        #expect(lessons == [later, others[0], others[1]])
        #expect(departures == [Departure(day: moment.day, address: "192.0.2.1", site: "gmail", messages: 6)])
        #expect(try await spool.recall(at: moment + 86_400).departures == [])
    }

    @Test("counts by site and age, as qshape does")
    func ages() async throws {
        try await store(1, to: ["x.example", "y.example"])
        try await store(2)
        let rows = try await desk.summary()
        #expect(rows.map(\.destination) == ["x.example", "y.example"])
        #expect(rows.map(\.counts) == [[0, 0, 2, 0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]])
    }

    @Test("lanes come page by page, each once, with what is due and what is held")
    func pages() async throws {
        for number in 1...5 as ClosedRange<UInt64> {
            try await store(number, to: (0..<number).map { "d\($0).example" })
        }
        var selection = Selection()
        selection.destinations = ["d0.example", "d4.example"]
        selection.messages = Set(try await spool.list(Selection(), after: 10, limit: 9).map(\.delivery.message))
        _ = try await desk.hold(selection, by: hand)
        let found = try await lanes().sorted { $0.lane.destination < $1.lane.destination }
        #expect(
            found.map(\.lane.destination) == ["d0.example", "d1.example", "d2.example", "d3.example", "d4.example"])
        #expect(found.map(\.count) == [4, 4, 3, 2, 0] && found.map(\.due) == [4, 4, 3, 2, 0])
        #expect(found.map(\.held) == [1, 0, 0, 0, 1])
    }

    @Test("lanes that hold nothing are removed, and their numbers are not remembered")
    func emptyLanes() async throws {
        let stored = try await store(1)
        try await spool.settle(Settlement(delivery: stored[0], retry: nil, facts: []), departure: nil)
        try await spool.sweepLanes()
        #expect(try await store(2).count == 1)
        #expect(try await lanes().map(\.count) == [1])
    }
}
