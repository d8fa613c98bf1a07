// SPDX-License-Identifier: Apache-2.0

import JSON

/// How a subscription over HTTP wants to be delivered to (SNS developer guide, "Creating an HTTP/S delivery policy").
package struct SubscriptionDeliveryPolicy: Hashable, Sendable {
    package var retry = RetryPolicy()
    /// Posts in a second; nil for as fast as they are answered.
    package var receivesPerSecond: Int?
    package var contentType = Self.defaultContentType

    package static let defaultContentType = "text/plain; charset=UTF-8"

    package init() {}

    /// `{"healthyRetryPolicy":{…},"throttlePolicy":{…},"requestPolicy":{…}}`
    /// - Throws: `NotifyFailure.invalid`.
    package init(parsing text: String) throws(NotifyFailure) {
        try self.init(
            document(text), retry: "healthyRetryPolicy", throttle: "throttlePolicy", request: "requestPolicy")
    }

    fileprivate init(
        _ members: [JSONValue.Member], retry: String, throttle: String, request: String
    ) throws(NotifyFailure) {
        for member in members where member.value != .null {
            switch member.name {
            case retry: self.retry = try RetryPolicy(member.value)
            case throttle:
                guard let value = member.value["maxReceivesPerSecond"], value != .null else { continue }
                receivesPerSecond = try number(value, "maxReceivesPerSecond", 1...100_000)
            case request:
                guard let value = member.value["headerContentType"], value != .null else { continue }
                guard case .string(let type) = value, (1...128).contains(type.utf8.count),
                    type.utf8.allSatisfy({ (32...126).contains($0) })
                else { throw fault("headerContentType is not a media type") }
                contentType = type
            // Members of old that SNS writes and nothing depends on.
            case "sicklyRetryPolicy", "guaranteed", "disableSubscriptionOverrides": continue
            default: throw fault("\(member.name.prefix(50)) is unknown")
            }
        }
    }

    /// As `EffectiveDeliveryPolicy` shows it.
    package var json: String { JSONValue.object(members("healthyRetryPolicy", "throttlePolicy", "requestPolicy")).text }

    fileprivate func members(_ retry: String, _ throttle: String, _ request: String) -> [JSONValue.Member] {
        let limit = receivesPerSecond.map {
            JSONValue.object([.init(name: "maxReceivesPerSecond", value: .number("\($0)"))])
        }
        return [
            .init(name: retry, value: self.retry.json), .init(name: throttle, value: limit ?? .null),
            .init(name: request, value: .object([.init(name: "headerContentType", value: .string(contentType))])),
        ]
    }
}

/// The same for all subscriptions of a topic that have none of their own.
package struct TopicDeliveryPolicy: Hashable, Sendable {
    package var usual = SubscriptionDeliveryPolicy()
    /// Whether those of subscriptions do not count.
    package var overridesSubscriptions = false

    package init() {}

    /// `{"http":{"defaultHealthyRetryPolicy":{…},"disableSubscriptionOverrides":false}}`
    /// - Throws: `NotifyFailure.invalid`.
    package init(parsing text: String) throws(NotifyFailure) {
        let outer = try document(text)
        guard outer.count == 1, let http = outer.first, http.name == "http", case .object(let members) = http.value
        else {
            throw fault("one member `http` is expected")
        }
        usual = try SubscriptionDeliveryPolicy(
            members, retry: "defaultHealthyRetryPolicy", throttle: "defaultThrottlePolicy",
            request: "defaultRequestPolicy")
        overridesSubscriptions = http.value["disableSubscriptionOverrides"] == .boolean(true)
    }

    /// What applies to a subscription.
    package func policy(of subscription: Subscription) -> SubscriptionDeliveryPolicy {
        overridesSubscriptions ? usual : subscription.deliveryPolicy ?? usual
    }

    package var json: String {
        let members = usual.members("defaultHealthyRetryPolicy", "defaultThrottlePolicy", "defaultRequestPolicy")
        let flag = JSONValue.Member(name: "disableSubscriptionOverrides", value: .boolean(overridesSubscriptions))
        return JSONValue.object([.init(name: "http", value: .object(members + [flag]))]).text
    }
}

extension RetryPolicy {
    fileprivate init(_ value: JSONValue) throws(NotifyFailure) {
        guard case .object(let members) = value else { throw fault("a retry policy must be an object") }
        // One that is given counts whole; what it leaves out is none.
        (retries, immediate, preBackoff, postBackoff, growth) = (3, 0, 0, 0, .linear)
        (minDelay, maxDelay) = (20, 20)
        for member in members where member.value != .null {
            switch member.name {
            case "minDelayTarget": minDelay = try number(member.value, member.name, 1...3_600)
            case "maxDelayTarget": maxDelay = try number(member.value, member.name, 1...3_600)
            case "numRetries": retries = try number(member.value, member.name, 0...100)
            case "numNoDelayRetries": immediate = try number(member.value, member.name, 0...100)
            case "numMinDelayRetries": preBackoff = try number(member.value, member.name, 0...100)
            case "numMaxDelayRetries": postBackoff = try number(member.value, member.name, 0...100)
            case "backoffFunction":
                guard case .string(let word) = member.value, let growth = Growth(rawValue: word) else {
                    throw fault("backoffFunction is linear, arithmetic, geometric or exponential")
                }
                self.growth = growth
            default: throw fault("\(member.name.prefix(50)) is unknown")
            }
        }
        guard minDelay <= maxDelay else { throw fault("minDelayTarget must not be above maxDelayTarget") }
        guard immediate + preBackoff + postBackoff <= retries else {
            throw fault("numRetries must be as many as those of the phases together")
        }
    }

    fileprivate var json: JSONValue {
        let numbers = [
            ("minDelayTarget", minDelay), ("maxDelayTarget", maxDelay), ("numRetries", retries),
            ("numMaxDelayRetries", postBackoff), ("numNoDelayRetries", immediate), ("numMinDelayRetries", preBackoff),
        ]
        return .object(
            numbers.map { JSONValue.Member(name: $0.0, value: .number("\($0.1)")) }
                + [JSONValue.Member(name: "backoffFunction", value: .string(growth.rawValue))])
    }
}

private func fault(_ why: String) -> NotifyFailure { .invalid("DeliveryPolicy: \(why)") }

private func document(_ text: String) throws(NotifyFailure) -> [JSONValue.Member] {
    guard text.utf8.count <= 30_720, let value = try? JSONValue(parsing: text, maximumDepth: 8),
        case .object(let members) = value
    else { throw fault("must be a JSON object of at most 30 KB") }
    return members
}

private func number(_ value: JSONValue, _ name: String, _ range: ClosedRange<Int>) throws(NotifyFailure) -> Int {
    guard case .number(let text) = value, let number = Int(text), range.contains(number) else {
        throw fault("\(name) must be between \(range.lowerBound) and \(range.upperBound)")
    }
    return number
}
