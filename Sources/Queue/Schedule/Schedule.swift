// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Which delivery goes next, and by which way: a synchronous machine. Events and the time come in, decisions go out; the
/// same events with the same seed have the same result. The server drives it, and so does a simulation.
///
/// **Words.** A *lane* is a line of deliveries that have account, pool, identity, destination and size class in common. A
/// *site* is the provider behind a destination. A *path* is one address's way to one site, and limits are counted by it. A
/// *way* is all the paths of a pool to a site: what a lane goes by.
///
/// **The window.** The machine never holds the whole queue. Of each lane it knows about how much the spool holds and when
/// the first of it is due; deliveries themselves are held only in a window of bounded size. What is accepted comes straight
/// into the window while there is room. When there is none, the newest delivery of whoever has most in the window makes
/// room and stays in the spool alone; it is read again, by lane, when its lane's turn comes. So the spool is read once for
/// many, and only where something was left there.
///
/// **The states of a lane:**
///
///     idle ──(something is due)──► resolving ──(its site is known)──► parked ──(a path has a free slot)──► promised
///      ▲                                                               ▲                                     │
///      └───────────────(nothing more is due)───────────────────────────┴────────(one delivery starts)────────┘
///
/// A promised lane holds a slot of a path. If its head is in the window it waits for its turn to start, which is for the
/// server's own number of slots; if its head is in the spool it waits for it to be read. What may not start costs nothing:
/// a lane is parked at its way and looked at again when the way gets a free slot, by an end or by an alarm.
///
/// **Fair turns** are kept where lanes meet: for the paths of a way, for the server's slots, and for reads. Accounts take
/// turns, then identities, then lanes; see `Turn`. Paths that nobody has answered on lately get at most half of the
/// server's slots together, so that a thousand mute sites leave room for the live ones.
///
/// **Nothing is forgotten.** A delivery is in the window (waiting or under way), or in the spool with its lane's `nextDue`
/// no later than its own; `audit` compares that with what the spool really holds.
package struct Schedule: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Deliveries held in memory.
        package var window = 10_000
        /// Under way at one time, in all, and by one path where no rule says otherwise.
        package var inFlight = 200
        package var inFlightPerSite = 20
        /// What a path that nothing is known of begins with.
        package var initialConnections = 5
        /// Ways known at one time; beyond that, lanes sleep in the spool.
        package var ways = 100_000
        /// Lanes known at one time; those beyond that are taken up by later checks of the spool.
        package var lanes = 200_000
        /// Rows that one read of a lane brings.
        package var read = 200

        package init() {}
    }

    package let limits: Limits
    package internal(set) var rules: ProviderRules
    let random: RandomBits

    /// Nothing starts.
    package var isOnHold = false
    /// Nothing starts any more on this node.
    package var isDraining = false
    package internal(set) var inFlight = 0
    var unprovenInFlight = 0

    var entries = Slab<Entry>()
    var places: [Int64: Int32] = [:]
    var lanes = Slab<LaneState>()
    var lanePlaces: [LaneKey: Int32] = [:]
    var laneLinks = Board.Links()
    var accounts: [AccountState] = []
    var accountPlaces: [AccountID: Int32] = [:]
    var accountBoard = Board()
    var accountLinks = Board.Links()
    var identities = Names()
    var destinations = Slab<DestinationState>()
    var destinationPlaces: [String: Int32] = [:]
    var questions = Fifo<Int32>()
    var sites = Slab<SiteState>()
    var sitePlaces: [String: Int32] = [:]
    var ways = Slab<WayState>()
    var wayPlaces: [Int64: Int32] = [:]
    var pools: [PoolState] = []
    var poolPlaces: [PoolID?: Int32] = [:]
    var addresses: [AddressState] = []
    var paths = Slab<PathState>()
    /// Lanes that may start, on paths that work and on those that nothing good is known of.
    var proven = Turn()
    var unproven = Turn()
    /// Those on paths where nobody was found the last time.
    var dead = Turn()
    var deadInFlight = 0
    var startsUnproven = false
    /// Lanes to be read from the spool: those that have a slot and nothing to start, and those that soon will.
    var demands = Turn()
    /// The first kind, where nobody has answered on the path yet: read only while few of them wait to start, so that no
    /// reads are spent, and no window filled, on what may not start for long.
    var doubtfulDemands = Turn()
    var prefetches = Turn()
    /// While the spool is read: what left the window since, so that the read, which may be older, does not bring it back.
    var leftWhileReading: Set<Int64>?
    /// Kept out of the window while an operator's act on them is written.
    var withdrawn: Set<Int64> = []
    var alarms = Alarms()
    var restored: [Departure] = []
    var restoredLessons: [String: [KeptLesson]] = [:]
    var learned: [KeptLesson] = []
    /// There were more lanes than may be known, when the spool was last gone through; and since that began anew.
    var hasSleepingLanes = false
    var wasFull = false
    var laneHand: Int32 = 0
    var wayHand: Int32 = 0
    package internal(set) var forgotten = 0

    /// - Parameters:
    ///   - addresses: what mail may leave from.
    ///   - random: shakes the times of suspensions apart.
    package init(
        limits: Limits, rules: ProviderRules = .none,
        addresses: [SendingAddress] = [.system(hostname: "localhost")], random: @escaping RandomBits = { 0 }
    ) {
        self.limits = limits
        self.rules = rules
        self.random = random
        setAddresses(addresses, at: Timestamp(milliseconds: 0))
    }

    /// Deliveries in the window, waiting or under way.
    package var held: Int { entries.count }

    var room: Int { limits.window - entries.count }

    /// The next moment at which something may change by itself.
    package var wakeAt: Timestamp? { alarms.earliest.map { Timestamp(milliseconds: $0) } }

    /// Time has come to this moment.
    package mutating func advance(to now: Timestamp) {
        while let (at, subject) = alarms.ring(now.milliseconds) {
            switch subject {
            case .lane(let lane): ring(lane: lane, at, now)
            case .way(let way): ring(way: way, at, now)
            }
        }
    }

    private mutating func ring(lane: Int32, _ at: Int64, _ now: Timestamp) {
        guard !lanes[lane].isVacant, lanes[lane].alarmAt == at else { return }
        lanes[lane].alarmAt = .max
        if lanes[lane].nextDue <= now.milliseconds {
            activate(lane, now)
            prefetch(lane, now)
        } else {
            arm(lane)
        }
    }

    private mutating func ring(way: Int32, _ at: Int64, _ now: Timestamp) {
        guard !ways[way].isVacant, ways[way].alarmAt == at else { return }
        ways[way].alarmAt = .max
        pump(way, now)
    }

    /// Rings for the lane when the first of what the spool holds is due.
    mutating func arm(_ lane: Int32) {
        let due = lanes[lane].nextDue
        guard due < lanes[lane].alarmAt else { return }
        lanes[lane].alarmAt = due
        alarms.set(.lane(lane), at: due)
    }
}
