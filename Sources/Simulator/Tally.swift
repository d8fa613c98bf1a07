// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// What is measured while a simulation plays.
struct Tally {
    /// Minutes at which classes of age end; the last one is open.
    static let ages = [5, 20, 80, 320]

    struct Outcome {
        var sites = 0
        var accepted = 0
        var tries = 0
        var delivered = 0
        var bounced = 0
        var deferred = 0
        var expired = 0
        var untried = 0
    }

    struct AgeSample {
        let minute: Int
        /// One more than `ages`.
        let counts: [Int]
    }

    private let world: World
    private let siteCount: Int
    private(set) var outcomes: [Outcome]
    private(set) var fairness: Fairness
    /// Of all accounts but the first, to free sites: all of the burst and the trickle, and those that came while less of
    /// their account waited for free sites than its share of the slots, so that others alone could hold them up.
    private(set) var allWaits = Waits()
    private(set) var calmWaits = Waits()
    /// By minute: starts, deliveries; and of what was accepted in it, how much waits still.
    private(set) var starts: [Int]
    private(set) var deliveries: [Int]
    private var waitingByMinute: [Int]
    private(set) var ageSamples: [AgeSample] = []
    /// By account and site: what waits.
    private var waiting: [Int32]
    private var underWayBySite: [Int32]
    private var underWay = 0
    private let slots: Int
    /// Of the slots, for each account.
    private let share: Int
    /// By account: what waits for free sites.
    private var waitingForFree: [Int]
    private let isFree: [Bool]
    /// Sites that have taken something.
    private var isLive: [Bool]
    /// By address and day of its warm-up, from 1: what arrived.
    private(set) var arrivals: [[Int]]
    private(set) var last = World.start
    /// The minute until which the pictures are drawn: all but the warming stream can have ended by then.
    let busyUntil: Int

    init(_ world: World, _ plan: SimulationPlan) {
        self.world = world
        siteCount = world.sites.count
        slots = plan.limits.inFlight
        share = max(1, slots / world.accounts.count)
        waitingForFree = [Int](repeating: 0, count: world.accounts.count)
        outcomes = [Outcome](repeating: Outcome(), count: Receiver.Manner.allCases.count)
        for site in world.sites { outcomes[Int(site.manner.rawValue)].sites += 1 }
        fairness = Fairness(accounts: world.accounts.count)
        let end = max(plan.acceptance, Double(plan.warmingDays) * 86_400) + plan.lifetime
        let minutes = Int(end / 60) + 60
        busyUntil = Int((plan.acceptance + plan.lifetime) / 60) + 30
        starts = [Int](repeating: 0, count: minutes)
        deliveries = starts
        waitingByMinute = starts
        waiting = [Int32](repeating: 0, count: world.accounts.count * siteCount)
        underWayBySite = [Int32](repeating: 0, count: siteCount)
        isFree = world.sites.map(\.isFree)
        isLive = [Bool](repeating: false, count: siteCount)
        arrivals = world.addresses.map { _ in [Int](repeating: 0, count: WarmUpPlan.length + 2) }
    }

    /// The numbers and names of those that began to be warmed up with the simulation.
    var warmingAddresses: [(place: Int, address: String)] {
        world.addresses.enumerated().compactMap { place, address in
            address.warmingSince == nil ? nil : (place, address.egress.address ?? "")
        }
    }

    private func minute(_ moment: Timestamp) -> Int {
        min(max(Int((moment - World.start) / 60), 0), starts.count - 1)
    }

    private func place(_ lane: Int32) -> Int {
        world.stream(ofLane: lane).account * siteCount + world.site(ofLane: lane)
    }

    private func manner(_ lane: Int32) -> Int { Int(world.sites[world.site(ofLane: lane)].manner.rawValue) }

    /// Whether the account of the lane waits for others alone, if at all.
    func isCalm(_ lane: Int32) -> Bool { waitingForFree[world.stream(ofLane: lane).account] < share }

    private mutating func wait(_ lane: Int32, _ count: Int32) {
        waiting[place(lane)] += count
        if isFree[world.site(ofLane: lane)] { waitingForFree[world.stream(ofLane: lane).account] += Int(count) }
    }

    mutating func accepted(lane: Int32, at now: Timestamp) {
        wait(lane, 1)
        waitingByMinute[minute(now)] += 1
        outcomes[manner(lane)].accepted += 1
    }

    mutating func started(lane: Int32, acceptedAt: Timestamp, attempts: Int, isCalm: Bool, at now: Timestamp) {
        wait(lane, -1)
        underWayBySite[world.site(ofLane: lane)] += 1
        underWay += 1
        starts[minute(now)] += 1
        outcomes[manner(lane)].tries += 1
        let stream = world.stream(ofLane: lane)
        fairness.started(stream.account)
        guard attempts == 0, stream.account > 0, !stream.isWarming, isFree[world.site(ofLane: lane)] else { return }
        allWaits.add(now - acceptedAt)
        if isCalm { calmWaits.add(now - acceptedAt) }
    }

    mutating func ended(_ trial: Trial, as stage: Observer.Stage, acceptedAt: Timestamp, at now: Timestamp) {
        underWayBySite[trial.site] -= 1
        underWay -= 1
        let manner = manner(trial.lane)
        switch stage {
        case .delivered:
            outcomes[manner].delivered += 1
            deliveries[minute(now)] += 1
            isLive[trial.site] = true
            arrive(trial)
        case .bounced: outcomes[manner].bounced += 1
        case .expired: outcomes[manner].expired += 1
        case .waiting, .underWay:
            outcomes[manner].deferred += 1
            wait(trial.lane, 1)
            return
        }
        leave(trial.lane, acceptedAt, now)
    }

    mutating func expired(lane: Int32, acceptedAt: Timestamp, isTried: Bool, at now: Timestamp) {
        wait(lane, -1)
        outcomes[manner(lane)].expired += 1
        if !isTried { outcomes[manner(lane)].untried += 1 }
        leave(lane, acceptedAt, now)
    }

    private mutating func leave(_ lane: Int32, _ acceptedAt: Timestamp, _ now: Timestamp) {
        waitingByMinute[minute(acceptedAt)] -= 1
        last = now
    }

    private mutating func arrive(_ trial: Trial) {
        guard let address = trial.address, let since = world.addresses[address].warmingSince else { return }
        let day = trial.startedAt.day - since.day + 1
        if arrivals[address].indices.contains(day) { arrivals[address][day] += 1 }
    }

    // MARK: - Samples

    /// A minute is over.
    mutating func closeMinute() {
        let isFull = underWay >= slots
        fairness.close(isContended: isFull && world.accounts.indices.allSatisfy(canFillShare))
    }

    private func canFillShare(_ account: Int) -> Bool {
        let start = account * siteCount
        var left = share
        for site in 0..<siteCount
        where isFree[site] && isLive[site] && waiting[start + site] > 0 && underWayBySite[site] == 0 {
            left -= 1
            if left <= 0 { return true }
        }
        return false
    }

    mutating func sampleAges(at now: Timestamp) {
        let present = minute(now)
        var counts = [Int](repeating: 0, count: Self.ages.count + 1)
        for minute in 0...present where waitingByMinute[minute] > 0 {
            let age = present - minute
            counts[Self.ages.firstIndex { age < $0 } ?? Self.ages.count] += waitingByMinute[minute]
        }
        ageSamples.append(AgeSample(minute: present, counts: counts))
    }
}
