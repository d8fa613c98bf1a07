// SPDX-License-Identifier: Apache-2.0

package import Access
import FoundationEssentials
package import Journal
package import Mail
import Synchronization

/// What an account decided for all its sending.
package struct AccountAttributes: Hashable, Sendable, Codable {
    /// Whether sends are taken at all.
    package var sendingEnabled = true
    /// What puts addresses onto the suppression list, and which of its entries count. SES: both.
    package var suppressedReasons = SuppressionReason.allCases
    /// Whether addresses that are new begin cold.
    package var autoWarmup = false

    package init() {}
}

/// The accounts' attributes as the gate asks for them: with every message.
///
/// Answers are kept for a second, so that a change at another node is felt within one; a change made here is felt at once.
package final class AccountSettings: Sendable {
    package static let lifetime = 1.0
    package static let capacity = 10_000
    private static let kind = "account"
    private static let name = "attributes"

    private struct Entry {
        let attributes: AccountAttributes
        let readAt: Timestamp
    }

    private struct Pages {
        var entries: [AccountID: Entry] = [:]
        var generation: UInt64 = 0
    }

    private let store: any RecordStore
    private let region: String
    private let now: Now
    private let pages = Mutex(Pages())

    package init(store: any RecordStore, region: String, now: @escaping Now) {
        self.store = store
        self.region = region
        self.now = now
    }

    package func attributes(of account: AccountID) async throws -> AccountAttributes {
        let moment = now()
        let (entry, generation) = pages.withLock { ($0.entries[account], $0.generation) }
        if let entry, (0..<Self.lifetime).contains(moment - entry.readAt) { return entry.attributes }
        let content = try await store.record(Self.kind, Self.name, in: account)
        let attributes = try content.map(Self.decode) ?? AccountAttributes()
        pages.withLock {
            guard $0.generation == generation else { return }
            if $0.entries.count >= Self.capacity { $0.entries.removeAll() }
            $0.entries[account] = Entry(attributes: attributes, readAt: moment)
        }
        return attributes
    }

    /// Changes the attributes of the caller's account as they stand at that moment.
    package func change(
        operation: String, by caller: Caller, _ body: @escaping @Sendable (inout AccountAttributes) -> Void
    ) async throws {
        let fact = fact(operation, caller)
        defer { forget(caller.account) }
        if try await changeExisting(caller.account, fact, body) { return }
        var attributes = AccountAttributes()
        body(&attributes)
        let isFirst = try await store.put(
            Self.kind, Self.name, in: caller.account, content: Array(try JSONEncoder().encode(attributes)),
            replacing: false, recording: fact)
        // Somebody else was quicker with the first change.
        if !isFirst { _ = try await changeExisting(caller.account, fact, body) }
    }

    private func changeExisting(
        _ account: AccountID, _ fact: Fact, _ body: @escaping @Sendable (inout AccountAttributes) -> Void
    ) async throws -> Bool {
        try await store.change(Self.kind, Self.name, in: account, recording: fact) { content in
            var attributes = try Self.decode(content)
            body(&attributes)
            return Array(try JSONEncoder().encode(attributes))
        } != nil
    }

    private func forget(_ account: AccountID) {
        pages.withLock {
            $0.generation += 1
            $0.entries[account] = nil
        }
    }

    private func fact(_ operation: String, _ caller: Caller) -> Fact {
        Fact(operation, on: "arn:aws:ses:\(region):\(caller.account):account", by: caller, at: now())
    }

    private static func decode(_ content: [UInt8]) throws -> AccountAttributes {
        try JSONDecoder().decode(AccountAttributes.self, from: Data(content))
    }
}
