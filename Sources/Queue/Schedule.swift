// SPDX-License-Identifier: Apache-2.0

import Mail

/// Which delivery goes next: a synchronous machine over a bounded window on the spool. Events in, decisions out.
///
/// The window never holds the whole queue: what does not fit is found in the spool when there is room again. Sites take
/// turns, so one destination's million does not hold up another's one; within a site the earliest due goes first.
package struct Schedule: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Deliveries held in memory.
        package var window = 10_000
        /// Under way at one time, in all and to one site.
        package var inFlight = 200
        package var inFlightPerSite = 20

        package init() {}
    }

    private struct Site {
        var waiting: [PendingDelivery] = []
        var head = 0
        var inFlight = 0
        var isListed = false

        var isEmpty: Bool { head == waiting.count }

        mutating func pop() -> PendingDelivery {
            defer {
                head += 1
                if head > 1024, head * 2 > waiting.count {
                    waiting.removeFirst(head)
                    head = 0
                }
            }
            return waiting[head]
        }
    }

    package let limits: Limits
    private var sites: [String: Site] = [:]
    /// Sites with something to start, in turn.
    private var turn: [String] = []
    private var turnHead = 0
    /// Everything in the window, waiting or in flight: never taken from the spool twice.
    package private(set) var held: Set<Int64> = []
    package private(set) var inFlight = 0
    /// Something due was left in the spool because the window was full.
    package private(set) var hasOverflow = false
    package var isOnHold = false
    /// While the spool is read: what was settled since, so that the read, which may be older, does not bring it back.
    private var settledWhileReading: Set<Int64>?

    package init(limits: Limits) { self.limits = limits }

    package var room: Int { limits.window - held.count }

    /// Takes a due delivery into the window; when it is full, the delivery stays in the spool alone.
    package mutating func offer(_ delivery: PendingDelivery) {
        guard !held.contains(delivery.id) else { return }
        guard room > 0 else {
            hasOverflow = true
            return
        }
        held.insert(delivery.id)
        sites[delivery.site, default: Site()].waiting.append(delivery)
        list(delivery.site)
    }

    /// A read of what is due begins.
    /// - Returns: how many deliveries there is room for; nil where there is none and no read is to be made.
    package mutating func beginRead() -> Int? {
        guard room > 0 else {
            hasOverflow = true
            return nil
        }
        hasOverflow = false
        settledWhileReading = []
        return room
    }

    /// The read brought these; it may have left some where it brought as many as it was allowed.
    package mutating func endRead(_ due: [PendingDelivery], isComplete: Bool) {
        let settled = settledWhileReading ?? []
        settledWhileReading = nil
        if !isComplete { hasOverflow = true }
        for delivery in due where !settled.contains(delivery.id) { offer(delivery) }
    }

    /// The read failed.
    package mutating func abandonRead() {
        settledWhileReading = nil
        hasOverflow = true
    }

    /// Whether the spool is to be read again for what was left there: not at every settlement, for a read passes over
    /// all that the window holds.
    package var wantsRead: Bool { hasOverflow && room > limits.window / 2 }

    /// The delivery to start now, or nil when none may.
    package mutating func start() -> PendingDelivery? {
        guard !isOnHold, inFlight < limits.inFlight, turnHead < turn.count else { return nil }
        let name = turn[turnHead]
        turnHead += 1
        if turnHead > 1024 {
            turn.removeFirst(turnHead)
            turnHead = 0
        }
        guard var site = sites[name] else { return start() }
        site.isListed = false
        let delivery = site.pop()
        site.inFlight += 1
        inFlight += 1
        sites[name] = site
        list(name)
        return delivery
    }

    /// A started delivery has been settled in the spool.
    package mutating func finish(_ delivery: PendingDelivery) {
        settledWhileReading?.insert(delivery.id)
        guard held.remove(delivery.id) != nil else { return }
        inFlight -= 1
        sites[delivery.site]?.inFlight -= 1
        list(delivery.site)
        if let site = sites[delivery.site], site.isEmpty, site.inFlight == 0 { sites[delivery.site] = nil }
    }

    private mutating func list(_ name: String) {
        guard var site = sites[name], !site.isListed, !site.isEmpty, site.inFlight < limits.inFlightPerSite else {
            return
        }
        site.isListed = true
        sites[name] = site
        turn.append(name)
    }
}
