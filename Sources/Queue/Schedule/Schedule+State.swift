// SPDX-License-Identifier: Apache-2.0

import Mail

/// What the machine knows of each thing: plain numbers in numbered places, so that an event costs the same whatever the
/// queue holds.
extension Schedule {
    /// A delivery in the window.
    struct Entry: Vacant {
        static let vacant = Entry(delivery: nil, lane: -1)

        let delivery: PendingDelivery?
        let lane: Int32
        /// Neighbours in the lane.
        var previous: Int32 = -1
        var next: Int32 = -1
        /// The path it is under way by, or -1 while it waits.
        var path: Int32 = -1
        var startedAt = Timestamp(milliseconds: 0)
        /// Nobody had answered on the path when it started; it or this delivery had been tried in vain before.
        var isUnproven = false
        var isDead = false

        init(delivery: PendingDelivery?, lane: Int32) {
            self.delivery = delivery
            self.lane = lane
        }

        var isVacant: Bool { lane < 0 }
    }

    /// Where a lane stands; it is in one place at a time.
    enum Stand: UInt8, Sendable {
        /// Nothing is due, or nothing is known of it.
        case idle
        /// Its destination's site is being found.
        case resolving
        /// In the turn of its way.
        case parked
        /// It has a slot on a path: in the turn of what may start, or its head is being read from the spool.
        case promised
    }

    struct LaneState: Vacant {
        static let vacant = LaneState(account: -1, pool: -1, destination: -1, identity: -1, isBulky: false)

        let account: Int32
        let pool: Int32
        let destination: Int32
        let identity: Int32
        let isBulky: Bool
        /// In the window: first and last of those that wait, and how many do and how many are under way.
        var head: Int32 = -1
        var tail: Int32 = -1
        var waiting: Int32 = 0
        var inFlight: Int32 = 0
        /// In the spool alone: about how many, and when the first of them is due (.max: none is).
        var unread: Int32 = 0
        var nextDue = Int64.max
        var alarmAt = Int64.max
        var stand = Stand.idle
        /// In the turn of what may start.
        var isLinedUp = false
        /// Stands in the turn of demands; in that of prefetches.
        var isDemanded = false
        var isPrefetched = false
        var isReading = false
        /// When an audit doubted that everything due is known, or 0.
        var doubtedAt: Int64 = 0
        var way: Int32 = -1
        var path: Int32 = -1
        /// How many could make room, as the board has it.
        var rank: Int32 = 0
        var usedAt: Int64 = 0

        init(account: Int32, pool: Int32, destination: Int32, identity: Int32, isBulky: Bool) {
            self.account = account
            self.pool = pool
            self.destination = destination
            self.identity = identity
            self.isBulky = isBulky
        }

        var isVacant: Bool { account < 0 }
    }

    struct LaneKey: Hashable, Sendable {
        let account: Int32
        let pool: Int32
        let destination: Int32
        let identity: Int32
        let isBulky: Bool
    }

    struct AccountState: Sendable {
        let id: AccountID
        var board = Board()
        /// Deliveries in the window that could make room for others.
        var rank = 0
        var inFlight = 0
        var unprovenInFlight = 0
    }

    /// A recipient domain, or a next hop, on its way to a site.
    struct DestinationState: Vacant {
        static let vacant = DestinationState(name: "")

        let name: String
        var lanes = 0
        var site: Int32 = -1
        var expiresAt: Int64 = .min
        var isAsked = false
        var waiting: [Int32] = []

        init(name: String) { self.name = name }

        var isVacant: Bool { name.isEmpty }
    }

    struct SiteState: Vacant {
        static let vacant = SiteState(name: "", limits: PathLimits())

        let name: String
        var limits: PathLimits
        var ways: [Int32] = []
        var destinations = 0
        var closure: Closure?

        init(name: String, limits: PathLimits) {
            self.name = name
            self.limits = limits
        }

        var isVacant: Bool { name.isEmpty }
    }

    /// A pool's paths to a site, and the lanes that wait for one of them.
    struct WayState: Vacant {
        static let vacant = WayState(site: -1, pool: -1)

        let site: Int32
        let pool: Int32
        var paths: [Int32] = []
        var turn = Turn()
        var first = 0
        var promised = 0
        var inFlight = 0
        var alarmAt = Int64.max
        var usedAt: Int64 = 0

        init(site: Int32, pool: Int32) {
            self.site = site
            self.pool = pool
        }

        var isVacant: Bool { site < 0 }
    }

    struct PoolState: Sendable {
        let id: PoolID?
        var addresses: [Int32] = []
    }

    struct AddressState: Sendable {
        var value: SendingAddress
        /// What it sent on `day`, in all and to each site; kept while it warms up.
        var day = 0
        var sent = 0
        var sentBySite: [String: Int] = [:]
        var reserved = 0

        mutating func turnDay(_ today: Int) {
            guard day != today else { return }
            day = today
            sent = 0
            sentBySite = [:]
        }
    }
}

/// What a site allows each address, from the rules and the server's own limits.
struct PathLimits: Hashable, Sendable {
    var connections = Provider.Named(20, rule: "delivery.site-concurrency")
    var initialConnections = 5
    var rates: [Provider.Named<Rate>] = []
    var mailsPerConnection: Provider.Named<Int>?
    var recipientsPerMessage: Provider.Named<Int>?
    var warmUp = Provider.Named(ProviderRules.sitePlan, rule: "site-warm-up")

    init() {}

    init(_ provider: Provider?, _ limits: Schedule.Limits) {
        connections = Provider.Named(limits.inFlightPerSite, rule: "delivery.site-concurrency")
        initialConnections = limits.initialConnections
        for limit in provider?.limits ?? [] {
            switch limit.bound {
            case .connections(let count): connections = Provider.Named(count, rule: limit.rule)
            case .rate(let rate): rates.append(Provider.Named(rate, rule: limit.rule))
            case .mailsPerConnection(let count): mailsPerConnection = Provider.Named(count, rule: limit.rule)
            case .recipientsPerMessage(let count): recipientsPerMessage = Provider.Named(count, rule: limit.rule)
            }
        }
        if let plan = provider?.warmUp { warmUp = plan }
    }
}
