// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Reports
import Synchronization

/// Where a simulation is played: what happens at which moment, and who hears of it.
///
/// It does for the machine what the server's `DeliveryQueue` does, as often and as much at once, but on virtual time.
struct Stage<Played: Machine> {
    /// As the server has it: sites looked up, and lanes read, at one time.
    private static var questionsAtOnce: Int { 64 }
    private static var readsAtOnce: Int { 128 }
    /// Milliseconds between two looks for what has expired.
    private static var sweepInterval: Int64 { 10_000 }
    private static var sampleInterval: Int64 { 60_000 }
    private static var auditInterval: Int64 { 3_600_000 }
    /// Milliseconds that a look at the spool takes, and each row more.
    private static var readTime: Double { 2 }
    private static var rowTime: Double { 0.005 }

    let plan: SimulationPlan
    let rules: ProviderRules
    let world: World
    private let watch: SimulationWatch
    private let vocabulary: Vocabulary
    private let providers: [Int]
    private let random: RandomBits
    private let baseline: Int
    private var machine: Played
    private var records: Records
    private var senders: Senders
    private var receivers: [Receiver]
    private var agenda = Agenda()
    private var trials: [Trial?] = []
    private var freePlaces: [Int] = []
    private var questions = 0
    private var rows: [LaneRows]?
    private var draw: Draw
    private(set) var observer: Observer
    private(set) var tally: Tally
    private(set) var now = World.start
    private(set) var events = 0
    private(set) var accepted = 0
    private var toldAt = 0.0
    /// Looking at the clock costs something, too.
    private var tellAt = 0
    private var forgotten = 0
    private(set) var peakWaiting = 0
    private(set) var peakLanes = 0
    private(set) var peakMemory = 0
    private(set) var octetsPerRecipient = 0.0

    init(
        _ plan: SimulationPlan, _ rules: ProviderRules, _ replies: ReplyRules, _ watch: SimulationWatch, baseline: Int,
        machine: (World, @escaping RandomBits) -> Played
    ) {
        var draw = Draw(seed: plan.seed)
        let world = World(plan, rules, &draw)
        let vocabulary = Vocabulary(rules, replies)
        let chance = Mutex(Draw(seed: draw.next()))
        let random: RandomBits = { chance.withLock { $0.next() } }
        (self.plan, self.rules, self.world, self.watch, self.vocabulary) = (plan, rules, world, watch, vocabulary)
        (self.random, self.baseline) = (random, baseline)
        providers = world.sites.map { vocabulary.number(ofProvider: $0.provider) }
        receivers = world.sites.map { site in
            Receiver(
                manner: site.manner, addresses: world.addresses.count,
                allowance: site.provider == nil ? 10 + draw.below(40) : 200, blocked: draw.below(1 + plan.warmAddresses))
        }
        records = Records(world, vocabulary, plan)
        senders = Senders(world, plan, Draw(seed: draw.next()))
        observer = Observer(world, plan, rules)
        tally = Tally(world, plan)
        self.machine = machine(world, random)
        self.draw = draw
    }

    mutating func play() {
        agenda.add(.sweep, at: now.milliseconds + Self.sweepInterval)
        agenda.add(.sample, at: now.milliseconds + Self.sampleInterval)
        agenda.add(.audit, at: now.milliseconds + Self.auditInterval)
        while senders.next != nil || records.count > 0 {
            now = max(now, Timestamp(milliseconds: nextMoment))
            receive()
            while let event = agenda.take(until: now.milliseconds) { handle(event) }
            proceed()
            if events >= tellAt { tell() }
        }
        peakMemory = max(peakMemory, watch.memory())
        tell(isLast: true)
    }

    private var nextMoment: Int64 {
        let sent = senders.next.map { World.start.milliseconds + $0 } ?? .max
        // Never the present moment again: the machine has been asked for all it can do now.
        let woken = machine.wakeAt.map { max($0.milliseconds, now.milliseconds + 1) } ?? .max
        return min(sent, agenda.earliest ?? .max, woken)
    }

    private mutating func handle(_ event: Agenda.Event) {
        events += 1
        switch event {
        case .end(let place): end(place)
        case .resolved(let name): answer(name)
        case .read:
            if let rows { machine.endReads(rows, at: now) }
            rows = nil
        case .sweep: sweep()
        case .sample: sample()
        case .audit: audit()
        }
    }

    // MARK: - What comes in

    private mutating func receive() {
        while let moment = senders.next, World.start.milliseconds + moment <= now.milliseconds {
            events += 1
            accepted += 1
            let lane = senders.send().lane
            let delivery = records.accept(lane: lane, isCalm: tally.isCalm(lane), at: now)
            observer.accepted(lane: lane, at: now)
            tally.accepted(lane: lane, at: now)
            machine.offer(delivery, at: now)
        }
    }

    private mutating func answer(_ name: String) {
        questions -= 1
        let site = rules.site(of: name, exchangers: world.destination(named: name)?.exchangers ?? [])
        machine.resolved(name, site: site, lifetime: 3600, at: now)
    }

    // MARK: - What the machine wishes

    private mutating func proceed() {
        while let assignment = machine.next(at: now) { start(assignment) }
        for name in machine.questions(atMost: Self.questionsAtOnce - questions, at: now) {
            questions += 1
            agenda.add(.resolved(name), at: now.milliseconds + 5 + Int64(draw.below(150)))
        }
        if rows == nil, machine.wantsRead { read() }
    }

    // Rows are those of the moment at which the look begins: what happens until it ends is not in them.
    private mutating func read() {
        let reads = machine.beginReads(atMost: Self.readsAtOnce)
        guard !reads.isEmpty else { return }
        let found = records.due(reads, at: now)
        let count = found.reduce(0) { $0 + $1.due.count }
        rows = found
        agenda.add(.read, at: now.milliseconds + Int64(Self.readTime + Double(count) * Self.rowTime))
    }

    // MARK: - Tries

    private mutating func start(_ assignment: Assignment) {
        let id = assignment.delivery.id
        let lane = records.lane(of: id)
        let acceptedAt = records.acceptedAt(id)
        let isOver = assignment.delivery.expiresAt <= now
        observer.started(assignment, lane: lane, acceptedAt: acceptedAt, at: now)
        tally.started(
            lane: lane, acceptedAt: acceptedAt, attempts: records.attempts(of: id),
            isCalm: records.isCalm(id), at: now)
        records.begin(id)
        let (site, address) = (world.site(ofLane: lane), observer.address(of: assignment.egress))
        let (speech, delay) =
            isOver
            ? (nil, 0)
            : receivers[site].answer(
                address: address ?? 0, isBulky: assignment.delivery.lane.isBulky, at: now - World.start, &draw)
        let trial = Trial(id: id, lane: lane, site: site, address: address, speech: speech, startedAt: now)
        let place = freePlaces.popLast() ?? trials.count
        if place == trials.count { trials.append(trial) } else { trials[place] = trial }
        agenda.add(.end(place), at: now.milliseconds + max(1, Int64(delay * 1000)))
    }

    private mutating func end(_ place: Int) {
        guard let trial = trials[place] else { return }
        trials[place] = nil
        freePlaces.append(place)
        let acceptedAt = records.acceptedAt(trial.id)
        guard let speech = trial.speech else {
            return finish(trial, .expired, nil, PathReport(result: .untried, sent: 0), acceptedAt)
        }
        let meaning = vocabulary.meaning(of: speech, provider: providers[trial.site])
        let report = PathReport(
            result: speech.isReached ? .open : .unreachable(reply: meaning.words), sent: meaning.isTaken ? 1 : 0,
            lessons: meaning.lessons)
        if meaning.isFinal { return finish(trial, meaning.isTaken ? .delivered : .bounced, nil, report, acceptedAt) }
        let retryAt = plan.retry.next(after: records.attempts(of: trial.id) + 1, at: now, random: random)
        let dueAt = min(retryAt, acceptedAt + plan.lifetime)
        records.postpone(trial.id, to: dueAt, speech)
        finish(trial, .waiting, dueAt, report, acceptedAt)
    }

    private mutating func finish(
        _ trial: Trial, _ stage: Observer.Stage, _ dueAt: Timestamp?, _ report: PathReport, _ acceptedAt: Timestamp
    ) {
        if dueAt == nil { records.settle(trial.id) }
        observer.ended(trial.id, trial, as: stage, dueAt: dueAt ?? now, lessons: report.lessons, at: now)
        tally.ended(trial, as: stage, acceptedAt: acceptedAt, at: now)
        machine.finish(trial.id, retryAt: dueAt, report: report, at: now)
    }

    // MARK: - What looks on

    private mutating func sweep() {
        agenda.add(.sweep, at: now.milliseconds + Self.sweepInterval)
        let ids = records.expired(at: now)
        _ = machine.takeLearned()
        guard !ids.isEmpty else { return }
        machine.forget(ids)
        for id in ids {
            let (lane, acceptedAt) = (records.lane(of: id), records.acceptedAt(id))
            let isTried = records.attempts(of: id) > 0
            observer.expired(id, lane: lane, acceptedAt: acceptedAt, isTried: isTried, at: now)
            tally.expired(lane: lane, acceptedAt: acceptedAt, isTried: isTried, at: now)
            records.settle(id)
        }
    }

    private mutating func sample() {
        agenda.add(.sample, at: now.milliseconds + Self.sampleInterval)
        tally.closeMinute()
        observer.closeMinute(at: now)
        let minute = (now.milliseconds - World.start.milliseconds) / Self.sampleInterval
        // While much goes on every fifth minute, afterwards every hour.
        let isBusy = Double(minute) * 60 < plan.acceptance + plan.lifetime
        if minute % (isBusy ? 5 : 60) == 0 { tally.sampleAges(at: now) }
        guard records.count > peakWaiting else { return }
        peakWaiting = records.count
        let memory = watch.memory()
        peakMemory = max(peakMemory, memory)
        octetsPerRecipient = Double(memory - baseline) / Double(max(1, peakWaiting))
    }

    private mutating func audit() {
        agenda.add(.audit, at: now.milliseconds + Self.auditInterval)
        guard records.count > 0 else { return }
        let found = records.lanes(dueBefore: now + -Schedule.grace)
        peakLanes = max(peakLanes, found.count)
        machine.audit(found, at: now)
        observer.found(forgotten: machine.forgotten - forgotten, at: now)
        forgotten = machine.forgotten
    }

    private mutating func tell(isLast: Bool = false) {
        tellAt = events + 10_000
        let wall = watch.wall()
        guard isLast || wall - toldAt >= 0.3 else { return }
        toldAt = wall
        peakMemory = max(peakMemory, watch.memory())
        watch.progress(
            SimulationProgress(
                accepted: accepted, ended: accepted - records.count, recipients: plan.recipients,
                waiting: records.count, virtualSeconds: now - World.start, events: events))
    }

    // MARK: - What came of it

    mutating func report() -> SimulationReport {
        observer.found(forgotten: machine.forgotten - forgotten, at: now)
        let ends = observer.conclude(at: now)
        var breaches: [String: Int] = [:]
        for breach in Breach.allCases { breaches[breach.rawValue] = observer.counts[breach] ?? 0 }
        return tally.report(
            plan, rules, events: events, accepted: accepted, ends: ends, peakWaiting: peakWaiting,
            peakLanes: peakLanes, breaches: breaches, examples: observer.words)
    }

    func curves(of report: SimulationReport) -> [NamedCurve] { tally.curves(of: report) }
}
