// SPDX-License-Identifier: Apache-2.0

package import Journal
import Mail

/// By what the metrics of a message are told apart: SES's own tags (SES developer guide, "CloudWatch event destinations",
/// auto-tags), each of them a dimension by itself, and the message's tags that the operator chose.
package struct MessageDimensions: Hashable, Sendable {
    package static let configurationSet = "ses:configuration-set"
    package static let caller = "ses:caller-identity"
    package static let fromDomain = "ses:from-domain"
    package static let sourceAddress = "ses:source-ip"
    package static let outgoingAddress = "ses:outgoing-ip"

    package let configurationSet: String?
    package let dimensions: [Dimension]
    /// Whether it is the server's own mail, which no account sent.
    package let isHouse: Bool
    // Of both, made once: these are looked up for every fact.
    private let hash: Int

    /// - Parameter tags: names of message tags that are dimensions too.
    package init(_ accepted: Fact.Accepted, tags: Set<String>) {
        configurationSet = accepted.configurationSet
        isHouse = accepted.isHouse
        var dimensions: [Dimension] = []
        func add(_ name: String, _ value: String?) {
            // CloudWatch's own limit for a value.
            guard let value, (1...1024).contains(value.utf8.count) else { return }
            dimensions.append(Dimension(name, value))
        }
        add(Self.configurationSet, accepted.configurationSet)
        add(Self.caller, Self.callerName(accepted.principal))
        add(Self.fromDomain, Self.domain(of: accepted.from))
        add(Self.sourceAddress, accepted.sourceAddress)
        for name in tags.sorted() { add(name, accepted.tags[name]) }
        self.dimensions = dimensions
        hash = Self.hash(dimensions)
    }

    /// Of a send that was turned away: who tried, and from where.
    init(_ refused: Fact.Refused) {
        configurationSet = nil
        isHouse = false
        dimensions = [(Self.caller, Self.callerName(refused.principal)), (Self.sourceAddress, refused.sourceAddress)]
            .compactMap { name, value in value.map { Dimension(name, $0) } }
        hash = Self.hash(dimensions)
    }

    private static func hash(_ dimensions: [Dimension]) -> Int {
        var hasher = Hasher()
        hasher.combine(dimensions)
        return hasher.finalize()
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(hash) }

    /// The user's or the role's name out of an ARN; `root` for an account itself.
    static func callerName(_ principal: String) -> String? {
        guard let resource = principal.split(separator: ":", omittingEmptySubsequences: false).dropFirst(5).first else {
            return nil
        }
        let parts = resource.split(separator: "/")
        return (parts.first == "assumed-role" ? parts.dropFirst().first : parts.last).map(String.init)
    }

    /// What stands behind the last `@`, in lower case.
    static func domain(of address: String) -> String? {
        guard let at = address.utf8.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let domain = address[address.index(after: at)...]
        return domain.isEmpty ? nil : domain.lowercased()
    }
}

/// The dimensions of the messages that were accepted last. Bounded: of two generations the older one goes.
struct RecentDimensions {
    private let capacity: Int
    private var young: [MessageID: MessageDimensions] = [:]
    private var old: [MessageID: MessageDimensions] = [:]

    init(capacity: Int) { self.capacity = capacity }

    subscript(_ message: MessageID) -> MessageDimensions? {
        get { young[message] ?? old[message] }
        set {
            if young.count >= capacity / 2 {
                old = young
                young = [:]
            }
            young[message] = newValue
        }
    }
}

/// The dimensions of senders, each made once however many messages they send. Bounded: with one more all are forgotten.
struct SenderDimensions {
    private struct Sender: Hashable {
        let principal: String
        let from: String
        let sourceAddress: String
        let configurationSet: String?
        let isHouse: Bool
        let tags: [String?]
    }

    private let limit: Int
    private let tags: [String]
    private var known: [Sender: MessageDimensions] = [:]

    init(tags: Set<String>, limit: Int = 1_000) {
        self.tags = tags.sorted()
        self.limit = limit
    }

    mutating func dimensions(of accepted: Fact.Accepted) -> MessageDimensions {
        let sender = Sender(
            principal: accepted.principal, from: accepted.from, sourceAddress: accepted.sourceAddress,
            configurationSet: accepted.configurationSet, isHouse: accepted.isHouse, tags: tags.map { accepted.tags[$0] }
        )
        if let known = known[sender] { return known }
        let dimensions = MessageDimensions(accepted, tags: Set(tags))
        if known.count >= limit { known = [:] }
        known[sender] = dimensions
        return dimensions
    }
}
