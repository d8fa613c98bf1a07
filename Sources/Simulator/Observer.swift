// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// Recounts from outside what the machine may do, and writes down where it did otherwise.
///
/// It shares nothing with the machine but the rules as they are written: it sees mail accepted, tries begin and end, and
/// the replies' lessons, and keeps counts of its own.
struct Observer {
    enum Stage: UInt8 {
        case waiting
        case underWay
        case delivered
        case bounced
        case expired
    }

    /// In words, of each kind of breach.
    private static let examples = 3

    let world: World
    private let plan: SimulationPlan
    private let siteCount: Int
    private let addressPlaces: [String: Int]
    private var paths: PathObserver
    private var warming: WarmingObserver
    private var liveness: Liveness
    /// By id.
    private var stages: ContiguousArray<Stage> = []
    private var dues: ContiguousArray<UInt32> = []
    private var inFlight = 0
    /// By lane: when the youngest of those was accepted that were tried at all.
    private var youngestTried: ContiguousArray<UInt32>
    private(set) var counts: [Breach: Int] = [:]
    /// The first of each kind, in words.
    private(set) var words: [String] = []

    init(_ world: World, _ plan: SimulationPlan, _ rules: ProviderRules) {
        self.world = world
        self.plan = plan
        siteCount = world.sites.count
        addressPlaces = Dictionary(
            world.addresses.enumerated().map { ($1.egress.address ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        paths = PathObserver(world, rules, plan.limits)
        warming = WarmingObserver(world, rules)
        liveness = Liveness(world, plan.limits)
        youngestTried = ContiguousArray(repeating: 0, count: world.laneCount)
        stages.reserveCapacity(plan.recipients)
        dues.reserveCapacity(plan.recipients)
    }

    var isSound: Bool { counts.isEmpty }

    mutating func accepted(lane: Int32, at now: Timestamp) {
        liveness.waits(world.streamNumber(ofLane: lane), world.site(ofLane: lane), 1)
        stages.append(.waiting)
        dues.append(Self.moment(now))
    }

    /// The number of our address, for whoever plays the other side; nil where it is not one of ours.
    func address(of egress: Egress) -> Int? { addressPlaces[egress.address ?? ""] }

    /// A try begins.
    mutating func started(_ assignment: Assignment, lane: Int32, acceptedAt: Timestamp, at now: Timestamp) {
        let id = assignment.delivery.id
        let (stream, site) = (world.streamNumber(ofLane: lane), world.site(ofLane: lane))
        liveness.waits(stream, site, -1)
        liveness.started(stream, site)
        if stages[Int(id)] != .waiting { note(.startedTwice, id, "it was \(stages[Int(id)])", now) }
        stages[Int(id)] = .underWay
        if dues[Int(id)] > Self.moment(now) { note(.early, id, "due \(dues[Int(id)]) ms after the beginning", now) }
        youngestTried[Int(lane)] = max(youngestTried[Int(lane)], Self.moment(acceptedAt))
        inFlight += 1
        if inFlight > plan.limits.inFlight { note(.inFlight, id, "\(inFlight) under way", now) }
        if assignment.site != world.sites[site].name { note(.site, id, "\(assignment.site)", now) }
        guard let address = address(of: assignment.egress),
            world.addresses[address].egress.pool == world.stream(ofLane: lane).pool
        else { return note(.pool, id, "from \(assignment.egress.address ?? "the system's address")", now) }
        if let (breach, what) = paths.start(address * siteCount + site, site: site, at: now) {
            note(breach, id, "\(assignment.egress.address ?? "system") to \(assignment.site): \(what)", now)
        }
        if let what = warming.start(address, site, at: now) { note(.warmUp, id, what, now) }
    }

    /// A try ends: for good, or until the moment given.
    mutating func ended(
        _ id: Int64, _ trial: Trial, as stage: Stage, dueAt: Timestamp, lessons: [Lesson], at now: Timestamp
    ) {
        if stages[Int(id)] != .underWay { note(.endedTwice, id, "it was \(stages[Int(id)])", now) }
        stages[Int(id)] = stage
        dues[Int(id)] = Self.moment(dueAt)
        inFlight -= 1
        let stream = world.streamNumber(ofLane: trial.lane)
        liveness.ended(stream, trial.site, isDelivered: stage == .delivered, at: now)
        if stage == .waiting { liveness.waits(stream, trial.site, 1) }
        guard let address = trial.address else { return }
        paths.end(address * siteCount + trial.site, site: trial.site, lessons, at: now)
        if stage != .delivered { warming.giveBack(address, trial.site, day: trial.startedAt.day) }
    }

    /// The time of something is over that was not under way.
    mutating func expired(_ id: Int64, lane: Int32, acceptedAt: Timestamp, isTried: Bool, at now: Timestamp) {
        if stages[Int(id)] != .waiting { note(.endedTwice, id, "it was \(stages[Int(id)])", now) }
        if !isTried, youngestTried[Int(lane)] > Self.moment(acceptedAt) {
            note(.forgotten, id, "to \(world.destination(ofLane: lane).name): younger mail was tried", now)
        }
        stages[Int(id)] = .expired
        liveness.waits(world.streamNumber(ofLane: lane), world.site(ofLane: lane), -1)
    }

    /// A minute is over.
    mutating func closeMinute(at now: Timestamp) {
        for site in liveness.closeMinute(at: now) {
            note(.stalled, nil, "\(world.sites[site].name) stood still for a minute with free slots", now)
        }
    }

    /// The machine has found out itself that it did not know of something.
    mutating func found(forgotten count: Int, at now: Timestamp) {
        for _ in 0..<count { note(.forgotten, nil, "found by the queue's audit", now) }
    }

    /// Nothing more is to come.
    mutating func conclude(at now: Timestamp) -> (delivered: Int, bounced: Int, expired: Int) {
        var (delivered, bounced, expired) = (0, 0, 0)
        for (id, stage) in stages.enumerated() {
            switch stage {
            case .delivered: delivered += 1
            case .bounced: bounced += 1
            case .expired: expired += 1
            case .waiting, .underWay: note(.lost, Int64(id), "it is \(stage)", now)
            }
        }
        return (delivered, bounced, expired)
    }

    private mutating func note(_ breach: Breach, _ id: Int64?, _ what: String, _ now: Timestamp) {
        counts[breach, default: 0] += 1
        guard counts[breach, default: 0] <= Self.examples else { return }
        words.append("\(now) \(breach.rawValue): " + (id.map { "delivery \($0), " } ?? "") + what)
    }

    private static func moment(_ moment: Timestamp) -> UInt32 {
        UInt32(clamping: moment.milliseconds - World.start.milliseconds)
    }
}

/// One try as it is played.
struct Trial {
    let id: Int64
    let lane: Int32
    let site: Int
    /// Which of our addresses; nil where it is none of ours.
    let address: Int?
    /// Nil where nothing was tried, because its time was over.
    let speech: Receiver.Speech?
    let startedAt: Timestamp
}
