// SPDX-License-Identifier: Apache-2.0

package import Access
import Crypto
import Journal
package import Mail

extension TopicBook {
    /// What subscribing came to.
    package struct Subscribed: Sendable {
        package let subscription: Subscription
        /// To be sent to the endpoint; nil where nothing is to be confirmed, or was sent a moment ago.
        package let token: String?
    }

    /// Seconds in which a second request for the same subscription sends no second token.
    static let quietTime = 10.0

    /// - Throws: `NotifyFailure`.
    package func subscribe(
        _ endpoint: String, _ way: Subscription.Way, to topic: TopicARN, attributes: [String: String],
        by caller: Caller
    ) async throws -> Subscribed {
        _ = try await existing(topic)
        try Subscription.check(endpoint, way)
        let all = try await prune(try await subscriptions(to: topic))
        if let present = all.first(where: { $0.way == way && $0.endpoint.utf8.elementsEqual(endpoint.utf8) }) {
            return try await again(present, attributes, caller)
        }
        guard all.count < Subscription.limit else { throw NotifyFailure.subscriptionLimit }
        let arn = SubscriptionARN(topic: topic, id: UUIDText.random(random))
        let token = token(for: arn)
        var subscription = Subscription(
            arn, way, endpoint, by: caller.principal.arn,
            pending: .init(tokenHash: Self.hash(token), since: now()), exit: UniqueText.hex(random, words: 4))
        try subscription.set(attributes)
        guard
            try await store.add(
                Self.name(of: arn), to: topic.name, in: topic.account, content: try Self.encode(subscription),
                recording: fact("Subscribe", arn.description, caller))
        else { throw NotifyFailure.topicNotFound }
        return Subscribed(subscription: subscription, token: token)
    }

    private func again(
        _ present: Subscription, _ attributes: [String: String], _ caller: Caller
    ) async throws -> Subscribed {
        var wanted = present
        try wanted.set(attributes)
        guard wanted == present else {
            throw NotifyFailure.invalid("Attributes Reason: Subscription already exists with different attributes")
        }
        guard let pending = present.pending, now() - pending.since >= Self.quietTime else {
            return Subscribed(subscription: present, token: nil)
        }
        let (token, moment) = (token(for: present.arn), now())
        let changed = try await change(present.arn, recording: fact("Subscribe", "\(present.arn)", caller)) {
            // Confirmed in between: it stays so.
            if $0.pending != nil { $0.pending = .init(tokenHash: Self.hash(token), since: moment) }
        }
        return Subscribed(subscription: changed, token: changed.pending == nil ? nil : token)
    }

    /// Confirms the subscription that the token was made for. A token counts once, and for three days.
    /// - Parameters:
    ///   - caller: nil for who has nothing but the token.
    ///   - bySignature: whether it is to be ended by signed requests only.
    /// - Throws: `NotifyFailure.invalidToken`.
    package func confirm(
        _ token: String, of topic: TopicARN, by caller: Caller?, from address: String, bySignature: Bool
    ) async throws -> Subscription {
        guard let arn = Self.subscription(of: token, topic) else { throw NotifyFailure.invalidToken }
        let (hash, moment) = (Self.hash(token), now())
        let fact =
            caller.map { self.fact("ConfirmSubscription", "\(arn)", $0) }
            ?? bare("ConfirmSubscription", arn, from: address, at: moment)
        do {
            return try await change(arn, recording: fact) { subscription in
                guard let pending = subscription.pending, pending.tokenHash == hash, !pending.isOver(at: moment) else {
                    throw NotifyFailure.invalidToken
                }
                subscription.pending = nil
                subscription.wasAuthenticated = caller != nil
                subscription.endsByRequestOnly = caller != nil && bySignature
            }
        } catch NotifyFailure.subscriptionNotFound {
            throw NotifyFailure.invalidToken
        }
    }

    package func subscription(_ arn: SubscriptionARN) async throws -> Subscription? {
        guard arn.topic.region == region else { return nil }
        return try await store.record(TopicKind.subscription, Self.name(of: arn), in: arn.topic.account)
            .map(Self.decode)
    }

    /// All of a topic, in no order that means anything.
    package func subscriptions(to topic: TopicARN) async throws -> [Subscription] {
        try await subscriptions(to: topic, after: "", limit: Subscription.limit)
    }

    package func subscriptions(to topic: TopicARN, after id: String, limit: Int) async throws -> [Subscription] {
        let found: [Subscription] = try await store.records(
            TopicKind.subscription, in: topic.account, after: "\(topic.name)/\(id)", limit: limit
        ).map(Self.decode)
        return Array(found.prefix { $0.arn.topic == topic })
    }

    /// - Parameter after: topic's name, a slash and an id; empty to begin.
    package func subscriptions(of account: AccountID, after: String, limit: Int) async throws -> [Subscription] {
        try await store.records(TopicKind.subscription, in: account, after: after, limit: limit).map(Self.decode)
    }

    /// - Throws: `NotifyFailure`.
    package func setAttribute(
        _ name: String, _ value: String, of arn: SubscriptionARN, by caller: Caller
    ) async throws {
        _ = try await change(arn, recording: fact("SetSubscriptionAttributes", "\(arn)", caller)) {
            try $0.set([name: value])
        }
    }

    /// - Returns: whether there was one.
    package func unsubscribe(_ arn: SubscriptionARN, by caller: Caller) async throws -> Bool {
        try await remove(arn, recording: fact("Unsubscribe", "\(arn)", caller))
    }

    /// The same for who has the address that each notification brings.
    /// - Throws: `NotifyFailure.subscriptionNotFound` also for a wrong address; `signatureWanted`.
    package func unsubscribe(_ arn: SubscriptionARN, exit: String, from address: String) async throws {
        guard let subscription = try await subscription(arn), subscription.exit.utf8.elementsEqual(exit.utf8) else {
            throw NotifyFailure.subscriptionNotFound
        }
        guard !subscription.endsByRequestOnly else { throw NotifyFailure.signatureWanted }
        _ = try await remove(arn, recording: bare("Unsubscribe", arn, from: address, at: now()))
    }

    static func name(of arn: SubscriptionARN) -> String { "\(arn.topic.name)/\(arn.id)" }

    private func change(
        _ arn: SubscriptionARN, recording fact: Fact, _ body: @escaping @Sendable (inout Subscription) throws -> Void
    ) async throws -> Subscription {
        // Names know no region: the ARN that the policies were asked about must be the one that is changed.
        guard arn.topic.region == region else { throw NotifyFailure.subscriptionNotFound }
        let changed = try await store.change(
            TopicKind.subscription, Self.name(of: arn), in: arn.topic.account, recording: fact
        ) { content in
            var subscription: Subscription = try Self.decode(content)
            try body(&subscription)
            return try Self.encode(subscription)
        }
        guard let changed else { throw NotifyFailure.subscriptionNotFound }
        return try Self.decode(changed)
    }

    private func remove(_ arn: SubscriptionARN, recording fact: Fact) async throws -> Bool {
        guard arn.topic.region == region else { return false }
        return try await store.remove(
            TopicKind.subscription, Self.name(of: arn), in: arn.topic.account, recording: fact)
    }

    // Those that nobody confirmed in time.
    private func prune(_ all: [Subscription]) async throws -> [Subscription] {
        var kept: [Subscription] = []
        for subscription in all {
            if subscription.pending?.isOver(at: now()) == true {
                _ = try await remove(
                    subscription.arn, recording: bare("Unsubscribe", subscription.arn, from: "", at: now()))
            } else {
                kept.append(subscription)
            }
        }
        return kept
    }

    // Of somebody who showed no signature, and of the house itself.
    private func bare(_ operation: String, _ arn: SubscriptionARN, from address: String, at moment: Timestamp) -> Fact {
        let event = Fact.Administered(
            operation: "sns:\(operation)", principal: address.isEmpty ? "postern" : "anonymous", resource: "\(arn)",
            sourceAddress: address)
        return Fact(at: moment, account: arn.topic.account, message: nil, event: .administered(event))
    }

    // The subscription's id, so that it is found, and 256 bits that nobody guesses.
    private func token(for arn: SubscriptionARN) -> String {
        String(arn.id.filter { $0 != "-" }) + UniqueText.hex(random, words: 4)
    }

    static func subscription(of token: String, _ topic: TopicARN) -> SubscriptionARN? {
        let octets = Array(token.utf8)
        guard octets.count == 96, octets.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            return nil
        }
        return SubscriptionARN(topic: topic, id: UniqueText.hyphenated(octets[..<32]))
    }

    static func hash(_ token: String) -> String { UniqueText.hex(SHA256.hash(data: Array(token.utf8))) }
}
