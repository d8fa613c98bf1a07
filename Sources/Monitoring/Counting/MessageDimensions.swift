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

    /// - Parameter tags: names of message tags that are dimensions too.
    package init(_ accepted: Fact.Accepted, tags: Set<String>) {
        configurationSet = accepted.configurationSet
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
    }

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
