// SPDX-License-Identifier: Apache-2.0

/// One provider as it behaves towards us, in virtual time: what it says, and after how long.
struct Receiver {
    enum Manner: UInt8, CaseIterable {
        case ready
        /// Takes its time: 2 to 12 seconds a mail.
        case slow
        /// Says 451 to who has not been seen for five minutes (RFC 6647).
        case greylisting
        /// Takes so many mails in ten seconds from one address and says 421 to the rest.
        case throttling
        /// Refuses connections in its first hours.
        case down
        /// Takes connections in its first hours and says nothing.
        case mute
        /// Refuses one of our addresses, with the words that block lists use.
        case blocking

        var name: String { "\(self)" }
    }

    /// What it says; the words are the `Vocabulary`'s.
    enum Speech: UInt8, CaseIterable {
        case accepted
        case unknownUser
        case greylisted
        case throttled
        case blocked
        case refused
        case silent

        /// Whether somebody could be spoken to at all.
        var isReached: Bool { self != .refused && self != .silent }
    }

    /// Seconds that an unreachable provider stays so, and that a mute one is waited for.
    static let outage = 4 * 3_600.0
    static let silence = 300.0
    static let greyTime = 300.0
    static let throttlePeriod = 10.0

    let manner: Manner
    /// Mails in `throttlePeriod` that a throttling provider takes from one address.
    let allowance: Int
    /// Our address that a blocking provider refuses.
    let blocked: Int
    /// By our address: when it was first seen, and the mails of the present period.
    private var seen: [Double] = []
    private var periods: [(start: Double, count: Int)] = []

    /// - Parameter addresses: how many of our addresses it may see.
    init(manner: Manner, addresses: Int, allowance: Int, blocked: Int) {
        self.manner = manner
        self.allowance = allowance
        self.blocked = blocked
        if manner == .greylisting { seen = [Double](repeating: -1, count: addresses) }
        if manner == .throttling { periods = Array(repeating: (-Self.throttlePeriod, 0), count: addresses) }
    }

    /// - Parameters:
    ///   - address: which of our addresses asks.
    ///   - moment: seconds since the simulation began.
    /// - Returns: what it says, and after how many seconds.
    mutating func answer(address: Int, isBulky: Bool, at moment: Double, _ draw: inout Draw) -> (Speech, Double) {
        let delay = 0.05 + draw.unit() * 0.4
        let judged: Speech = draw.below(100) == 0 ? .unknownUser : .accepted
        let transfer = isBulky ? 1 + draw.unit() * 4 : 0
        switch manner {
        case .slow: return (judged, 2 + draw.unit() * 10 + transfer)
        case .greylisting where isGrey(address, moment): return (.greylisted, delay)
        case .throttling where isTooMuch(address, moment): return (.throttled, delay)
        case .down where moment < Self.outage: return (.refused, delay)
        case .mute where moment < Self.outage: return (.silent, Self.silence)
        case .blocking where address == blocked: return (.blocked, delay)
        default: return (judged, delay + transfer)
        }
    }

    private mutating func isGrey(_ address: Int, _ moment: Double) -> Bool {
        if seen[address] < 0 { seen[address] = moment }
        return moment - seen[address] < Self.greyTime
    }

    private mutating func isTooMuch(_ address: Int, _ moment: Double) -> Bool {
        if moment - periods[address].start >= Self.throttlePeriod { periods[address] = (moment, 0) }
        periods[address].count += 1
        return periods[address].count > allowance
    }

    /// What the providers that rules know are made to do: most are ready, some show what their rules teach.
    static func manner(ofProvider name: String) -> Manner {
        switch name {
        case "yahoo", "gmx", "orange": .throttling
        case "outlook", "t-online": .blocking
        default: .ready
        }
    }
}

extension Receiver.Manner {
    /// Of a hundred sites: 70 ready, 7 slow, 8 greylisting, 6 throttling, 3 down, 3 mute, 3 blocking. Of the biggest there
    /// is one of each, so that a small world has all.
    static func drawn(_ rank: Int, _ draw: inout Draw) -> Self {
        let number = draw.below(100)
        if (8..<15).contains(rank) { return allCases[rank - 8] }
        return switch number {
        case ..<70: .ready
        case ..<77: .slow
        case ..<85: .greylisting
        case ..<91: .throttling
        case ..<94: .down
        case ..<97: .mute
        default: .blocking
        }
    }
}
