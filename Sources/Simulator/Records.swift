// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// The spool as it is played: what is owed, in a record of 24 octets a delivery.
///
/// It is read as the real one is: by lane, what is due, earliest first, with what is in the machine's window or under way
/// among it, because a row goes only when its end is written. What was never tried stands in a list, where order of
/// acceptance is order of due time; what is to be tried again in a tree. See `Records+Lanes`.
struct Records {
    struct Record {
        /// Milliseconds since the simulation began.
        var due: UInt32
        var accepted: UInt32
        var lane: Int32
        /// Neighbours in the list, or children in the tree.
        var left: UInt32 = none
        var right: UInt32 = none
        var attempts: UInt8 = 0
        var state = State.waiting
        var speech: UInt8 = 0
        var isCalm = false
    }

    enum State: UInt8 {
        case waiting
        case underWay
        case gone
    }

    /// A lane's rows: the ends of the list, and the root of the tree.
    struct Rows {
        var first = none
        var last = none
        var root = none

        var isEmpty: Bool { first == none && root == none }
    }

    /// Octets that a waiting delivery takes.
    static let size = MemoryLayout<Record>.stride
    static let none = UInt32.max

    private let world: World
    private let vocabulary: Vocabulary
    private let providers: [Int32]
    private let lifetime: UInt32
    /// By id: the first is 0.
    var records: ContiguousArray<Record> = []
    var rows: ContiguousArray<Rows>
    /// The first that may be there still: everything lives equally long.
    private var oldest = 0
    private(set) var count = 0

    init(_ world: World, _ vocabulary: Vocabulary, _ plan: SimulationPlan) {
        self.world = world
        self.vocabulary = vocabulary
        providers = world.sites.map { Int32(vocabulary.number(ofProvider: $0.provider)) }
        lifetime = UInt32(plan.lifetime * 1000)
        rows = ContiguousArray(repeating: Rows(), count: world.laneCount)
        records.reserveCapacity(plan.recipients)
    }

    /// - Parameter isCalm: kept with it, for those who measure.
    mutating func accept(lane: Int32, isCalm: Bool, at now: Timestamp) -> PendingDelivery {
        let id = UInt32(records.count)
        let moment = Self.moment(now)
        records.append(Record(due: moment, accepted: moment, lane: lane, isCalm: isCalm))
        insert(id)
        count += 1
        return delivery(id)
    }

    func lane(of id: Int64) -> Int32 { records[Int(id)].lane }
    func attempts(of id: Int64) -> Int { Int(records[Int(id)].attempts) }
    func isCalm(_ id: Int64) -> Bool { records[Int(id)].isCalm }
    func acceptedAt(_ id: Int64) -> Timestamp { Self.timestamp(records[Int(id)].accepted) }

    mutating func begin(_ id: Int64) { records[Int(id)].state = .underWay }

    /// It is tried again then.
    mutating func postpone(_ id: Int64, to dueAt: Timestamp, _ speech: Receiver.Speech) {
        let place = UInt32(id)
        remove(place)
        records[Int(id)].due = Self.moment(dueAt)
        records[Int(id)].attempts = UInt8(clamping: Int(records[Int(id)].attempts) + 1)
        records[Int(id)].speech = speech.rawValue
        records[Int(id)].state = .waiting
        insert(place)
    }

    /// Nothing is owed of it any more.
    mutating func settle(_ id: Int64) {
        remove(UInt32(id))
        records[Int(id)].state = .gone
        count -= 1
    }

    // MARK: - Reading

    func due(_ reads: [LaneRead], at now: Timestamp) -> [LaneRows] {
        let moment = Self.moment(now)
        var results: [LaneRows] = []
        for read in reads {
            var due: [PendingDelivery] = []
            var next: UInt32?
            if let lane = world.number(of: read.lane) {
                walk(lane) { id in
                    guard records[Int(id)].due <= moment, due.count < read.limit else {
                        next = records[Int(id)].due
                        return false
                    }
                    due.append(delivery(id))
                    return true
                }
            }
            results.append(LaneRows(read: read, due: due, nextDue: next.map(Self.timestamp)))
        }
        return results
    }

    /// Every lane with something in it, and how much of it was due then.
    func lanes(dueBefore moment: Timestamp) -> [LaneCount] {
        let moment = Self.moment(moment)
        var counts: [LaneCount] = []
        for lane in rows.indices where !rows[lane].isEmpty {
            var (count, due, first): (Int, Int, UInt32?) = (0, 0, nil)
            walk(Int32(lane)) { id in
                first = first ?? records[Int(id)].due
                count += 1
                if records[Int(id)].due <= moment { due += 1 }
                return true
            }
            counts.append(
                LaneCount(lane: world.lane(at: Int32(lane)), count: count, nextDue: first.map(Self.timestamp), due: due)
            )
        }
        return counts
    }

    /// What has expired and is not under way, the oldest first.
    mutating func expired(at now: Timestamp) -> [Int64] {
        var ids: [Int64] = []
        var place = oldest
        while place < records.count, UInt64(records[place].accepted) + UInt64(lifetime) <= UInt64(Self.moment(now)) {
            if records[place].state == .waiting { ids.append(Int64(place)) }
            if place == oldest, records[place].state == .gone { oldest += 1 }
            place += 1
        }
        return ids
    }

    private func delivery(_ id: UInt32) -> PendingDelivery {
        let record = records[Int(id)]
        let accepted = Self.timestamp(record.accepted)
        let destination = world.destination(ofLane: record.lane)
        return PendingDelivery(
            id: Int64(id), message: world.stream(ofLane: record.lane).message, lane: world.lane(at: record.lane),
            recipients: destination.recipients, attempts: Int(record.attempts), dueAt: Self.timestamp(record.due),
            acceptedAt: accepted, expiresAt: Timestamp(milliseconds: accepted.milliseconds + Int64(lifetime)),
            lastReply: words(record, Int(destination.site)))
    }

    private func words(_ record: Record, _ site: Int) -> String {
        guard record.attempts > 0, let speech = Receiver.Speech(rawValue: record.speech) else { return "" }
        return vocabulary.meaning(of: speech, provider: Int(providers[site])).words
    }

    private static func moment(_ moment: Timestamp) -> UInt32 {
        UInt32(clamping: moment.milliseconds - World.start.milliseconds)
    }

    private static func timestamp(_ moment: UInt32) -> Timestamp {
        Timestamp(milliseconds: World.start.milliseconds + Int64(moment))
    }
}
