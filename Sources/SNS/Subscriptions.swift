// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Notify

/// Subscribes an endpoint, which is asked to confirm.
struct Subscribe: Operation {
    static let route = sns
    static let pending = "pending confirmation"

    struct Input: Decodable {
        var topicArn: String
        var `protocol`: String
        var endpoint: String?
        var attributes: FormMap<AttributeEntry>?
        var returnSubscriptionArn: Flag?
    }
    struct Output: Encodable { let subscriptionArn: String }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let keys = ["sns:Protocol": [input.protocol], "sns:Endpoint": [input.endpoint ?? ""]]
        let (topic, caller) = try await services.topic(input.topicArn, for: Self.name, context, keys: keys)
        guard let way = Subscription.Way(rawValue: input.protocol) else {
            throw ServiceError(
                invalid: "Protocol Reason: \(input.protocol.prefix(50)) is not delivered here; "
                    + Subscription.Way.allCases.map(\.rawValue).joined(separator: ", ") + " are")
        }
        let attributes = try input.attributes.attributes
        return try await inSNSsWords {
            let made = try await services.book.subscribe(
                input.endpoint ?? "", way, to: topic.arn, attributes: attributes, by: caller)
            if let token = made.token { try await services.publisher.askToConfirm(made.subscription, token: token) }
            let isShown = made.subscription.pending == nil || input.returnSubscriptionArn?.value == true
            return Output(subscriptionArn: isShown ? "\(made.subscription.arn)" : Self.pending)
        }
    }
}

/// Confirms a subscription with the token its endpoint was sent.
struct ConfirmSubscription: Operation {
    static let route = sns

    struct Input: Decodable {
        var topicArn: String
        var token: String
        var authenticateOnUnsubscribe: Flag?
    }
    struct Output: Encodable { let subscriptionArn: String }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (topic, caller) = try await services.topic(input.topicArn, for: Self.name, context)
        return try await inSNSsWords {
            let subscription = try await services.book.confirm(
                input.token, of: topic.arn, by: caller, from: context.sourceAddress,
                bySignature: input.authenticateOnUnsubscribe?.value == true)
            return Output(subscriptionArn: "\(subscription.arn)")
        }
    }
}

/// Ends a subscription; one that is not there is as good as ended.
struct Unsubscribe: Operation {
    static let route = sns

    struct Input: Decodable { var subscriptionArn: String }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        guard let arn = SubscriptionARN(input.subscriptionArn) else { throw ServiceError(invalid: "SubscriptionArn") }
        let (_, caller) = try await services.allowed(Self.name, on: arn.topic, context)
        guard try await services.book.subscription(arn) != nil else { return Empty() }
        _ = try await services.book.unsubscribe(arn, by: caller)
        return Empty()
    }
}

/// A subscription as lists show it.
struct SubscriptionEntry: Encodable {
    let topicArn: String
    let `protocol`: String
    let subscriptionArn: String
    let owner: String
    let endpoint: String

    init(_ subscription: Subscription) {
        topicArn = "\(subscription.arn.topic)"
        self.protocol = subscription.way.rawValue
        subscriptionArn = subscription.pending == nil ? "\(subscription.arn)" : "PendingConfirmation"
        owner = "\(subscription.arn.topic.account)"
        endpoint = subscription.endpoint
    }
}

/// The account's subscriptions, a hundred at a time.
struct ListSubscriptions: Operation {
    static let route = sns
    static let page = 100

    struct Input: Decodable { var nextToken: String? }
    struct Output: Encodable {
        let subscriptions: [SubscriptionEntry]
        let nextToken: String?
    }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try services.caller(Self.name, context)
        let after = input.nextToken ?? ""
        guard after.utf8.count <= 400 else { throw ServiceError(invalid: "NextToken") }
        let found = try await services.book.subscriptions(of: caller.account, after: after, limit: Self.page)
        let last = found.last.map { "\($0.arn.topic.name)/\($0.arn.id)" }
        return Output(
            subscriptions: found.map(SubscriptionEntry.init), nextToken: found.count == Self.page ? last : nil)
    }
}

/// A topic's subscriptions, a hundred at a time.
struct ListSubscriptionsByTopic: Operation {
    static let route = sns

    struct Input: Decodable {
        var topicArn: String
        var nextToken: String?
    }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> ListSubscriptions.Output {
        let (topic, _) = try await services.topic(input.topicArn, for: Self.name, context)
        let (after, page) = (input.nextToken ?? "", ListSubscriptions.page)
        guard after.isEmpty || SubscriptionARN("\(topic.arn):\(after)") != nil else {
            throw ServiceError(invalid: "NextToken")
        }
        let found = try await services.book.subscriptions(to: topic.arn, after: after, limit: page)
        return .init(
            subscriptions: found.map(SubscriptionEntry.init), nextToken: found.count == page ? found.last?.arn.id : nil)
    }
}

struct GetSubscriptionAttributes: Operation {
    static let route = sns

    struct Input: Decodable { var subscriptionArn: String }
    struct Output: Encodable { let attributes: WireMap<String> }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (subscription, topic, _) = try await services.subscription(input.subscriptionArn, for: Self.name, context)
        var shown = [
            "SubscriptionArn": "\(subscription.arn)", "TopicArn": "\(topic.arn)",
            "Protocol": subscription.way.rawValue, "Endpoint": subscription.endpoint,
            "Owner": "\(topic.arn.account)", "SubscriptionPrincipal": subscription.principal,
            "PendingConfirmation": "\(subscription.pending != nil)",
            "ConfirmationWasAuthenticated": "\(subscription.wasAuthenticated)", "RawMessageDelivery": "false",
        ]
        if subscription.way.isWeb {
            shown["EffectiveDeliveryPolicy"] = topic.deliveryPolicy.policy(of: subscription).json
        }
        if subscription.attributes["FilterPolicy"] != nil {
            shown["FilterPolicyScope"] = subscription.scope.rawValue
        }
        shown.merge(subscription.attributes) { $1 }
        return Output(attributes: WireMap(shown.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
    }
}

struct SetSubscriptionAttributes: Operation {
    static let route = sns

    struct Input: Decodable {
        var subscriptionArn: String
        var attributeName: String
        var attributeValue: String?
    }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (subscription, _, caller) = try await services.subscription(
            input.subscriptionArn, for: Self.name, context)
        try await inSNSsWords {
            try await services.book.setAttribute(
                input.attributeName, input.attributeValue ?? "", of: subscription.arn, by: caller)
        }
        return Empty()
    }
}
