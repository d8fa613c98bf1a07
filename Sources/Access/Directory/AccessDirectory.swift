// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Journal
package import Mail
import Synchronization

/// Users, roles, keys and policies of all accounts: read from memory, changed one after the other, durable before an
/// answer is given.
package final class AccessDirectory: Sendable {
    package let managementAccount: AccountID
    private let store: any AccessStore
    private let current: Mutex<AccessState>
    private let writer = Turnstile()
    package let now: Now
    package let random: RandomBits

    /// Reads the store.
    package init(
        store: any AccessStore, managementAccount: AccountID, now: @escaping Now, random: @escaping RandomBits
    ) async throws {
        self.store = store
        self.managementAccount = managementAccount
        self.now = now
        self.random = random
        var state = AccessState()
        for row in try await store.load() { try Self.insert(row, into: &state) }
        current = Mutex(state)
    }

    /// The directory as it stands; a value that does not change under its reader.
    package var state: AccessState { current.withLock { $0 } }

    /// Changes the directory: all of it or nothing, with a fact of who did it.
    /// - Parameter body: throws `AccessFailure` for what the caller should know.
    package func change<Result: Sendable>(
        _ fact: Fact?, _ body: @Sendable (inout AccessState) throws -> Result
    ) async throws -> Result {
        await writer.enter()
        defer { writer.leave() }
        var draft = state
        draft.forgetChanges()
        let result = try body(&draft)
        if !draft.changes.isEmpty || fact != nil {
            try await store.save(try draft.changes.map(Self.row), recording: fact.map { [$0] } ?? [])
        }
        draft.forgetChanges()
        let settled = draft
        current.withLock { $0 = settled }
        return result
    }

    /// Keeps a fact that comes with no change.
    package func record(_ fact: Fact) async throws {
        try await store.save([], recording: [fact])
    }

    private static func row(_ change: AccessChange) throws -> AccessRowChange {
        switch change {
        case .put(let entity):
            return .put(
                AccessRow(
                    kind: type(of: entity).kind, account: entity.account, key: entity.key,
                    content: Array(try JSONEncoder().encode(entity))))
        case .remove(let kind, let account, let key): return .remove(kind: kind, account: account, key: key)
        }
    }

    private static let kinds: [any AccessEntity.Type] = [
        User.self, Group.self, Role.self, UserKey.self, MFADevice.self, IdentityProvider.self, AccountAlias.self,
        ManagedPolicy.self, MemberAccount.self, ServiceControlPolicy.self, Organization.self, DataKey.self,
        FailedAccountRequest.self,
    ]

    private static func insert(_ row: AccessRow, into state: inout AccessState) throws {
        guard let type = kinds.first(where: { $0.kind == row.kind }) else {
            throw UnreadableRecord(
                description: "a record of the unknown kind '\(row.kind)': was it written by a newer version?")
        }
        state.insert(try JSONDecoder().decode(type, from: Data(row.content)))
    }
}

/// A record that this version cannot read.
package struct UnreadableRecord: Error, CustomStringConvertible {
    package let description: String
}

/// Lets one task through at a time, in the order of their coming.
final class Turnstile: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.isTaken {
                    state.waiting.append(continuation)
                    return false
                }
                state.isTaken = true
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
