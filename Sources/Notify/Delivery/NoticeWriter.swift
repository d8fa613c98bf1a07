// SPDX-License-Identifier: Apache-2.0

import Mail

/// Writes what a subscriber gets, signed.
package struct NoticeWriter: Sendable {
    struct Post: Sendable {
        let body: [UInt8]
        let headers: [(name: String, value: String)]
    }

    private let keys: NotificationKeys
    private let base: String

    /// - Parameter publicURL: where the API port is reached from outside: `https://ses.example.com`. The addresses of
    ///   certificates, confirmations and ends of subscriptions begin with it.
    package init(keys: NotificationKeys, publicURL: String) {
        self.keys = keys
        base = publicURL.hasSuffix("/") ? String(publicURL.dropLast()) : publicURL
    }

    func post(
        _ publication: Publication, to subscription: Subscription, of topic: Topic, _ policy: SubscriptionDeliveryPolicy
    ) async throws -> Post {
        let text = text(publication, to: subscription)
        let isRaw = subscription.isRaw && publication.token == nil
        var headers: [(name: String, value: String)] = [
            ("x-amz-sns-message-type", text.kind.name), ("x-amz-sns-message-id", publication.messageID),
            ("x-amz-sns-topic-arn", "\(topic.arn)"), ("Content-Type", policy.contentType),
            ("User-Agent", "Amazon Simple Notification Service Agent"),
        ]
        if publication.token == nil { headers.append(("x-amz-sns-subscription-arn", "\(subscription.arn)")) }
        if isRaw { headers.append(("x-amz-sns-rawdelivery", "true")) }
        let body = isRaw ? Array(text.message.utf8) : try await document(text, topic.signatureVersion)
        return Post(body: body, headers: headers)
    }

    func mail(
        _ publication: Publication, to mailbox: Mailbox, _ subscription: Subscription, of topic: Topic
    ) async throws -> NoticeMail {
        let text = text(publication, to: subscription)
        let (usual, body) =
            switch text.kind {
            case .notification(_, let url):
                (
                    "AWS Notification Message",
                    """
                    \(text.message)

                    --
                    If you wish to stop receiving notifications from this topic, please visit the link below to unsubscribe:
                    \(url)

                    """
                )
            case .subscriptionConfirmation(_, let url):
                (
                    "AWS Notification - Subscription Confirmation",
                    """
                    You have chosen to subscribe to the topic:
                    \(topic.arn)

                    To confirm this subscription, visit the link below (if this was in error, no action is necessary):
                    \(url)

                    """
                )
            }
        let isJSON = subscription.way == .emailJSON
        let document = isJSON ? String(decoding: try await document(text, topic.signatureVersion), as: UTF8.self) : body
        return NoticeMail(
            account: topic.arn.account, to: mailbox, displayName: topic.displayName,
            subject: publication.subject ?? usual, text: document)
    }

    private func text(_ publication: Publication, to subscription: Subscription) -> NotificationText {
        let kind: NotificationText.Kind =
            if let token = publication.token {
                .subscriptionConfirmation(
                    token: token,
                    subscribeURL: "\(base)/?Action=ConfirmSubscription&TopicArn=\(publication.topic)&Token=\(token)")
            } else {
                .notification(
                    subject: publication.subject,
                    unsubscribeURL:
                        "\(base)/?Action=Unsubscribe&SubscriptionArn=\(subscription.arn)&Token=\(subscription.exit)")
            }
        return NotificationText(
            kind, messageID: publication.messageID, topic: publication.topic,
            message: publication.text(for: subscription.way), at: publication.at, attributes: publication.attributes)
    }

    private func document(_ text: NotificationText, _ version: SignatureVersion) async throws -> [UInt8] {
        let key = try await keys.current()
        let signature = NotificationSignature(
            version: version, octets: try key.sign(text.canonical, version), certificateURL: "\(base)/\(key.fileName)")
        return text.json(signature)
    }
}
