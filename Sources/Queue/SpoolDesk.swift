// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// The operator's side of a spool: looking, and acting on many deliveries at once.
///
/// Acts go through a selection in batches, each a transaction of its own, so that the one writer is never held up for
/// long.
package protocol SpoolDesk: Spool {
    /// At most so many deliveries of the selection after the one with this id, in the order of their ids.
    func list(_ selection: Selection, after id: Int64, limit: Int) async throws -> [ListedDelivery]

    /// The ids of such deliveries.
    func select(_ selection: Selection, after id: Int64, limit: Int) async throws -> [Int64]

    /// Does the act to these deliveries, as far as they are still there, in one transaction.
    /// - Parameter fact: kept with it once for each message, as that account's.
    /// - Returns: how many there were.
    func act(_ act: DeskAct, on ids: [Int64], fact: Fact) async throws -> Int

    /// How many deliveries wait, by destination and age; the oldest class is open.
    func ages(at moment: Timestamp) async throws -> [AgeRow]

    /// Everything that is known of a message, in order.
    func timeline(_ message: MessageID) async throws -> [Fact]

    /// One delivery as it stands in the spool.
    func delivery(_ id: Int64) async throws -> PendingDelivery?

    /// A message's deliveries.
    func deliveries(of message: MessageID) async throws -> [PendingDelivery]

    /// How many of a lane's deliveries that nobody holds are due before this one.
    func position(of delivery: PendingDelivery) async throws -> Int
}

/// Which deliveries an act is for: those that meet every condition given.
package struct Selection: Hashable, Sendable, CustomStringConvertible {
    package var messages: Set<MessageID> = []
    package var deliveries: Set<Int64> = []
    /// The envelope sender, or its domain where it has no `@`.
    package var sender: String?
    package var account: AccountID?
    package var configurationSet: String?
    /// Domains of a site, `relay` or `capture`.
    package var destinations: Set<String>?
    /// The site's name, for people; `destinations` says what it means.
    package var site: String?
    package var pool: PoolID?
    /// True: only those that are held; false: only those that are not.
    package var isHeld: Bool?

    package init() {}

    /// `site gmail, account 111122223333`.
    package var description: String {
        var parts: [String] = []
        if !messages.isEmpty { parts.append("messages " + Self.some(messages.map(\.description))) }
        if !deliveries.isEmpty { parts.append("deliveries " + Self.some(deliveries.map(String.init))) }
        for (name, value) in [
            ("sender", sender), ("account", account?.description), ("configuration set", configurationSet),
            ("site", site), ("pool", pool?.description),
        ] {
            if let value { parts.append("\(name) \(value)") }
        }
        if site == nil, let destinations { parts.append("destinations " + Self.some(Array(destinations))) }
        if let isHeld { parts.append(isHeld ? "held" : "not held") }
        return parts.isEmpty ? "everything" : parts.joined(separator: ", ")
    }

    private static func some(_ words: [String]) -> String {
        words.count <= 5 ? words.sorted().joined(separator: " ") : "(\(words.count))"
    }
}

/// What an operator does to deliveries.
package enum DeskAct: Hashable, Sendable {
    case hold(Hold)
    case release(at: Timestamp)
    /// Due at once, whatever the last try came to.
    case retry(at: Timestamp)
    /// By another pool; nil for the system's own address.
    case reroute(PoolID?)
    /// Given up without a word to the sender.
    case drop

    var concernsWhatIsUnderWay: Bool {
        switch self {
        case .hold, .release: true
        case .retry, .reroute, .drop: false
        }
    }

    /// `postern:HoldDeliveries`: the name it has in policies and facts.
    package var operation: String {
        switch self {
        case .hold: "postern:HoldDeliveries"
        case .release: "postern:ReleaseDeliveries"
        case .retry: "postern:RetryDeliveries"
        case .reroute: "postern:RerouteDeliveries"
        case .drop: "postern:DropDeliveries"
        }
    }
}

/// A delivery with what people look for of its message.
package struct ListedDelivery: Hashable, Sendable {
    package let delivery: PendingDelivery
    package let sender: String
    package let configurationSet: String?
    package let size: Int

    package init(delivery: PendingDelivery, sender: String, configurationSet: String?, size: Int) {
        self.delivery = delivery
        self.sender = sender
        self.configurationSet = configurationSet
        self.size = size
    }
}

/// Deliveries to one destination, by the age of their messages, as Postfix's qshape counts them.
package struct AgeRow: Hashable, Sendable {
    /// Minutes at which each class ends; the last one is open.
    package static let minutes = [5, 10, 20, 40, 80, 160, 320, 640, 1280]

    package let destination: String
    /// One more than `minutes`.
    package let counts: [Int]

    package init(destination: String, counts: [Int]) {
        self.destination = destination
        self.counts = counts
    }
}
