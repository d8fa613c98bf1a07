// SPDX-License-Identifier: Apache-2.0

import Foundation
import Mail
import Synchronization
import Testing

@testable import Notify

@Suite("Deliveries on a clock of their own")
struct DeliveryTests {
    @Test("the usual policy has SNS's four phases: 3, 2, 10 and 35 retries")
    func phases() {
        let policy = RetryPolicy()
        let delays = (1...51).map { policy.delay(before: $0) }
        #expect(delays[..<5] == [0, 0, 0, 1, 1])
        let backoff = delays[5..<15].compactMap(\.self)
        #expect(backoff.count == 10 && backoff.first == 1 && backoff.last == 20 && backoff == backoff.sorted())
        #expect(delays[15..<50].allSatisfy { $0 == 20 } && delays[50] == nil && policy.delay(before: 0) == nil)
    }

    @Test("every growth goes from the least to the most", arguments: RetryPolicy.Growth.allCases)
    func growth(_ growth: RetryPolicy.Growth) {
        var policy = RetryPolicy()
        (policy.retries, policy.immediate, policy.preBackoff, policy.postBackoff) = (7, 0, 0, 0)
        (policy.minDelay, policy.maxDelay, policy.growth) = (5, 65, growth)
        let delays = (1...7).compactMap { policy.delay(before: $0) }
        #expect(delays.first == 5 && abs((delays.last ?? 0) - 65) < 0.001 && delays == delays.sorted())
    }

    @Test("policies are read as SNS's, and shown again")
    func policies() throws {
        let text =
            #"{"healthyRetryPolicy":{"minDelayTarget":2,"maxDelayTarget":9,"numRetries":4,"numNoDelayRetries":1,"#
            + #""numMinDelayRetries":1,"numMaxDelayRetries":1,"backoffFunction":"geometric"},"#
            + #""throttlePolicy":{"maxReceivesPerSecond":5},"requestPolicy":{"headerContentType":"application/json"}}"#
        let policy = try SubscriptionDeliveryPolicy(parsing: text)
        #expect((1...5).map { policy.retry.delay(before: $0) } == [0, 2, 2, 9, nil])
        #expect(policy.receivesPerSecond == 5 && policy.contentType == "application/json")
        #expect(try SubscriptionDeliveryPolicy(parsing: policy.json) == policy)
        var topic = TopicDeliveryPolicy()
        topic.overridesSubscriptions = true
        #expect(try TopicDeliveryPolicy(parsing: topic.json) == topic)
    }

    @Test(
        "policies that mean nothing are refused",
        arguments: [
            "", "[]", #"{"healthyRetryPolicy":5}"#, #"{"healthyRetryPolicy":{"numRetries":101}}"#,
            #"{"healthyRetryPolicy":{"minDelayTarget":30,"maxDelayTarget":20}}"#,
            #"{"healthyRetryPolicy":{"numRetries":1,"numNoDelayRetries":2}}"#, #"{"other":{}}"#,
            #"{"throttlePolicy":{"maxReceivesPerSecond":0}}"#, #"{"requestPolicy":{"headerContentType":"a\nb"}}"#,
        ])
    func badPolicies(_ text: String) {
        #expect(throws: NotifyFailure.self) { try SubscriptionDeliveryPolicy(parsing: text) }
    }

    private func notice(_ id: Int64, _ subscription: SubscriptionARN, attempts: Int = 0, at moment: Int64 = 0) throws
        -> Notice
    {
        Notice(
            id: id, subscription: subscription, attempts: attempts, dueAt: Timestamp(seconds: moment),
            publication: Publication(
                try OutgoingMessage(subject: nil, message: "m"), to: subscription.topic, messageID: "m-\(id)",
                at: Timestamp(seconds: 0)))
    }

    private func subscription(_ number: Int, of account: String = "111122223333") throws -> SubscriptionARN {
        try #require(
            SubscriptionARN(
                "arn:aws:sns:us-east-1:\(account):alarms:00000000-0000-4000-8000-\(String(format: "%012d", number))"))
    }

    @Test("one notice of a subscription is on its way, and so many of all")
    func oneEach() throws {
        var machine = DeliveryMachine()
        let moment = Timestamp(seconds: 10)
        let (first, other) = (try subscription(1), try subscription(2))
        let begun = machine.begin(
            [try notice(1, first), try notice(2, first), try notice(3, other), try notice(4, other, at: 11)], at: moment
        )
        #expect(begun.map(\.id) == [1, 3] && machine.busy(at: moment) == [first, other])
        #expect(machine.begin([try notice(2, first)], at: moment).isEmpty)
        #expect(machine.ended(begun[0], .delivered, SubscriptionDeliveryPolicy(), at: moment) == .done)
        #expect(machine.begin([try notice(1, first)], at: moment).isEmpty)
        machine.released(begun[0])
        #expect(machine.begin([try notice(2, first)], at: moment).map(\.id) == [2])
        let many = try (10..<100).map { try notice(Int64($0), try subscription($0)) }
        #expect(machine.begin(many, at: moment).count == DeliveryMachine.share - 2 && machine.room == 16)
        // Another account has room, as its webhooks have nothing to do with those.
        let others = try (100..<200).map { try notice(Int64($0), try subscription($0, of: "444455556666")) }
        #expect(machine.begin(many + others, at: moment).count == 16 && machine.room == 0)
    }

    @Test("a limit of posts in a second keeps the next one waiting")
    func throttle() throws {
        var machine = DeliveryMachine()
        var policy = SubscriptionDeliveryPolicy()
        policy.receivesPerSecond = 2
        let arn = try subscription(1)
        let begun = machine.begin([try notice(1, arn)], at: Timestamp(seconds: 10))
        _ = machine.ended(begun[0], .delivered, policy, at: Timestamp(milliseconds: 10_100))
        machine.released(begun[0])
        #expect(machine.begin([try notice(2, arn)], at: Timestamp(milliseconds: 10_499)).isEmpty)
        #expect(machine.begin([try notice(2, arn)], at: Timestamp(milliseconds: 10_500)).count == 1)
    }

    @Test(
        "answers are judged as SNS judges them",
        arguments: [
            (200, NoticeOutcome.delivered), (204, .delivered), (302, .refused("HTTP status 302")),
            (404, .refused("HTTP status 404")), (429, .failed("HTTP status 429")), (500, .failed("HTTP status 500")),
            (503, .failed("HTTP status 503")),
        ])
    func answers(_ status: Int, _ expected: NoticeOutcome) { #expect(NoticeDelivery.outcome(status) == expected) }

    @Test("a notice is not retried beyond a day")
    func old() throws {
        var machine = DeliveryMachine()
        let arn = try subscription(1)
        let begun = machine.begin([try notice(1, arn)], at: Timestamp(seconds: 86_401))
        #expect(
            machine.ended(begun[0], .failed("down"), SubscriptionDeliveryPolicy(), at: Timestamp(seconds: 86_401))
                == .dropped("down, for a day"))
    }

    @Test("a far side that is down is tried 51 times, at the policy's moments; then the notice is dropped, on record")
    func down() async throws {
        let house = House()
        let farSide = FarSide { house.now }
        let topic = try await house.topic()
        let arn = try await house.subscribe("https://hooks.example.com/x", to: topic)
        let id = try await house.publisher.publish(topicARN: "\(topic)", subject: nil, message: "m")
        farSide.answers(503)
        let delivery = house.delivery(to: farSide)
        let start = house.now
        for _ in 0..<2_000 {
            await delivery.deliverDue()
            house.pass(0.5)
        }
        let moments = farSide.posts.map { $0.at - start }
        #expect(moments.count == 51)
        // Three retries at once, each seen at the next half second.
        #expect(moments[..<6] == [0, 0.5, 1, 1.5, 2.5, 3.5])
        #expect(zip(moments[30...], moments[31...]).allSatisfy { $1 - $0 == 20 })
        #expect(house.notices.notices.isEmpty)
        #expect(house.dropped.withLock { $0 } == ["message \(id) was dropped: HTTP status 503, after 51 tries"])
        #expect(farSide.posts.allSatisfy { $0.headers["x-amz-sns-subscription-arn"] == "\(arn)" })
    }

    @Test("who looks while an outcome is being written does not send the notice again", arguments: [200, 503])
    func writing(_ status: Int) async throws {
        let house = House()
        let farSide = FarSide { house.now }
        let topic = try await house.topic()
        _ = try await house.subscribe("https://hooks.example.com/x", to: topic)
        try await house.publisher.publish(topicARN: "\(topic)", subject: nil, message: "m")
        farSide.answers(status)
        let delivery = house.delivery(to: farSide)
        house.notices.interrupt { await delivery.deliverDue() }
        await delivery.deliverDue()
        #expect(farSide.posts.count == 1)
    }

    @Test("what will never be taken is dropped at once; what is not answered is tried again")
    func refusals() async throws {
        let house = House()
        let farSide = FarSide { house.now }
        let topic = try await house.topic()
        _ = try await house.subscribe("https://hooks.example.com/x", to: topic)
        let delivery = house.delivery(to: farSide)
        for failure in [nil, WebhookFailure("closed", isFinal: true)] {
            farSide.answers(400)
            farSide.fails(failure)
            try await house.publisher.publish(topicARN: "\(topic)", subject: nil, message: "m")
            await delivery.deliverDue()
            #expect(house.notices.notices.isEmpty)
        }
        farSide.fails(WebhookFailure("no route"))
        try await house.publisher.publish(topicARN: "\(topic)", subject: nil, message: "m")
        await delivery.deliverDue()
        #expect(house.notices.notices.map(\.attempts) == [1])
        #expect(house.dropped.withLock { $0.count } == 2)
    }
}
