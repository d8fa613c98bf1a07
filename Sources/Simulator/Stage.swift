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
    static var sweepInterval: Int64 { 10_000 }
    static var sampleInterval: Int64 { 60_000 }
    static var auditInterval: Int64 { 3_600_000 }
    /// Milliseconds that a look at the spool takes, and each row more.
    private static var readTime: Double { 2 }
    private static var rowTime: Double { 0.005 }

    let plan: SimulationPlan
    let rules: ProviderRules
    let world: World
    let watch: SimulationWatch
    let vocabulary: Vocabulary
    let providers: [Int]
    let random: RandomBits
    let baseline: Int
    var machine: Played
    var records: Records
    var senders: Senders
    var receivers: [Receiver]
    var agenda = Agenda()
    var trials: [Trial?] = []
    var freePlaces: [Int] = []
    var questions = 0
    var rows: [LaneRows]?
    var draw: Draw
    var observer: Observer
    var tally: Tally
    var now = World.start
    var events = 0
    var accepted = 0
    var toldAt = 0.0
    /// Looking at the clock costs something, too.
    var tellAt = 0
    var forgotten = 0
    var peakWaiting = 0
    var peakLanes = 0
    var peakMemory = 0
    var octetsPerRecipient = 0.0

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
                allowance: site.provider == nil ? 10 + draw.below(40) : 200, blocked: draw.below(1 + plan.warmAddresses)
            )
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

    var nextMoment: Int64 {
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
}
