// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Journal
import Mail
import SQLite
import Testing

@testable import Notify

@Suite("Notices and topics, in SQLite")
struct NoticeTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "notices-\(UUID())").path
    private let account = AccountID("111122223333")!

    init() throws { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) }

    private func subscription(_ number: Int) -> SubscriptionARN {
        SubscriptionARN(
            topic: TopicARN(region: "us-east-1", account: account, name: "alarms"),
            id: "00000000-0000-4000-8000-00000000000\(number)")
    }

    private func publication(_ id: String, at seconds: Int64) throws -> Publication {
        Publication(
            try OutgoingMessage(subject: "S", message: id), to: subscription(0).topic, messageID: id,
            at: Timestamp(seconds: seconds))
    }

    private func publications() throws -> Int {
        try DatabaseQueue(path: "\(directory)/notices.db").read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM publication") ?? -1
        }
    }

    @Test("the oldest due of each subscription is given, over restarts; a publication goes with its last notice")
    func notices() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let (first, second) = (subscription(1), subscription(2))
        let store = try SQLiteNotices(directory: directory)
        #expect(try await store.enqueue(publication("a", at: 20), for: [first, second], limit: 10).isEmpty)
        #expect(try await store.enqueue(publication("b", at: 10), for: [second], limit: 10).isEmpty)
        let again = try SQLiteNotices(directory: directory)
        func due(_ seconds: Int64, _ busy: Set<SubscriptionARN> = [], limit: Int = 9) async throws -> [Notice] {
            try await again.due(at: Timestamp(seconds: seconds), except: busy, limit: limit)
        }
        #expect(try await due(9).isEmpty)
        #expect(try await due(20).map(\.publication.messageID) == ["b", "a"])
        #expect(try await due(20, limit: 1).map(\.subscription) == [second])
        let one = try #require(try await due(20, [second]).first)
        #expect(
            one
                == Notice(
                    id: one.id, subscription: first, attempts: 0, dueAt: Timestamp(seconds: 20),
                    publication: try publication("a", at: 20)))
        try await again.postpone(one.id, attempts: 3, to: Timestamp(seconds: 50))
        #expect(try await due(49, [second]).isEmpty)
        #expect(try await due(50, [second]).map(\.attempts) == [3])
        try await again.settle(one.id)
        #expect(try await again.waiting() == 2)
        #expect(try publications() == 2)
        for notice in try await due(50) { try await again.settle(notice.id) }
        for notice in try await due(50) { try await again.settle(notice.id) }
        try await again.settle(one.id)
        #expect(try await again.waiting() == 0)
        #expect(try publications() == 0)
    }

    @Test("accounts take turns") func turns() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try SQLiteNotices(directory: directory)
        let topic = TopicARN(region: "us-east-1", account: AccountID("444455556666")!, name: "others")
        let other = SubscriptionARN(topic: topic, id: "00000000-0000-4000-8000-000000000009")
        let many = (1...5).map(subscription)
        #expect(try await store.enqueue(publication("a", at: 10), for: many, limit: 10).isEmpty)
        #expect(try await store.enqueue(publication("b", at: 20), for: [other], limit: 10).isEmpty)
        let due = try await store.due(at: Timestamp(seconds: 30), except: [], limit: 2)
        #expect(due.map(\.publication.messageID) == ["a", "b"])
    }

    @Test("a subscription that has as many as it may gets no more, and nothing of it stays")
    func limit() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try SQLiteNotices(directory: directory)
        let (first, second) = (subscription(1), subscription(2))
        for id in ["a", "b"] { _ = try await store.enqueue(publication(id, at: 1), for: [first], limit: 2) }
        #expect(try await store.enqueue(publication("c", at: 1), for: [first, second], limit: 2) == [first])
        #expect(try await store.enqueue(publication("d", at: 1), for: [first], limit: 2) == [first])
        #expect(try publications() == 3)
    }

    private func fact(_ operation: String) -> Fact {
        let event = Fact.Administered(operation: operation, principal: "p", resource: "r", sourceAddress: "")
        return Fact(at: Timestamp(seconds: 1), account: account, message: nil, event: .administered(event))
    }

    @Test(
        "a subscription is added to a topic that is there; a topic goes with all its own, in one change with its fact")
    func topics() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try SQLiteRecords(directory: directory, synchronous: .normal)
        func add(_ name: String, to topic: String) async throws -> Bool {
            try await store.add(name, to: topic, in: account, content: Array("{}".utf8), recording: fact("Subscribe"))
        }
        #expect(try await add("a/1", to: "a") == false)
        for topic in ["a", "a-b"] {
            #expect(
                try await store.put(
                    TopicKind.topic, topic, in: account, content: Array("{}".utf8), replacing: false,
                    recording: fact("CreateTopic")))
        }
        #expect(try await add("a/1", to: "a"))
        #expect(try await add("a/2", to: "a"))
        #expect(try await add("a-b/1", to: "a-b"))
        #expect(try await store.removeTopic("a", in: account, recording: fact("DeleteTopic")))
        #expect(try await store.removeTopic("a", in: account, recording: fact("DeleteTopic")) == false)
        #expect(try await store.count(TopicKind.subscription, in: account) == 1)
        let operations = try await store.facts(after: 0, limit: 99).map { recorded in
            if case .administered(let event) = recorded.fact.event { event.operation } else { "" }
        }
        #expect(operations == ["CreateTopic", "CreateTopic", "Subscribe", "Subscribe", "Subscribe", "DeleteTopic"])
    }
}
