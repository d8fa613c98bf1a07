// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// Drives a schedule on virtual time against modelled receivers, with the spool as a plain table beside it.
struct Driver {
    /// What a receiver makes of a try.
    struct Outcome {
        var seconds = 0.1
        var report = PathReport(result: .open, sent: 1)
        /// Seconds until it is tried again; nil where it is settled.
        var retry: Double?

        static let delivered = Outcome()
        /// Nobody there.
        static func refused(retry: Double = 300) -> Outcome {
            Outcome(seconds: 0.01, report: PathReport(result: .unreachable(reply: "refused"), sent: 0), retry: retry)
        }
        /// Accepts the connection and says nothing.
        static func mute(seconds: Double = 300) -> Outcome {
            Outcome(seconds: seconds, report: PathReport(result: .unreachable(reply: "timeout"), sent: 0), retry: 300)
        }
    }

    struct Started: Hashable {
        let at: Timestamp
        let id: Int64
        let account: AccountID
        let address: String?
        let site: String
    }

    private struct Ending: Comparable {
        let at: Timestamp
        let number: Int
        let id: Int64
        let report: PathReport
        let retry: Double?

        static func < (left: Ending, right: Ending) -> Bool { (left.at, left.number) < (right.at, right.number) }
        static func == (left: Ending, right: Ending) -> Bool { left.number == right.number }
    }

    var schedule: Schedule
    var now = Timestamp(seconds: 1_000_000)
    /// What the spool holds.
    var rows: [Int64: PendingDelivery] = [:]
    var rowsByLane: [Lane: Set<Int64>] = [:]
    var held: Set<Int64> = []
    var started: [Started] = []
    var settled: Set<Int64> = []
    var reads = 0
    /// Provider of a domain; others are sites of their own.
    var sites: [String: String] = [:]
    var receive: (Assignment, Timestamp) -> Outcome = { _, _ in .delivered }
    private var underWay: Set<Int64> = []
    private var endings: [Ending] = []
    private var number = 0
    private var nextID: Int64 = 1

    init(
        limits: Schedule.Limits = .init(), rules: ProviderRules = .none,
        addresses: [SendingAddress] = [.system(hostname: "h")], random: @escaping RandomBits = { 0 }
    ) {
        schedule = Schedule(limits: limits, rules: rules, addresses: addresses, random: random)
    }

    static func account(_ number: Int) -> AccountID {
        AccountID(String(100_000_000_000 + number)) ?? { preconditionFailure("account") }()
    }

    @discardableResult
    mutating func accept(
        account: Int = 1, to domain: String, pool: PoolID? = nil, identity: String = "a.example",
        isBulky: Bool = false, in delay: Double = 0
    ) -> Int64 {
        let lane = Lane(
            account: Self.account(account), pool: pool, destination: domain, identity: identity, isBulky: isBulky)
        let delivery = PendingDelivery(
            id: nextID, message: MessageID(region: "us-east-1", at: now, random: (UInt64(nextID), 1)), lane: lane,
            recipients: [], dueAt: now + delay, acceptedAt: now, expiresAt: now + 50_400)
        nextID += 1
        store(delivery)
        schedule.offer(delivery, at: now)
        return delivery.id
    }

    mutating func store(_ delivery: PendingDelivery) {
        rows[delivery.id] = delivery
        rowsByLane[delivery.lane, default: []].insert(delivery.id)
    }

    /// Until nothing is left to happen before this moment.
    mutating func run(until end: Timestamp) {
        while true {
            settle()
            let moments = [endings.first?.at, schedule.wakeAt].compactMap(\.self)
            guard let next = moments.min(), next <= end else { break }
            now = max(now, next)
            schedule.advance(to: now)
            while let ending = endings.first, ending.at <= now { finish(ending) }
        }
        now = end
        schedule.advance(to: now)
        settle()
    }

    mutating func run(_ seconds: Double) { run(until: now + seconds) }

    /// Everything that may happen at this moment.
    mutating func settle() {
        while true {
            let questions = schedule.questions(atMost: 100, at: now)
            for domain in questions {
                schedule.resolved(domain, site: sites[domain] ?? domain, lifetime: 300, at: now)
            }
            let wanted = schedule.beginReads(atMost: 50)
            if !wanted.isEmpty { schedule.endReads(wanted.map(read), at: now) }
            reads += wanted.count
            var isIdle = questions.isEmpty && wanted.isEmpty
            while let assignment = schedule.next(at: now) {
                isIdle = false
                start(assignment)
            }
            if isIdle { return }
        }
    }

    func read(_ read: LaneRead) -> LaneRows {
        let lane = (rowsByLane[read.lane] ?? []).filter { !held.contains($0) }.compactMap { rows[$0] }
            .sorted { ($0.dueAt, $0.id) < ($1.dueAt, $1.id) }
        let due = Array(lane.prefix { $0.dueAt <= now }.prefix(read.limit))
        return LaneRows(
            read: read, due: due, nextDue: lane.dropFirst(due.count).first?.dueAt)
    }

    /// Why a delivery waits, in the window or in the spool.
    func explain(_ id: Int64) -> WaitReason? {
        if let reason = schedule.explain(id, at: now) { return reason }
        guard let row = rows[id] else { return nil }
        return schedule.explain(row.lane, ahead: 0, dueAt: row.dueAt, at: now)
    }

    /// What the spool would say.
    func laneCounts() -> [LaneCount] {
        rowsByLane.map { lane, ids in
            let free = ids.filter { !held.contains($0) }.compactMap { rows[$0] }
            return LaneCount(
                lane: lane, count: free.count, nextDue: free.map(\.dueAt).min(), held: ids.count - free.count,
                due: free.count { $0.dueAt <= now + -Schedule.grace })
        }
    }

    private mutating func start(_ assignment: Assignment) {
        let delivery = assignment.delivery
        precondition(rows[delivery.id] != nil, "started though it is settled")
        precondition(!held.contains(delivery.id), "started though it is held")
        precondition(underWay.insert(delivery.id).inserted, "started twice")
        precondition(rows[delivery.id]?.dueAt ?? now <= now, "started before it is due")
        started.append(
            Started(
                at: now, id: delivery.id, account: delivery.account, address: assignment.egress.address,
                site: assignment.site))
        let outcome = receive(assignment, now)
        number += 1
        endings.append(
            Ending(
                at: now + outcome.seconds, number: number, id: delivery.id, report: outcome.report,
                retry: outcome.retry))
        endings.sort()
    }

    private mutating func finish(_ ending: Ending) {
        endings.removeFirst()
        underWay.remove(ending.id)
        guard let row = rows[ending.id] else { return }
        let retryAt = ending.retry.map { now + $0 }
        if let retryAt {
            rows[row.id] = PendingDelivery(
                id: row.id, message: row.message, lane: row.lane, recipients: [], attempts: row.attempts + 1,
                dueAt: retryAt, acceptedAt: row.acceptedAt, expiresAt: row.expiresAt, lastReply: "450")
        } else {
            rows[row.id] = nil
            rowsByLane[row.lane]?.remove(row.id)
            if rowsByLane[row.lane]?.isEmpty ?? false { rowsByLane[row.lane] = nil }
            settled.insert(row.id)
        }
        schedule.finish(row.id, retryAt: retryAt, report: ending.report, at: now)
    }
}

/// Repeats itself.
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 2 &+ 1 }

    mutating func roll(_ count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(count))
    }
}
