// SPDX-License-Identifier: Apache-2.0

import Foundation
import Mail
import Synchronization
import Testing

@testable import Notify

@Suite("Topics and subscriptions")
struct TopicTests {
    @Test(
        "addresses that may be posted to",
        arguments: [
            ("https://hooks.example.com/x?y=1", "https://hooks.example.com/x?y=1"),
            ("HTTP://Hooks.Example.com", "http://hooks.example.com/"),
            ("http://127.0.0.1:8080/p", "http://127.0.0.1:8080/p"), ("https://[::1]:443/", "https://[::1]/"),
            ("http://a_b.example:80?q", "http://a_b.example/?q"),
        ])
    func addresses(_ text: String, _ expected: String) throws {
        #expect(try #require(WebhookAddress(text)).description == expected)
    }

    @Test(
        "and those that may not",
        arguments: [
            "", "ftp://example.com/", "gopher://example.com/", "file:///etc/passwd", "https://", "https:///x",
            "https://user@example.com/", "https://user:pw@example.com/", "https://example.com:0/",
            "https://example.com:65536/", "https://example.com:x/", "https://example.com:+80/", "https://2130706433/",
            "https://0x7f000001/", "https://127.1/", "https://0177.0.0.1/", "https://127.0.0.1.:80/",
            "https://1.2.3.4.5/",
            "https://[::1/", "https://[fe80::1%25eth0]/", "https://exa mple.com/", "https://example.com/#f",
            "https://exämple.com/", "http://example.com:25/", "https://example.com:465/", "http://[2001:db8::1]:587/",
            "https://example.com\\@evil.example/", "https://-a.example/", "https://a..b/",
            "https://" + String(repeating: "a", count: 2_100) + ".example/",
        ])
    func noAddresses(_ text: String) { #expect(WebhookAddress(text) == nil) }

    @Test("are made once, found again, and not with other attributes")
    func create() async throws {
        let house = House()
        let arn = try await house.topic("a", ["DisplayName": "A"])
        #expect("\(arn)" == "arn:aws:sns:us-east-1:111122223333:a")
        #expect(try await house.topic("a") == arn)
        await #expect(throws: NotifyFailure.self) { try await house.topic("a", ["DisplayName": "B"]) }
        await #expect(throws: NotifyFailure.self) { try await house.topic("b", ["SignatureVersion": "3"]) }
        await #expect(throws: NotifyFailure.self) { try await house.topic("b", ["FifoTopic": "true"]) }
        #expect(house.store.operations == ["sns:CreateTopic by arn:aws:iam::111122223333:root"])
    }

    @Test("a token confirms one subscription, once, within three days")
    func tokens() async throws {
        let house = House()
        let (topic, other) = (try await house.topic("a"), try await house.topic("a-b"))
        let made = try await house.book.subscribe(
            "https://x.example/", .https, to: topic, attributes: [:], by: house.caller)
        let token = try #require(made.token)
        @Sendable func confirm(_ token: String, _ topic: TopicARN) async throws {
            _ = try await house.book.confirm(token, of: topic, by: nil, from: "192.0.2.9", bySignature: false)
        }
        let last = token.hasSuffix("0") ? "1" : "0"
        let elsewhere = TopicARN(region: "eu-west-1", account: topic.account, name: topic.name)
        for (wrong, place) in [
            (String(token.dropLast()) + last, topic), (token, other), (token, elsewhere), ("", topic), ("é", topic),
        ] {
            await #expect(throws: NotifyFailure.invalidToken) { try await confirm(wrong, place) }
        }
        house.pass(3 * 86_400 - 1)
        try await confirm(token, topic)
        await #expect(throws: NotifyFailure.invalidToken) { try await confirm(token, topic) }
        #expect(house.store.operations.last == "sns:ConfirmSubscription by anonymous")
        let late = try await house.book.subscribe(
            "https://y.example/", .https, to: topic, attributes: [:], by: house.caller)
        house.pass(3 * 86_400)
        await #expect(throws: NotifyFailure.invalidToken) { try await confirm(late.token ?? "", topic) }
    }

    @Test("subscribing again sends another token, which makes the first one void; unconfirmed ones are forgotten")
    func again() async throws {
        let house = House()
        let topic = try await house.topic()
        @Sendable func subscribe(_ attributes: [String: String] = [:]) async throws -> TopicBook.Subscribed {
            try await house.book.subscribe(
                "https://x.example/", .https, to: topic, attributes: attributes, by: house.caller)
        }
        let first = try await subscribe()
        #expect(try await subscribe().token == nil)
        house.pass(11)
        let second = try await subscribe()
        #expect(second.subscription.arn == first.subscription.arn && second.token != first.token)
        await #expect(throws: NotifyFailure.invalidToken) {
            try await house.book.confirm(first.token!, of: topic, by: nil, from: "", bySignature: false)
        }
        await #expect(throws: NotifyFailure.self) { try await subscribe(["RawMessageDelivery": "true"]) }
        house.pass(4 * 86_400)
        let third = try await subscribe()
        #expect(third.subscription.arn != first.subscription.arn)
        #expect(try await house.book.subscriptions(to: topic).count == 1)
    }

    @Test("a subscription ends by its own address only, or by a signed request where that was asked for")
    func exits() async throws {
        let house = House()
        let topic = try await house.topic()
        let arn = try await house.subscribe("https://x.example/", to: topic)
        let exit = try #require(try await house.book.subscription(arn)).exit
        await #expect(throws: NotifyFailure.subscriptionNotFound) {
            try await house.book.unsubscribe(arn, exit: exit + "0", from: "192.0.2.9")
        }
        try await house.book.unsubscribe(arn, exit: exit, from: "192.0.2.9")
        #expect(try await house.book.subscription(arn) == nil)
        let made = try await house.book.subscribe(
            "https://x.example/", .https, to: topic, attributes: [:], by: house.caller)
        let kept = try await house.book.confirm(
            made.token!, of: topic, by: house.caller, from: "192.0.2.1", bySignature: true)
        await #expect(throws: NotifyFailure.signatureWanted) {
            try await house.book.unsubscribe(kept.arn, exit: kept.exit, from: "192.0.2.9")
        }
        #expect(try await house.book.unsubscribe(kept.arn, by: house.caller))
    }

    @Test("a topic goes with its subscriptions, and not with its neighbour's")
    func deletion() async throws {
        let house = House()
        let (topic, neighbour) = (try await house.topic("a"), try await house.topic("a-b"))
        _ = try await house.subscribe("https://x.example/", to: topic)
        _ = try await house.subscribe("https://x.example/", to: neighbour)
        try await house.book.delete(topic, by: house.caller)
        #expect(try await house.book.subscriptions(to: topic).isEmpty)
        #expect(try await house.book.subscriptions(to: neighbour).count == 1)
    }

    @Test("a message goes to those who are confirmed and want it, in the words of their way")
    func publish() async throws {
        let house = House()
        let farSide = FarSide { house.now }
        let topic = try await house.topic("a", ["DisplayName": "Alarms", "SignatureVersion": "2"])
        _ = try await house.subscribe("https://all.example/", to: topic)
        _ = try await house.subscribe("https://raw.example/", to: topic, ["RawMessageDelivery": "true"])
        _ = try await house.subscribe("https://some.example/", to: topic, ["FilterPolicy": #"{"k":["v"]}"#])
        _ = try await house.subscribe("ops@example.com", .email, to: topic)
        let waiting = try await house.book.subscribe(
            "https://pending.example/", .https, to: topic, attributes: [:], by: house.caller)
        let message = try OutgoingMessage(
            subject: "S", message: #"{"default":"usual","email":"by mail"}"#, isStructured: true)
        let id = try await house.publisher.publish(message, to: topic)
        try await house.publisher.askToConfirm(waiting.subscription, token: try #require(waiting.token))
        await house.delivery(to: farSide).deliverDue()
        let posts = Dictionary(farSide.posts.map { ($0.address, $0) }) { $1 }
        #expect(Set(posts.keys) == ["https://all.example/", "https://raw.example/", "https://pending.example/"])
        #expect(posts["https://raw.example/"].map { String(decoding: $0.body, as: UTF8.self) } == "usual")
        #expect(posts["https://raw.example/"]?.headers["x-amz-sns-rawdelivery"] == "true")
        let body =
            try JSONSerialization.jsonObject(with: Data(posts["https://all.example/"]?.body ?? [])) as? [String: String]
        #expect(body?["MessageId"] == id && body?["Message"] == "usual" && body?["SignatureVersion"] == "2")
        #expect(posts["https://pending.example/"]?.headers["x-amz-sns-message-type"] == "SubscriptionConfirmation")
        let mails = house.mails.withLock { $0 }
        #expect(mails.map(\.subject) == ["S"] && mails.map(\.displayName) == ["Alarms"])
        #expect(mails.first?.text.hasPrefix("by mail\n\n--\n") == true)
        #expect(house.notices.notices.isEmpty)
    }

    @Test("a queue that is full takes no more, and that is on record")
    func full() async throws {
        let house = House()
        let topic = try await house.topic()
        let arn = try await house.subscribe("https://x.example/", to: topic)
        for _ in 0..<3 {
            _ = try await house.notices.enqueue(
                Publication(
                    try OutgoingMessage(subject: nil, message: "m"), to: topic, messageID: "m", at: house.now),
                for: [arn], limit: Publisher.maximumWaiting)
        }
        #expect(
            try await house.notices.enqueue(
                Publication(
                    try OutgoingMessage(subject: nil, message: "m"), to: topic, messageID: "m", at: house.now),
                for: [arn], limit: 3) == [arn])
        #expect(house.notices.notices.count == 3)
    }

    @Test(
        "messages that SNS would not take",
        arguments: [
            ("", nil, false), ("m", "", false), ("m", "a\nb", false), ("m", "a\u{2028}b", false),
            ("m", String(repeating: "s", count: 101), false),
            (String(repeating: "m", count: 262_145), nil, false), ("text", nil, true), (#"{"http":"x"}"#, nil, true),
        ] as [(String, String?, Bool)])
    func messages(_ message: String, _ subject: String?, _ isStructured: Bool) {
        #expect(throws: NotifyFailure.self) {
            try OutgoingMessage(subject: subject, message: message, isStructured: isStructured)
        }
    }
}
