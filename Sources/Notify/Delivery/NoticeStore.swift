// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Something published, or a confirmation that is asked for, as it waits for its subscribers.
package struct Publication: Hashable, Sendable, Codable {
    package let topic: TopicARN
    package let messageID: String
    package let at: Timestamp
    let subject: String?
    let message: String
    let messages: [String: String]
    let attributes: [String: MessageAttribute]
    /// Of a confirmation.
    let token: String?

    init(_ outgoing: OutgoingMessage, to topic: TopicARN, messageID: String, at moment: Timestamp) {
        self.topic = topic
        self.messageID = messageID
        at = moment
        subject = outgoing.subject
        message = outgoing.message
        messages = outgoing.messages
        attributes = outgoing.attributes
        token = nil
    }

    init(confirming topic: TopicARN, token: String, messageID: String, at moment: Timestamp) {
        self.topic = topic
        self.messageID = messageID
        at = moment
        subject = nil
        message = """
            You have chosen to subscribe to the topic \(topic).
            To confirm the subscription, visit the SubscribeURL included in this message.
            """
        messages = [:]
        attributes = [:]
        self.token = token
    }

    func text(for way: Subscription.Way) -> String { messages[way.rawValue] ?? message }
}

/// One publication for one subscription, until it was delivered or dropped.
package struct Notice: Hashable, Sendable {
    package let id: Int64
    package let subscription: SubscriptionARN
    /// Tries that failed.
    package let attempts: Int
    package let dueAt: Timestamp
    package let publication: Publication

    package init(
        id: Int64, subscription: SubscriptionARN, attempts: Int, dueAt: Timestamp, publication: Publication
    ) {
        self.id = id
        self.subscription = subscription
        self.attempts = attempts
        self.dueAt = dueAt
        self.publication = publication
    }
}

/// Keeps notices until they are settled; all changes are on stable storage before they return.
package protocol NoticeStore: Sendable {
    /// Adds one notice a subscription, all in one transaction.
    /// - Parameter limit: notices that may wait for one subscription.
    /// - Returns: the subscriptions that have as many already, and got none.
    func enqueue(
        _ publication: Publication, for subscriptions: [SubscriptionARN], limit: Int
    ) async throws -> [SubscriptionARN]
    /// The oldest that is due of each subscription but these.
    func due(at moment: Timestamp, except busy: Set<SubscriptionARN>, limit: Int) async throws -> [Notice]
    func postpone(_ id: Int64, attempts: Int, to moment: Timestamp) async throws
    /// Delivered or dropped.
    func settle(_ id: Int64) async throws
    /// How many wait.
    func waiting() async throws -> Int
}
