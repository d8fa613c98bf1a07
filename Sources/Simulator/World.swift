// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// Everything that stands before the first mail is accepted: who sends, from which addresses, and to whom.
///
/// Sizes of sites follow Zipf's law: the second is half as big as the first, the third a third. The biggest bear the names
/// of the providers that the rules know, with the domains that are theirs and others whose mail they keep.
struct World {
    struct Site {
        let name: String
        let manner: Receiver.Manner
        /// The provider rule's name; nil where no rule knows it.
        let provider: String?

        /// Ready, and no provider rule limits it: its mail needs nothing but the server's own slots.
        var isFree: Bool { manner == .ready && provider == nil }
    }

    struct Destination {
        let name: String
        let site: Int32
        let exchangers: [String]
        let recipients: [Mailbox]
    }

    /// Mail that has sender, pool and size class in common.
    struct Stream {
        let account: Int
        let pool: PoolID?
        let identity: String
        let isBulky: Bool
        /// Leaves from addresses that are warmed up meanwhile.
        let isWarming: Bool
        /// One message stands for all of a stream, because nothing that is played looks into messages.
        let message: MessageID
    }

    /// A Monday's midnight, UTC: the first day of a warm-up is a whole one.
    static let start = Timestamp(seconds: 1_767_571_200)

    let accounts: [AccountID]
    let addresses: [SendingAddress]
    let sites: [Site]
    let destinations: [Destination]
    let streams: [Stream]
    /// Numbers of streams: by account those of its own mail, first the small; and of warming mail.
    let ownStreams: [[Int]]
    let warmingStreams: [[Int]]
    let sizes: AliasTable
    private let destinationPlaces: [String: Int32]
    private let streamPlaces: [StreamKey: Int32]

    private struct StreamKey: Hashable {
        let account: AccountID
        let pool: PoolID?
        let identity: String
        let isBulky: Bool
    }

    init(_ plan: SimulationPlan, _ rules: ProviderRules, _ draw: inout Draw) {
        accounts = (0..<plan.accounts).compactMap { AccountID(String(100_000_000_001 + $0)) }
        let pools = Pools(house: accounts[0])
        addresses = pools.addresses(plan)
        var streams = Streams(accounts, pools)
        streams.add()
        (self.streams, ownStreams, warmingStreams) = (streams.all, streams.own, streams.warming)
        var map = Map(plan, rules)
        map.draw(&draw)
        (sites, destinations, sizes) = (map.sites, map.destinations, AliasTable(map.weights))
        destinationPlaces = Dictionary(
            destinations.enumerated().map { ($1.name, Int32($0)) }, uniquingKeysWith: { first, _ in first })
        streamPlaces = Dictionary(
            streams.all.enumerated().map { (Self.key($1, accounts: streams.accounts), Int32($0)) },
            uniquingKeysWith: { first, _ in first })
    }

    private static func key(_ stream: Stream, accounts: [AccountID]) -> StreamKey {
        StreamKey(
            account: accounts[stream.account], pool: stream.pool, identity: stream.identity, isBulky: stream.isBulky)
    }

    // MARK: - Lanes by number

    var laneCount: Int { streams.count * destinations.count }

    func lane(stream: Int, destination: Int) -> Int32 { Int32(stream * destinations.count + destination) }

    func streamNumber(ofLane lane: Int32) -> Int { Int(lane) / destinations.count }

    func stream(ofLane lane: Int32) -> Stream { streams[streamNumber(ofLane: lane)] }

    func destination(ofLane lane: Int32) -> Destination { destinations[Int(lane) % destinations.count] }

    func site(ofLane lane: Int32) -> Int { Int(destination(ofLane: lane).site) }

    func destination(named name: String) -> Destination? { destinationPlaces[name].map { destinations[Int($0)] } }

    func lane(at number: Int32) -> Lane {
        let stream = stream(ofLane: number)
        return Lane(
            account: accounts[stream.account], pool: stream.pool, destination: destination(ofLane: number).name,
            identity: stream.identity, isBulky: stream.isBulky)
    }

    /// The lane's number; nil for one that is not of this world.
    func number(of lane: Lane) -> Int32? {
        let key = StreamKey(account: lane.account, pool: lane.pool, identity: lane.identity, isBulky: lane.isBulky)
        guard let stream = streamPlaces[key], let destination = destinationPlaces[lane.destination] else { return nil }
        return self.lane(stream: Int(stream), destination: Int(destination))
    }
}

/// The pools and their addresses.
private struct Pools {
    let warm: PoolID
    let cold: PoolID
    let mixed: PoolID

    init(house: AccountID) {
        warm = PoolID(account: house, name: "warm")
        cold = PoolID(account: house, name: "cold")
        mixed = PoolID(account: house, name: "mixed")
    }

    func addresses(_ plan: SimulationPlan) -> [SendingAddress] {
        var addresses = [SendingAddress.system(hostname: "mail.example")]
        func add(_ pool: PoolID, isCold: Bool) {
            let number = addresses.count
            let egress = Egress(address: "192.0.2.\(number)", hostname: "out\(number).example", pool: pool)
            addresses.append(SendingAddress(egress: egress, warmingSince: isCold ? World.start : nil))
        }
        for _ in 0..<max(1, plan.warmAddresses) { add(warm, isCold: false) }
        for _ in 0..<max(1, plan.coldAddresses) { add(cold, isCold: true) }
        add(mixed, isCold: false)
        add(mixed, isCold: true)
        return addresses
    }
}

/// The kinds of mail that each account sends.
private struct Streams {
    let accounts: [AccountID]
    private let pools: Pools
    private(set) var all: [World.Stream] = []
    private(set) var own: [[Int]] = []
    private(set) var warming: [[Int]] = []

    init(_ accounts: [AccountID], _ pools: Pools) {
        self.accounts = accounts
        self.pools = pools
    }

    mutating func add() {
        for account in accounts.indices {
            // Every second account has no pool; the first, which sends most, has one.
            let pool = account % 2 == 0 ? pools.warm : nil
            let identities = account == 0 ? ["news.example", "shop.example", "app.example"] : ["a\(account).example"]
            var small = identities.map { add(account, pool, $0) }
            small.append(add(account, pool, identities[0], isBulky: true))
            own.append(small)
            if account > 0 {
                warming.append([pools.cold, pools.mixed].map { add(account, $0, identities[0], isWarming: true) })
            }
        }
    }

    private mutating func add(
        _ account: Int, _ pool: PoolID?, _ identity: String, isBulky: Bool = false, isWarming: Bool = false
    ) -> Int {
        let message = MessageID(region: "us-east-1", at: World.start, random: (UInt64(all.count), UInt64(account)))
        all.append(
            World.Stream(
                account: account, pool: pool, identity: identity, isBulky: isBulky, isWarming: isWarming,
                message: message))
        return all.count - 1
    }
}
