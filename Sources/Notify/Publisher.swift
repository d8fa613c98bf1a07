// SPDX-License-Identifier: Apache-2.0

package import Journal
import Mail

/// Publishes to topics: for the door, and for whatever in the house has something to tell.
package struct Publisher: Sendable {
    /// Notices that wait for one subscription; more are dropped, and on record.
    package static let maximumWaiting = 10_000

    package let book: TopicBook
    private let store: any NoticeStore
    private let record: @Sendable (Fact) async throws -> Void
    private let wake: @Sendable () -> Void

    /// - Parameters:
    ///   - record: takes the fact of a notice that was dropped.
    ///   - wake: tells whoever delivers.
    package init(
        book: TopicBook, store: any NoticeStore, record: @escaping @Sendable (Fact) async throws -> Void,
        wake: @escaping @Sendable () -> Void
    ) {
        self.book = book
        self.store = store
        self.record = record
        self.wake = wake
    }

    /// - Returns: the message's id, once all its notices are on stable storage.
    /// - Throws: `NotifyFailure`.
    @discardableResult
    package func publish(
        topicARN: String, subject: String?, message: String, attributes: [String: MessageAttribute] = [:]
    ) async throws -> String {
        guard let arn = TopicARN(topicARN) else { throw NotifyFailure.invalid("TopicArn") }
        return try await publish(
            OutgoingMessage(subject: subject, message: message, attributes: attributes), to: arn)
    }

    @discardableResult
    package func publish(_ message: OutgoingMessage, to topic: TopicARN) async throws -> String {
        _ = try await book.existing(topic)
        let id = UUIDText.random(book.random)
        var wanted: [SubscriptionARN] = []
        for subscription in try await book.subscriptions(to: topic) where subscription.pending == nil {
            do {
                if try subscription.wants(message) { wanted.append(subscription.arn) }
            } catch {
                try await record(
                    NoticeDelivery.dropped(id, subscription.arn, "its filter policy: \(error)", at: book.now()))
            }
        }
        try await enqueue(Publication(message, to: topic, messageID: id, at: book.now()), for: wanted)
        return id
    }

    /// Asks an endpoint to confirm its subscription.
    package func askToConfirm(_ subscription: Subscription, token: String) async throws {
        let publication = Publication(
            confirming: subscription.arn.topic, token: token, messageID: UUIDText.random(book.random), at: book.now())
        try await enqueue(publication, for: [subscription.arn])
    }

    private func enqueue(_ publication: Publication, for subscriptions: [SubscriptionARN]) async throws {
        guard !subscriptions.isEmpty else { return }
        let full = try await store.enqueue(publication, for: subscriptions, limit: Self.maximumWaiting)
        wake()
        for arn in full {
            let why = "\(Self.maximumWaiting) notices wait for this subscription"
            try await record(NoticeDelivery.dropped(publication.messageID, arn, why, at: book.now()))
        }
    }
}
