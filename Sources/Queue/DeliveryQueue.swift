// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// The queue between acceptance and delivery: the spool for keeping, the schedule for order.
///
/// It drives the schedule in real time: brings it what was accepted and what was read, looks up sites, wakes it, and
/// writes down what came of each try.
package actor DeliveryQueue {
    /// Seconds before a settlement that could not be written is tried again.
    private static let settlementRetry = Duration.seconds(1)
    /// Sites looked up, and lanes read, at one time.
    private static let questionsAtOnce = 64
    private static let readsAtOnce = 128
    private static let lanesAtOnce = 2_000

    nonisolated let spool: any Spool
    private nonisolated let sites: any SiteFinder
    nonisolated let now: Now
    nonisolated let report: @Sendable (QueueFault) -> Void
    private nonisolated let arrivals = Arrivals()
    var schedule: Schedule
    private var waiters = Fifo<CheckedContinuation<Assignment?, Never>>()
    private(set) var isClosed = false
    private var wakeUp: (at: Timestamp, task: Task<Void, Never>)?
    private var questions = 0
    private var isReading = false
    private var hasRecalled = false
    var faults = QueueFaults()
    var lastChecked: MessageID?

    /// - Parameters:
    ///   - sites: finds the provider behind a domain.
    ///   - addresses: what mail may leave from.
    ///   - report: hears of what should not be.
    package init(
        spool: any Spool, sites: any SiteFinder = DomainSites(),
        addresses: [SendingAddress] = [.system(hostname: "localhost")], rules: ProviderRules = .none,
        limits: Schedule.Limits, now: @escaping Now, random: @escaping RandomBits = { 0 },
        report: @escaping @Sendable (QueueFault) -> Void = { _ in }
    ) {
        self.spool = spool
        self.sites = sites
        self.now = now
        self.report = report
        schedule = Schedule(limits: limits, rules: rules, addresses: addresses, random: random)
    }

    /// Stores a message; when this returns, it is owed. Stores wait together and share a sync.
    package nonisolated func accept(_ message: SpooledMessage, _ deliveries: [PendingDelivery], _ facts: [Fact])
        async throws
    {
        arrivals.begin(message.id)
        let stored: [PendingDelivery]
        do {
            stored = try await spool.accept(message, deliveries, facts)
        } catch {
            arrivals.abandon(message.id)
            throw error
        }
        if stored.isEmpty { return arrivals.abandon(message.id) }
        if arrivals.store(stored) { Task { await self.fetch() } }
    }

    /// Stores facts about what was not accepted.
    package nonisolated func record(_ facts: [Fact]) async throws { try await spool.record(facts) }

    /// Begins with what the spool holds from before; tried again until the spool answers.
    package func start() async {
        while !isClosed {
            do {
                try await load()
                return proceed()
            } catch {
                report(.spool("the queue could not be read at start: \(error)"))
                try? await Task.sleep(for: Self.settlementRetry)
            }
        }
    }

    /// The next delivery to try, when there is one; nil once the queue is closed.
    package func next() async -> Assignment? {
        if isClosed { return nil }
        if let assignment = schedule.next(at: now()) {
            attend()
            return assignment
        }
        return await withCheckedContinuation { waiter in
            waiters.push(waiter)
            attend()
        }
    }

    /// Writes down what a try came to. A settlement that cannot be written is tried until it can: the delivery stays in
    /// flight meanwhile, so it is neither lost nor sent again.
    package func settle(_ settlement: Settlement, of assignment: Assignment, report: PathReport) async {
        let id = settlement.delivery.id
        let departure = schedule.departure(of: id, messages: report.sent, at: now())
        while true {
            do {
                try await spool.settle(settlement, departure: departure)
                break
            } catch {
                if isClosed { return }
                self.report(.spool("a settlement could not be written: \(error)"))
                try? await Task.sleep(for: Self.settlementRetry)
            }
        }
        schedule.finish(
            id, retryAt: settlement.retry?.dueAt, movedTo: settlement.retry?.lane, report: report, at: now())
        keepLessons()
        proceed()
    }

    /// Stops or resumes deliveries; acceptance goes on.
    package func setHold(_ isOnHold: Bool) {
        schedule.isOnHold = isOnHold
        proceed()
    }

    /// Nothing new starts on this node; what is under way ends.
    package func setDraining(_ isDraining: Bool) {
        schedule.isDraining = isDraining
        proceed()
    }

    package func setAddresses(_ addresses: [SendingAddress]) {
        schedule.setAddresses(addresses, at: now())
        proceed()
    }

    package func setRules(_ rules: ProviderRules) {
        schedule.setRules(rules, at: now())
        proceed()
    }

    /// Nothing is given out any more.
    package func close() {
        isClosed = true
        wakeUp?.task.cancel()
        while let waiter = waiters.pop() { waiter.resume(returning: nil) }
    }

    // MARK: - The machine's wishes

    private func fetch() {
        let moment = now()
        for delivery in arrivals.take() { schedule.offer(delivery, at: moment) }
        proceed()
    }

    /// After any event: starts what may start, and sees to what the machine asks for.
    func proceed() {
        while !waiters.isEmpty, !isClosed, let assignment = schedule.next(at: now()), let waiter = waiters.pop() {
            waiter.resume(returning: assignment)
        }
        attend()
    }

    private func attend() {
        guard !isClosed else { return }
        ask()
        if schedule.wantsRead, !isReading { read() }
        wake()
    }

    private func ask() {
        for domain in schedule.questions(atMost: Self.questionsAtOnce - questions, at: now()) {
            questions += 1
            Task {
                let answer = await sites.site(of: domain)
                self.answer(domain, answer.site, answer.lifetime)
            }
        }
    }

    private func answer(_ domain: String, _ site: String, _ lifetime: Double) {
        questions -= 1
        schedule.resolved(domain, site: site, lifetime: lifetime, at: now())
        proceed()
    }

    private func read() {
        let moment = now()
        let reads = schedule.beginReads(atMost: Self.readsAtOnce)
        guard !reads.isEmpty else { return }
        isReading = true
        Task {
            do {
                self.take(try await spool.due(reads, at: moment))
            } catch {
                self.report(.spool("deliveries could not be read: \(error)"))
                self.schedule.abandonReads(reads, at: now())
            }
            self.isReading = false
            self.proceed()
        }
    }

    private func take(_ results: [LaneRows]) {
        let coming = arrivals.coming
        let announced = results.map { rows in
            LaneRows(read: rows.read, due: rows.due.filter { !coming.contains($0.message) }, nextDue: rows.nextDue)
        }
        let before = schedule.forgotten
        schedule.endReads(announced, at: now())
        if schedule.forgotten > before { report(.forgotten(schedule.forgotten - before)) }
    }

    // One alarm, at the earliest moment that anything asks for.
    private func wake() {
        guard let moment = schedule.wakeAt else { return }
        if let wakeUp, wakeUp.at <= moment { return }
        wakeUp?.task.cancel()
        let delay = max(moment - now(), 0.001)
        let task = Task {
            guard (try? await Task.sleep(for: .seconds(delay))) != nil else { return }
            self.alarm()
        }
        wakeUp = (moment, task)
    }

    private func alarm() {
        wakeUp = nil
        schedule.advance(to: now())
        proceed()
    }

    func load() async throws {
        if !hasRecalled {
            let (lessons, departures) = try await spool.recall(at: now())
            schedule.restore(lessons, departures, at: now())
            hasRecalled = true
        }
        try await eachPage(dueBefore: now()) { page in
            let moment = self.now()
            for count in page {
                guard let nextDue = count.nextDue, self.schedule.admits(count.lane) else { continue }
                self.schedule.note(count.lane, count: count.count, nextDue: nextDue, at: moment)
            }
            // The first may start while the rest is read.
            self.proceed()
        }
    }

    /// Goes through the lanes of the spool, page by page.
    func eachPage(dueBefore moment: Timestamp, _ body: ([LaneCount]) -> Void) async throws {
        var place: Int64 = 0
        while !isClosed {
            let page = try await spool.lanes(dueBefore: moment, after: place, limit: Self.lanesAtOnce)
            body(page.lanes)
            guard let next = page.next else { return }
            place = next
        }
    }

    // What is lost of this in a crash is learned again.
    private func keepLessons() {
        let lessons = schedule.takeLearned()
        guard !lessons.isEmpty else { return }
        Task {
            do { try await spool.keep(lessons) } catch { report(.spool("a lesson could not be kept: \(error)")) }
        }
    }
}
