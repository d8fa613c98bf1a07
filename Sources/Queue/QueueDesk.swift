// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// The operator's hand on the queue: looking into it, explaining what waits, and acting on many deliveries at once. Each
/// act has a reason, and is a fact.
package struct QueueDesk: Sendable {
    /// Deliveries an act changes in one transaction.
    package static let batch = 10_000

    package let queue: DeliveryQueue
    package let spool: any SpoolDesk
    private let now: Now

    package init(queue: DeliveryQueue, spool: any SpoolDesk, now: @escaping Now) {
        self.queue = queue
        self.spool = spool
        self.now = now
    }

    /// Who does something, and why.
    package struct Hand: Hashable, Sendable {
        package let account: AccountID
        /// ARN.
        package let principal: String
        package let sourceAddress: String
        package let reason: String
        package let call: Fact.Call?

        package init(
            account: AccountID, principal: String, sourceAddress: String, reason: String, call: Fact.Call? = nil
        ) {
            self.call = call
            self.account = account
            self.principal = principal
            self.sourceAddress = sourceAddress
            self.reason = reason
        }
    }

    // MARK: - Acts

    package func hold(_ selection: Selection, by hand: Hand) async throws -> Int {
        try await act(.hold(Hold(by: hand.principal, reason: hand.reason)), on: selection, by: hand)
    }

    package func release(_ selection: Selection, by hand: Hand) async throws -> Int {
        try await act(.release(at: now()), on: selection, by: hand)
    }

    /// Makes them due. For a site it also takes back what was learned of it: the next try will show.
    package func retryNow(_ selection: Selection, by hand: Hand) async throws -> Int {
        let count = try await act(.retry(at: now()), on: selection, by: hand)
        if let site = selection.site { await queue.forgive(site: site) }
        return count
    }

    package func reroute(_ selection: Selection, to pool: PoolID?, by hand: Hand) async throws -> Int {
        try await act(.reroute(pool), on: selection, by: hand)
    }

    package func drop(_ selection: Selection, by hand: Hand) async throws -> Int {
        try await act(.drop, on: selection, by: hand)
    }

    // What is under way is left alone, but for a hold, which then holds what its try leaves, and for its end.
    private func act(_ act: DeskAct, on selection: Selection, by hand: Hand) async throws -> Int {
        let selection = await queue.meaning(of: selection)
        let event = Fact.Administered(
            operation: act.operation, principal: hand.principal, resource: selection.description,
            sourceAddress: hand.sourceAddress, reason: hand.reason, call: hand.call)
        let fact = Fact(at: now(), account: hand.account, message: nil, event: .administered(event))
        var (changed, last): (Int, Int64) = (0, 0)
        while true {
            let found = try await spool.select(selection, after: last, limit: Self.batch)
            guard let end = found.last else { break }
            last = end
            let idle = await queue.withdraw(found)
            do {
                changed += try await spool.act(act, on: act.concernsWhatIsUnderWay ? found : idle, fact: fact)
            } catch {
                await queue.bringBack(idle)
                await queue.reload()
                throw error
            }
            await queue.bringBack(idle)
        }
        await queue.reload()
        return changed
    }

    // MARK: - Looking

    package func list(_ selection: Selection, after id: Int64 = 0, limit: Int = 100) async throws -> [ListedDelivery] {
        try await spool.list(await queue.meaning(of: selection), after: id, limit: limit)
    }

    /// How many deliveries wait, by site and age.
    package func summary() async throws -> [AgeRow] {
        var bySite: [String: [Int]] = [:]
        for row in try await spool.ages(at: now()) {
            let site = await queue.site(of: row.destination) ?? row.destination
            let sum = bySite[site] ?? [Int](repeating: 0, count: row.counts.count)
            bySite[site] = zip(sum, row.counts).map { $0 + $1 }
        }
        return bySite.map { AgeRow(destination: $0.key, counts: $0.value) }.sorted { $0.destination < $1.destination }
    }

    package func timeline(_ message: MessageID) async throws -> [Fact] { try await spool.timeline(message) }

    /// Why a delivery waits.
    package func explain(_ id: Int64) async throws -> WaitReason {
        if let reason = await queue.explain(id) { return reason }
        guard let delivery = try await spool.delivery(id) else { return WaitReason(.gone) }
        return try await explain(delivery)
    }

    /// A delivery of a message, why it waits, and how many of its lane are before it.
    package struct Explanation: Hashable, Sendable {
        package let delivery: PendingDelivery
        package let reason: WaitReason
        /// Nil where it is not in a line: held, not due, under way.
        package let ahead: Int?
    }

    /// Why each delivery of a message waits.
    package func explain(_ message: MessageID) async throws -> [Explanation] {
        var all: [Explanation] = []
        for delivery in try await spool.deliveries(of: message) {
            if let reason = await queue.explain(delivery.id) {
                all.append(.init(delivery: delivery, reason: reason, ahead: await queue.ahead(of: delivery.id)))
            } else {
                let isInLine = delivery.hold == nil && delivery.dueAt <= now()
                let ahead = isInLine ? try await spool.position(of: delivery) : nil
                all.append(.init(delivery: delivery, reason: try await explain(delivery), ahead: ahead))
            }
        }
        return all
    }

    private func explain(_ delivery: PendingDelivery) async throws -> WaitReason {
        if let hold = delivery.hold { return WaitReason(.held(hold)) }
        guard delivery.dueAt <= now() else {
            return WaitReason(
                .retry(attempts: delivery.attempts, reply: delivery.lastReply), until: delivery.dueAt,
                rule: "delivery.retry")
        }
        let ahead = try await spool.position(of: delivery)
        return await queue.explain(delivery, ahead: ahead)
    }
}

extension DeliveryQueue {
    func withdraw(_ ids: [Int64]) -> [Int64] { schedule.withdraw(ids) }

    func bringBack(_ ids: [Int64]) { schedule.bringBack(ids) }

    /// Reads anew how much waits in each lane. What this misses the next check finds.
    func reload() async {
        do { try await load() } catch { report(.spool("the queue could not be read: \(error)")) }
        proceed()
    }

    func forgive(site: String) {
        schedule.forgive(site: site, at: now())
        proceed()
    }

    /// A site, as the destinations that are known to belong to it.
    func meaning(of selection: Selection) -> Selection {
        guard let site = selection.site, selection.destinations == nil else { return selection }
        var meant = selection
        meant.destinations = Set(schedule.destinations(of: site)).union([site])
        return meant
    }

    package func site(of destination: String) -> String? { schedule.site(of: destination) }

    /// The sites of those destinations whose site is known.
    package func sites(of destinations: [String]) -> [String: String] {
        destinations.reduce(into: [:]) { $0[$1] = schedule.site(of: $1) }
    }

    func explain(_ id: Int64) -> WaitReason? { schedule.explain(id, at: now()) }

    func ahead(of id: Int64) -> Int? { schedule.ahead(of: id) }

    func explain(_ delivery: PendingDelivery, ahead: Int) -> WaitReason {
        schedule.explain(delivery.lane, ahead: ahead, dueAt: delivery.dueAt, at: now())
    }

    // MARK: - For people and metrics

    package var counts: ScheduleCounts { schedule.counts }

    package func addresses() -> [AddressSnapshot] { schedule.addressSnapshots(at: now()) }

    package func paths(site: String? = nil, address: String? = nil) -> [PathSnapshot] {
        schedule.pathSnapshots(site: site, address: address, at: now())
    }
}
