// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Somebody who gets what is published to a topic.
package struct Subscription: Hashable, Sendable, Codable {
    /// Of one topic, those that wait for their confirmation counted with them.
    package static let limit = 1_000
    /// How long it may be confirmed: three days.
    package static let confirmationTime: Double = 3 * 86_400

    /// How notifications travel, in SNS's words.
    package enum Way: String, Hashable, Sendable, Codable, CaseIterable {
        case http, https, email
        case emailJSON = "email-json"

        package var isWeb: Bool { self == .http || self == .https }
    }

    /// What was sent to the endpoint, to see that whoever confirms has it.
    package struct Pending: Hashable, Sendable, Codable {
        /// SHA-256 of the token, in hexadecimal digits.
        package var tokenHash: String
        package var since: Timestamp

        package func isOver(at moment: Timestamp) -> Bool { moment - since >= Subscription.confirmationTime }
    }

    package let arn: SubscriptionARN
    package let way: Way
    /// A URL, or a mailbox.
    package let endpoint: String
    /// ARN of who subscribed.
    package let principal: String
    /// Nil once it is confirmed.
    package internal(set) var pending: Pending?
    /// Whether the confirmation was signed.
    package internal(set) var wasAuthenticated = false
    package internal(set) var endsByRequestOnly = false
    /// In the address that ends the subscription.
    let exit: String
    /// As they were set: `RawMessageDelivery`, `FilterPolicy`, `FilterPolicyScope`, `DeliveryPolicy`.
    package private(set) var attributes: [String: String] = [:]

    init(
        _ arn: SubscriptionARN, _ way: Way, _ endpoint: String, by principal: String, pending: Pending, exit: String
    ) {
        self.arn = arn
        self.way = way
        self.endpoint = endpoint
        self.principal = principal
        self.pending = pending
        self.exit = exit
    }

    package var isRaw: Bool { attributes["RawMessageDelivery"] == "true" }
    package var scope: FilterPolicy.Scope {
        attributes["FilterPolicyScope"].flatMap(FilterPolicy.Scope.init) ?? .messageAttributes
    }
    /// Whether its filter policy lets a message through; everything where it has none.
    /// - Throws: what is wrong with a stored policy: whoever asked for some of the messages must not get all of them.
    package func wants(_ message: OutgoingMessage) throws -> Bool {
        guard let text = attributes["FilterPolicy"] else { return true }
        return try FilterPolicy(parsing: text, scope: scope).accepts(message.text(for: way), message.attributes)
    }
    package var deliveryPolicy: SubscriptionDeliveryPolicy? {
        attributes["DeliveryPolicy"].flatMap { try? SubscriptionDeliveryPolicy(parsing: $0) }
    }

    /// Sets them all or none. An empty value takes an attribute away.
    /// - Throws: `NotifyFailure`.
    package mutating func set(_ changes: [String: String]) throws(NotifyFailure) {
        var copy = self
        for (name, value) in changes { try copy.set(name, value) }
        if let policy = copy.attributes["FilterPolicy"] { _ = try FilterPolicy(parsing: policy, scope: copy.scope) }
        self = copy
    }

    private mutating func set(_ name: String, _ value: String) throws(NotifyFailure) {
        switch name {
        case "RawMessageDelivery":
            guard ["", "false"].contains(value) || value == "true" && way.isWeb else {
                throw .invalid("Attributes Reason: RawMessageDelivery: true or false, and true for http and https only")
            }
        case "FilterPolicyScope":
            guard value.isEmpty || FilterPolicy.Scope(rawValue: value) != nil else {
                throw .invalid("Attributes Reason: FilterPolicyScope: MessageAttributes or MessageBody")
            }
        case "DeliveryPolicy":
            guard way.isWeb || value.isEmpty else {
                throw .invalid("Attributes Reason: DeliveryPolicy: for http and https only")
            }
            if !value.isEmpty { _ = try SubscriptionDeliveryPolicy(parsing: value) }
        case "FilterPolicy": break
        // Terraform says so of what was never set.
        case "RedrivePolicy" where value.isEmpty, "ReplayPolicy" where value.isEmpty,
            "SubscriptionRoleArn" where value.isEmpty:
            return
        default: throw .invalid("AttributeName Reason: \(name.prefix(100)) is not supported here")
        }
        // An empty object filters nothing; it is how Terraform says that there is no policy.
        let isUsual = value.isEmpty || name == "FilterPolicy" && value == "{}" || value == "false"
        attributes[name] = isUsual ? nil : value
    }

    /// - Throws: `NotifyFailure.invalid` for an endpoint that this way cannot reach.
    static func check(_ endpoint: String, _ way: Way) throws(NotifyFailure) {
        switch way {
        case .http, .https:
            guard let address = WebhookAddress(endpoint), address.isSecure == (way == .https) else {
                throw .invalid("Endpoint Reason: not an address of \(way.rawValue)")
            }
        case .email, .emailJSON:
            guard (try? Mailbox(parsing: endpoint)) != nil else {
                throw .invalid("Endpoint Reason: not a mail address")
            }
        }
    }
}
