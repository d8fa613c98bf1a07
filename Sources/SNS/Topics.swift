// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Notify

/// Makes a topic, or names the one that is there.
struct CreateTopic: Operation {
    static let route = sns

    struct Input: Decodable {
        var name: String
        var attributes: FormMap<AttributeEntry>?
        var tags: [TopicTag]?
        var dataProtectionPolicy: String?
    }
    struct Output: Encodable { let topicArn: String }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        guard TopicARN.isName(input.name) else { throw ServiceError(invalid: "Topic Name") }
        guard input.dataProtectionPolicy?.isEmpty ?? true else {
            throw ServiceError(invalid: "DataProtectionPolicy Reason: there are none here")
        }
        let (attributes, tags) = (try input.attributes.attributes, try input.tags.checked)
        if let policy = attributes["Policy"], !policy.isEmpty { try TopicPolicy.check(policy) }
        let arn = services.book.arn(input.name, in: try Caller(context).account)
        let (_, caller) = try await services.allowed(Self.name, on: arn, context, keys: tags.tagKeys)
        return try await inSNSsWords {
            let topic = try await services.book.create(arn, attributes: attributes, tags: tags, by: caller)
            return Output(topicArn: "\(topic.arn)")
        }
    }
}

/// Deletes a topic with its subscriptions; one that is not there is as good as deleted.
struct DeleteTopic: Operation {
    static let route = sns

    struct Input: Decodable { var topicArn: String }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        guard let arn = TopicARN(input.topicArn) else { throw ServiceError(invalid: "TopicArn") }
        let (topic, caller) = try await services.allowed(Self.name, on: arn, context)
        if topic != nil { try await services.book.delete(arn, by: caller) }
        return Empty()
    }
}

/// The account's topics, a hundred at a time.
struct ListTopics: Operation {
    static let route = sns
    static let page = 100

    struct Input: Decodable { var nextToken: String? }
    struct Output: Encodable {
        struct Entry: Encodable { let topicArn: String }
        let topics: [Entry]
        let nextToken: String?
    }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try services.caller(Self.name, context)
        let after = input.nextToken ?? ""
        guard after.isEmpty || TopicARN.isName(after) else { throw ServiceError(invalid: "NextToken") }
        let topics = try await services.book.topics(of: caller.account, after: after, limit: Self.page)
        return Output(
            topics: topics.map { Output.Entry(topicArn: "\($0.arn)") },
            nextToken: topics.count == Self.page ? topics.last?.arn.name : nil)
    }
}

struct GetTopicAttributes: Operation {
    static let route = sns

    struct Input: Decodable { var topicArn: String }
    struct Output: Encodable { let attributes: WireMap<String> }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (topic, _) = try await services.topic(input.topicArn, for: Self.name, context)
        let subscriptions = try await services.book.subscriptions(to: topic.arn)
        let pending = subscriptions.count { $0.pending != nil }
        var shown = [
            "TopicArn": "\(topic.arn)", "Owner": "\(topic.arn.account)", "DisplayName": "",
            "Policy": TopicPolicy.usual(topic.arn), "EffectiveDeliveryPolicy": topic.deliveryPolicy.json,
            "SubscriptionsConfirmed": "\(subscriptions.count - pending)", "SubscriptionsPending": "\(pending)",
            "SubscriptionsDeleted": "0",
        ]
        shown.merge(topic.attributes) { $1 }
        return Output(attributes: WireMap(shown.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
    }
}

struct SetTopicAttributes: Operation {
    static let route = sns

    struct Input: Decodable {
        var topicArn: String
        var attributeName: String
        var attributeValue: String?
    }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (topic, caller) = try await services.topic(input.topicArn, for: Self.name, context)
        let (name, value) = (input.attributeName, input.attributeValue ?? "")
        if name == "Policy", !value.isEmpty { try TopicPolicy.check(value) }
        try await inSNSsWords {
            try await services.book.change(topic.arn, operation: Self.name, by: caller) { try $0.set(name, value) }
        }
        return Empty()
    }
}

/// Lets other accounts do something to a topic: one statement more in its policy.
struct AddPermission: Operation {
    static let route = sns

    struct Input: Decodable {
        var topicArn: String
        var label: String
        var aWSAccountId: [String]
        var actionName: [String]
    }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let isLabel = (1...80).contains(input.label.utf8.count) && TopicARN.isName(input.label)
        guard isLabel else { throw ServiceError(invalid: "Label") }
        guard !input.aWSAccountId.isEmpty, input.aWSAccountId.allSatisfy({ AccountID($0) != nil }) else {
            throw ServiceError(invalid: "AWSAccountId")
        }
        guard !input.actionName.isEmpty, input.actionName.allSatisfy(TopicARN.isName) else {
            throw ServiceError(invalid: "ActionName")
        }
        let (topic, caller) = try await services.topic(input.topicArn, for: Self.name, context)
        try await inSNSsWords {
            try await services.book.change(topic.arn, operation: Self.name, by: caller) { topic in
                let policy = try TopicPolicy.adding(
                    input.label, accounts: input.aWSAccountId, actions: input.actionName, to: topic)
                try topic.set("Policy", policy)
            }
        }
        return Empty()
    }
}

/// Takes the statement of that label away.
struct RemovePermission: Operation {
    static let route = sns

    struct Input: Decodable {
        var topicArn: String
        var label: String
    }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (topic, caller) = try await services.topic(input.topicArn, for: Self.name, context)
        let label = input.label
        try await inSNSsWords {
            try await services.book.change(topic.arn, operation: Self.name, by: caller) { topic in
                try topic.set("Policy", try TopicPolicy.removing(label, from: topic))
            }
        }
        return Empty()
    }
}

/// Topics have no data protection policies here; of such a topic AWS's answer is empty too.
struct GetDataProtectionPolicy: Operation {
    static let route = sns

    struct Input: Decodable { var resourceArn: String }
    struct Output: Encodable { let dataProtectionPolicy: String }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        _ = try await services.topic(input.resourceArn, for: Self.name, context)
        return Output(dataProtectionPolicy: "")
    }
}
