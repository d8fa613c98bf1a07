// SPDX-License-Identifier: Apache-2.0

package import Access
import FoundationEssentials
import Journal
package import Mail

/// The topics of all accounts and their subscriptions.
package struct TopicBook: Sendable {
    let store: any TopicStore
    package let region: String
    package let now: Now
    let random: RandomBits

    package init(_ store: any TopicStore, region: String, now: @escaping Now, random: @escaping RandomBits) {
        self.store = store
        self.region = region
        self.now = now
        self.random = random
    }

    package func arn(_ name: String, in account: AccountID) -> TopicARN {
        TopicARN(region: region, account: account, name: name)
    }

    package func topic(_ arn: TopicARN) async throws -> Topic? {
        guard arn.region == region else { return nil }
        return try await store.record(TopicKind.topic, arn.name, in: arn.account).map(Self.decode)
    }

    /// - Throws: `NotifyFailure.topicNotFound`.
    package func existing(_ arn: TopicARN) async throws -> Topic {
        guard let topic = try await topic(arn) else { throw NotifyFailure.topicNotFound }
        return topic
    }

    package func topics(of account: AccountID, after: String, limit: Int) async throws -> [Topic] {
        try await store.records(TopicKind.topic, in: account, after: after, limit: limit).map(Self.decode)
    }

    /// Makes a topic, or finds that it is there as it is wanted.
    /// - Throws: `NotifyFailure`; where it is there with others than these attributes or tags, `invalid`.
    package func create(
        _ arn: TopicARN, attributes: [String: String], tags: [String: String], by caller: Caller
    ) async throws -> Topic {
        var topic = Topic(arn)
        for (name, value) in attributes { try topic.set(name, value) }
        topic.tags = tags
        guard tags.count <= Topic.tagLimit else { throw NotifyFailure.tagLimit }
        if let present = try await self.topic(arn) { return try Self.same(present, topic) }
        guard try await store.count(TopicKind.topic, in: arn.account) < Topic.limit else {
            throw NotifyFailure.topicLimit
        }
        let isNew = try await store.put(
            TopicKind.topic, arn.name, in: arn.account, content: try Self.encode(topic), replacing: false,
            recording: fact("CreateTopic", arn.description, caller))
        return isNew ? topic : try Self.same(try await existing(arn), topic)
    }

    private static func same(_ present: Topic, _ wanted: Topic) throws -> Topic {
        guard wanted.attributes.allSatisfy({ present.attributes[$0.key] == $0.value }) else {
            throw NotifyFailure.invalid("Attributes Reason: Topic already exists with different attributes")
        }
        guard wanted.tags.isEmpty || wanted.tags == present.tags else {
            throw NotifyFailure.invalid("Tags Reason: Topic already exists with different tags")
        }
        return present
    }

    /// - Throws: `NotifyFailure.topicNotFound`, and what `body` throws.
    package func change(
        _ arn: TopicARN, operation: String, by caller: Caller, _ body: @escaping @Sendable (inout Topic) throws -> Void
    ) async throws {
        let changed = try await store.change(
            TopicKind.topic, arn.name, in: arn.account, recording: fact(operation, arn.description, caller)
        ) { content in
            var topic: Topic = try Self.decode(content)
            try body(&topic)
            guard topic.tags.count <= Topic.tagLimit else { throw NotifyFailure.tagLimit }
            return try Self.encode(topic)
        }
        guard changed != nil else { throw NotifyFailure.topicNotFound }
    }

    /// With its subscriptions. What is not there is as good as deleted.
    package func delete(_ arn: TopicARN, by caller: Caller) async throws {
        guard arn.region == region else { return }
        _ = try await store.removeTopic(
            arn.name, in: arn.account, recording: fact("DeleteTopic", arn.description, caller))
    }

    func fact(_ operation: String, _ resource: String, _ caller: Caller) -> Fact {
        Fact("sns:\(operation)", on: resource, by: caller, at: now())
    }

    static func decode<Record: Decodable>(_ content: [UInt8]) throws -> Record {
        try JSONDecoder().decode(Record.self, from: Data(content))
    }

    static func encode(_ record: some Encodable) throws -> [UInt8] { Array(try JSONEncoder().encode(record)) }
}
