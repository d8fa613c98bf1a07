// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// The observer's eye on mail that could go and does not.
///
/// A way is a pool's to a site. It *stands still* in a minute if mail waits for it from beginning to end, nothing of it is
/// under way and nothing starts, while the site is ready, no rule limits it, it has delivered within the ten minutes
/// before, and the server has free slots for the whole minute. Nothing then keeps the mail back but the queue itself.
struct Liveness {
    private static let recently = 600.0

    private let siteCount: Int
    private let slots: Int
    /// By stream: the number of its pool; -1 for warming ones, whose plans may hold them back.
    private let pools: [Int]
    private let isFree: [Bool]
    /// By way.
    private var waiting: [Int32]
    private var underWay: [Int32]
    private var deliveredAt: [Timestamp]
    private var hasStarted: [Bool]
    private var stoodReady: [Bool]
    private var waitingInAll = 0
    private var underWayInAll = 0
    private var mostUnderWay = 0

    init(_ world: World, _ limits: Schedule.Limits) {
        siteCount = world.sites.count
        slots = limits.inFlight
        let names = Array(Set(world.streams.filter { !$0.isWarming }.map { $0.pool?.name ?? "" })).sorted()
        pools = world.streams.map { $0.isWarming ? -1 : names.firstIndex(of: $0.pool?.name ?? "") ?? -1 }
        isFree = world.sites.map(\.isFree)
        waiting = [Int32](repeating: 0, count: names.count * siteCount)
        underWay = waiting
        deliveredAt = waiting.map { _ in Timestamp(milliseconds: 0) }
        hasStarted = waiting.map { _ in false }
        stoodReady = hasStarted
    }

    private func way(_ stream: Int, _ site: Int) -> Int? {
        pools[stream] < 0 ? nil : pools[stream] * siteCount + site
    }

    mutating func waits(_ stream: Int, _ site: Int, _ count: Int) {
        guard let way = way(stream, site) else { return }
        waiting[way] += Int32(count)
        waitingInAll += count
    }

    mutating func started(_ stream: Int, _ site: Int) {
        underWayInAll += 1
        mostUnderWay = max(mostUnderWay, underWayInAll)
        guard let way = way(stream, site) else { return }
        underWay[way] += 1
        hasStarted[way] = true
    }

    mutating func ended(_ stream: Int, _ site: Int, isDelivered: Bool, at now: Timestamp) {
        underWayInAll -= 1
        guard let way = way(stream, site) else { return }
        underWay[way] -= 1
        if isDelivered { deliveredAt[way] = now }
    }

    /// A minute is over.
    /// - Returns: sites that stood still.
    mutating func closeMinute(at now: Timestamp) -> [Int] {
        defer { mostUnderWay = underWayInAll }
        guard waitingInAll > 0 else { return [] }
        var still: [Int] = []
        for way in waiting.indices where isFree[way % siteCount] {
            let isReady = waiting[way] > 0 && underWay[way] == 0 && now - deliveredAt[way] < Self.recently
            if isReady, stoodReady[way], !hasStarted[way], mostUnderWay < slots { still.append(way % siteCount) }
            stoodReady[way] = isReady
            hasStarted[way] = false
        }
        return still
    }
}
