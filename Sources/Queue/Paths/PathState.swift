// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Why nothing goes by a path, or to a site, for a while.
package struct Closure: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// Nobody could be reached.
        case unreachable
        /// A reply taught it.
        case suspended
        /// The provider refuses this address: others of its pool go on.
        case blocked
    }

    package let kind: Kind
    package let until: Timestamp
    package let rule: String
    /// The peer's words.
    package let reply: String

    package init(kind: Kind, until: Timestamp, rule: String, reply: String) {
        self.kind = kind
        self.until = until
        self.rule = rule
        self.reply = reply
    }
}

/// One address's way to one site: what limits are counted by.
struct PathState: Vacant {
    static let vacant = PathState(address: -1, way: -1, initial: 1, rates: [])

    /// A limit that a reply taught, for a time.
    struct Learned<Value: Sendable>: Sendable {
        var value: Value
        let until: Timestamp
        let rule: String
        let reply: String
    }

    let address: Int32
    let way: Int32
    var concurrency: Concurrency
    var buckets: [Bucket]
    var connections: Learned<Int>?
    var bucket: Learned<Bucket>?
    var closure: Closure?
    /// Slots given to lanes that have not started yet, and those that have.
    var reserved = 0
    var inFlight = 0
    /// The last try found somebody there.
    var isProven = false
    /// How often rules have seen their reply, and since when; bounded.
    var strikes: [String: (count: Int, since: Timestamp)] = [:]
    var usedAt: Int64 = 0

    init(address: Int32, way: Int32, initial: Int, rates: [Rate]) {
        self.address = address
        self.way = way
        concurrency = Concurrency(initial: initial)
        buckets = rates.map(Bucket.init)
    }

    var isVacant: Bool { address < 0 }

    /// Whether it differs from a path that was never used, so that forgetting it would lose something.
    func isMarked(at moment: Timestamp) -> Bool {
        inFlight > 0 || reserved > 0
            || [closure?.until, connections?.until, bucket?.until].contains { until in
                until.map { $0 > moment } ?? false
            }
    }

    /// Whether a reply has been seen often enough to believe what it teaches.
    mutating func believes(_ lesson: Lesson, at moment: Timestamp) -> Bool {
        guard lesson.threshold > 1 else { return true }
        var strike = strikes[lesson.rule] ?? (0, moment)
        if moment - strike.since > 3600 { strike = (0, moment) }
        strike.count += 1
        let isEnough = strike.count >= lesson.threshold
        if strikes.count >= 16, strikes[lesson.rule] == nil { strikes = [:] }
        strikes[lesson.rule] = isEnough ? nil : strike
        return isEnough
    }
}

/// How much may start by a path now, and what keeps it from being more.
struct Opening {
    enum Bound {
        case nothing
        case draining
        case siteClosed
        case closed
        case connections
        case slowStart
        case learnedConnections
        case rate(Int)
        case learnedRate
        case addressWarmUp
        case siteWarmUp
    }

    /// Nothing may start, also what was given a slot before.
    static let shut = -1_000_000

    /// Slots to give. Below zero, also some that were given must be taken back.
    var room = Int.max
    var bound = Bound.nothing
    /// When it may be more, where that is known: milliseconds.
    var until = Int64.max

    mutating func limit(to count: Int, by bound: Bound, until: Int64 = .max) {
        guard count < room else { return }
        room = count
        self.bound = bound
        self.until = until
    }
}
