// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
package import Access
import Mail
package import Notify
import PolicyLanguage

/// Where every operation of SNS is found.
let sns = Route.query(service: "sns")

/// What the operations on topics stand on.
package struct SNSServices: Sendable {
    let access: AccessControl
    let publisher: Publisher

    package init(access: AccessControl, publisher: Publisher) {
        self.access = access
        self.publisher = publisher
    }

    var book: TopicBook { publisher.book }

    /// The caller, once the policies allow it to do this to all topics.
    func caller(_ operation: String, _ context: RequestContext) throws -> Caller {
        let caller = try Caller(context)
        try access.require("sns:\(operation)", on: .init("*"), as: caller, code: "AuthorizationError")
        return caller
    }

    /// The topic of this ARN, whether it is there or not, once the caller's policies and the topic's own allow it.
    /// - Parameter keys: condition keys that the request brings.
    func allowed(
        _ operation: String, on arn: TopicARN, _ context: RequestContext, keys: [String: [String]] = [:]
    ) async throws -> (topic: Topic?, caller: Caller) {
        let caller = try Caller(context)
        let topic = try await book.topic(arn)
        let resource = AccessRequest.Resource(
            "\(arn)", owner: arn.account, policies: try topic.map(TopicPolicy.named) ?? [], tags: topic?.tags ?? [:])
        try access.require("sns:\(operation)", on: resource, with: keys, as: caller, code: "AuthorizationError")
        return (topic, caller)
    }

    /// The same for a topic that must be there.
    func topic(
        _ given: String?, for operation: String, _ context: RequestContext, keys: [String: [String]] = [:],
        missing: String = "NotFound"
    ) async throws -> (topic: Topic, caller: Caller) {
        guard let given, let arn = TopicARN(given) else { throw ServiceError(invalid: "TopicArn") }
        let (topic, caller) = try await allowed(operation, on: arn, context, keys: keys)
        guard let topic else {
            throw missing == "NotFound"
                ? ServiceError(NotifyFailure.topicNotFound)
                : ServiceError(missing, "Resource does not exist", status: 404)
        }
        return (topic, caller)
    }

    /// A subscription that must be there; what is asked for is its topic.
    func subscription(
        _ given: String?, for operation: String, _ context: RequestContext
    ) async throws -> (subscription: Subscription, topic: Topic, caller: Caller) {
        guard let given, let arn = SubscriptionARN(given) else { throw ServiceError(invalid: "SubscriptionArn") }
        let (topic, caller) = try await allowed(operation, on: arn.topic, context)
        guard let topic, let subscription = try await book.subscription(arn) else {
            throw ServiceError(NotifyFailure.subscriptionNotFound)
        }
        return (subscription, topic, caller)
    }
}

/// Runs what the trade does, and says its no in SNS's words.
func inSNSsWords<Result>(_ body: () async throws -> Result) async throws -> Result {
    do { return try await body() } catch let failure as NotifyFailure { throw ServiceError(failure) }
}

extension ServiceError {
    init(invalid reason: String) { self.init("InvalidParameter", "Invalid parameter: \(reason)") }

    init(_ failure: NotifyFailure) {
        switch failure {
        case .invalid(let reason): self.init(invalid: reason)
        case .topicNotFound: self.init("NotFound", "Topic does not exist", status: 404)
        case .subscriptionNotFound: self.init("NotFound", "Subscription does not exist", status: 404)
        case .topicLimit:
            self.init("TopicLimitExceeded", "An account has \(Topic.limit) topics at most.", status: 403)
        case .subscriptionLimit:
            self.init(
                "SubscriptionLimitExceeded", "A topic has \(Subscription.limit) subscriptions at most.", status: 403)
        case .filterPolicyLimit:
            self.init(
                "FilterPolicyLimitExceeded",
                "A filter policy has \(FilterPolicy.maximumNames) names and \(FilterPolicy.maximumCombinations) "
                    + "combinations at most.", status: 403)
        case .tagLimit:
            self.init("TagLimitExceeded", "A topic has \(Topic.tagLimit) tags at most.")
        case .invalidToken: self.init(invalid: "Token")
        case .signatureWanted:
            self.init("AuthorizationError", "This subscription is ended by signed requests only.", status: 403)
        }
    }
}
