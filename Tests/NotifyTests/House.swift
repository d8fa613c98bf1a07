// SPDX-License-Identifier: Apache-2.0

import Crypto
import Journal
import Mail
import Synchronization

@testable import Access
@testable import Notify

/// Named records and their facts that last as long as the test.
final class MemoryTopicStore: TopicStore {
    private struct State {
        var records: [String: [UInt8]] = [:]
        var facts: [Fact] = []
    }
    private let state = Mutex(State())

    private static func key(_ kind: String, _ name: String, _ account: AccountID) -> String {
        "\(kind) \(account) \(name)"
    }

    /// `CreateTopic`, …
    var operations: [String] {
        state.withLock { $0.facts }.compactMap { fact in
            if case .administered(let event) = fact.event { "\(event.operation) by \(event.principal)" } else { nil }
        }
    }

    func record(_ kind: String, _ name: String, in account: AccountID) async throws -> [UInt8]? {
        state.withLock { $0.records[Self.key(kind, name, account)] }
    }

    func records(_ kind: String, in account: AccountID, after: String, limit: Int) async throws -> [[UInt8]] {
        state.withLock { state in
            let start = Self.key(kind, "", account)
            let names = state.records.keys.filter { $0.hasPrefix(start) && $0 > start + after }.sorted()
            return names.prefix(limit).compactMap { state.records[$0] }
        }
    }

    func count(_ kind: String, in account: AccountID) async throws -> Int {
        try await records(kind, in: account, after: "", limit: .max).count
    }

    func put(
        _ kind: String, _ name: String, in account: AccountID, content: [UInt8], replacing: Bool, recording fact: Fact
    ) async throws -> Bool {
        state.withLock { state in
            let key = Self.key(kind, name, account)
            guard (state.records[key] != nil) == replacing else { return false }
            state.records[key] = content
            state.facts.append(fact)
            return true
        }
    }

    func change(
        _ kind: String, _ name: String, in account: AccountID, recording fact: Fact?,
        _ body: @escaping @Sendable ([UInt8]) throws -> [UInt8]
    ) async throws -> [UInt8]? {
        try state.withLock { state in
            let key = Self.key(kind, name, account)
            guard let before = state.records[key] else { return nil }
            let after = try body(before)
            state.records[key] = after
            if let fact { state.facts.append(fact) }
            return after
        }
    }

    func remove(_ kind: String, _ name: String, in account: AccountID, recording fact: Fact) async throws -> Bool {
        state.withLock { state in
            guard state.records.removeValue(forKey: Self.key(kind, name, account)) != nil else { return false }
            state.facts.append(fact)
            return true
        }
    }

    func add(
        _ subscription: String, to topic: String, in account: AccountID, content: [UInt8], recording fact: Fact
    ) async throws -> Bool {
        guard try await record(TopicKind.topic, topic, in: account) != nil else { return false }
        return try await put(
            TopicKind.subscription, subscription, in: account, content: content, replacing: false, recording: fact)
    }

    func removeTopic(_ name: String, in account: AccountID, recording fact: Fact) async throws -> Bool {
        state.withLock { state in
            guard state.records.removeValue(forKey: Self.key(TopicKind.topic, name, account)) != nil else {
                return false
            }
            let start = Self.key(TopicKind.subscription, "\(name)/", account)
            state.records = state.records.filter { !$0.key.hasPrefix(start) }
            state.facts.append(fact)
            return true
        }
    }
}

/// Notices that last as long as the test.
final class MemoryNoticeStore: NoticeStore {
    private struct State {
        var notices: [Notice] = []
        var last: Int64 = 0
    }
    private let state = Mutex(State())
    private let interruption = Mutex<(@Sendable () async -> Void)?>(nil)

    /// What happens while the next change is being written.
    func interrupt(_ body: @escaping @Sendable () async -> Void) { interruption.withLock { $0 = body } }

    private func write() async {
        let body = interruption.withLock { body in
            defer { body = nil }
            return body
        }
        await body?()
    }

    var notices: [Notice] { state.withLock { $0.notices } }

    func enqueue(
        _ publication: Publication, for subscriptions: [SubscriptionARN], limit: Int
    ) async throws -> [SubscriptionARN] {
        state.withLock { state in
            var full: [SubscriptionARN] = []
            for arn in subscriptions {
                guard state.notices.count(where: { $0.subscription == arn }) < limit else {
                    full.append(arn)
                    continue
                }
                state.last += 1
                state.notices.append(
                    Notice(
                        id: state.last, subscription: arn, attempts: 0, dueAt: publication.at, publication: publication)
                )
            }
            return full
        }
    }

    func due(at moment: Timestamp, except busy: Set<SubscriptionARN>, limit: Int) async throws -> [Notice] {
        let due = notices.filter { $0.dueAt <= moment && !busy.contains($0.subscription) }
        var seen: Set<SubscriptionARN> = []
        return Array(due.sorted { $0.dueAt < $1.dueAt }.filter { seen.insert($0.subscription).inserted }.prefix(limit))
    }

    func postpone(_ id: Int64, attempts: Int, to moment: Timestamp) async throws {
        await write()
        state.withLock { state in
            state.notices = state.notices.map { notice in
                guard notice.id == id else { return notice }
                return Notice(
                    id: id, subscription: notice.subscription, attempts: attempts, dueAt: moment,
                    publication: notice.publication)
            }
        }
    }

    func settle(_ id: Int64) async throws {
        await write()
        state.withLock { $0.notices.removeAll { $0.id == id } }
    }

    func waiting() async throws -> Int { notices.count }
}

/// A far side that answers as it is told, and keeps what it got.
final class FarSide: WebhookPosting {
    struct Post: Sendable {
        let address: String
        let headers: [String: String]
        let body: [UInt8]
        let at: Timestamp
    }
    private let state = Mutex<(status: Int, failure: WebhookFailure?, posts: [Post])>((200, nil, []))
    private let now: Now

    init(now: @escaping Now) { self.now = now }

    var posts: [Post] { state.withLock { $0.posts } }
    func answers(_ status: Int) { state.withLock { $0.status = status } }
    func fails(_ failure: WebhookFailure?) { state.withLock { $0.failure = failure } }

    func post(
        _ body: [UInt8], headers: [(name: String, value: String)], to address: WebhookAddress
    ) async throws(WebhookFailure) -> Int {
        let post = Post(
            address: "\(address)", headers: Dictionary(headers.map { ($0.name, $0.value) }) { $1 }, body: body,
            at: now())
        let (status, failure) = state.withLock { state in
            state.posts.append(post)
            return (state.status, state.failure)
        }
        if let failure { throw failure }
        return status
    }
}

/// Topics, their notices and whoever delivers them, on a clock that moves when it is told to.
final class House: Sendable {
    static let account = AccountID("111122223333")!

    let clock = Mutex(Timestamp(seconds: 1_796_000_000))
    let store = MemoryTopicStore()
    let notices = MemoryNoticeStore()
    let mails = Mutex<[NoticeMail]>([])
    let dropped = Mutex<[String]>([])
    private let counter = Mutex<UInt64>(0)

    var now: Timestamp { clock.withLock { $0 } }
    func pass(_ seconds: Double) { clock.withLock { $0 = $0 + seconds } }

    var caller: Caller {
        Caller(
            principal: Principal(account: Self.account, kind: .root), accessKeyID: nil, door: .api,
            sourceAddress: "192.0.2.1", tls: nil, agent: "")
    }

    var book: TopicBook {
        TopicBook(
            store, region: "us-east-1", now: { self.now },
            random: {
                self.counter.withLock { value in
                    value &+= 0x9E37_79B9_7F4A_7C15
                    return (value ^ (value >> 31)) &* 0xBF58_476D_1CE4_E5B9
                }
            })
    }

    let sealer = SecretSealer(key: SymmetricKey(size: .bits256))

    func keys() -> NotificationKeys {
        NotificationKeys(store, sealer: sealer, management: Self.account, host: "ses.example.com", now: { self.now })
    }

    var publisher: Publisher {
        Publisher(book: book, store: notices, record: { self.keep($0) }, wake: {})
    }

    func delivery(to farSide: FarSide) -> NoticeDelivery {
        NoticeDelivery(
            .init(
                book: book, store: notices,
                writer: NoticeWriter(keys: keys(), publicURL: "https://ses.example.com/"), poster: farSide,
                mail: { mail in self.mails.withLock { $0.append(mail) } }, record: { self.keep($0) }, report: { _ in }),
            now: { self.now })
    }

    private func keep(_ fact: Fact) {
        if case .warned(let event) = fact.event { dropped.withLock { $0.append(event.reason) } }
    }

    func topic(_ name: String = "alarms", _ attributes: [String: String] = [:]) async throws -> TopicARN {
        try await book.create(
            book.arn(name, in: Self.account), attributes: attributes, tags: [:], by: caller
        ).arn
    }

    /// Subscribes and confirms.
    func subscribe(
        _ endpoint: String, _ way: Subscription.Way = .https, to topic: TopicARN, _ attributes: [String: String] = [:]
    ) async throws -> SubscriptionARN {
        let made = try await book.subscribe(endpoint, way, to: topic, attributes: attributes, by: caller)
        return try await book.confirm(made.token ?? "", of: topic, by: nil, from: "192.0.2.9", bySignature: false).arn
    }
}
