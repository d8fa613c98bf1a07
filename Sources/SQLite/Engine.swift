// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import GRDB
package import Measures
import Queue
import Synchronization

/// One SQLite file: a writer that commits in groups, and readers beside it.
///
/// All changes that wait at the same moment go into one transaction with one sync. When one of them fails, the group is
/// rolled back and each is run by itself, so that nobody pays for another's fault.
///
/// GRDB sets `synchronous = NORMAL` when it enters WAL mode, after `prepareDatabase`; so FULL is set after opening, on the
/// writer, and read back.
package final class Engine: Sendable {
    package enum Synchronous: String, Sendable {
        case full = "FULL"
        /// Commits survive a crash of the process, not of the machine.
        case normal = "NORMAL"
    }

    private struct Change {
        let run: (Database) throws -> Void
        let done: ((any Error)?) -> Void
    }

    private struct Pending: @unchecked Sendable {
        // Only ever touched under the mutex, and handed to one writer at a time.
        var changes: [Change] = []
        var isWriting = false
    }

    private let pool: DatabasePool
    private let queue: DispatchQueue
    private let pending = Mutex(Pending())
    private let commits = Atomic<Int>(0)
    private let freePages = Atomic<Int>(0)
    /// Seconds that each synced transaction took.
    package let syncTimes = Histogram()
    private static let pageSize = 4096

    init(path: String, synchronous: Synchronous, migrator: DatabaseMigrator) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        pool = try DatabasePool(path: path, configuration: configuration)
        queue = DispatchQueue(label: "postern.\(path)")
        try migrator.migrate(pool)
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = \(synchronous.rawValue)")
        }
        guard try synchronousLevel() == (synchronous == .full ? 2 : 1) else {
            throw SpoolFailure.unavailable("\(path): synchronous could not be set to \(synchronous.rawValue)")
        }
    }

    /// What the writer really runs with: 2 is FULL.
    package func synchronousLevel() throws -> Int {
        try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") } ?? -1
    }

    /// Commits so far, to see that a group shares one.
    package var commitCount: Int { commits.load(ordering: .relaxed) }

    /// Octets inside the file that hold nothing: room for mail though the file system shows none of it.
    var reusable: Int { freePages.load(ordering: .relaxed) * Self.pageSize }

    func read<Value: Sendable>(_ body: @Sendable @escaping (Database) throws -> Value) async throws -> Value {
        do { return try await pool.read(body) } catch { throw Self.failure(error) }
    }

    /// Runs `body` in the next group and returns once the group is synced.
    func write<Value: Sendable>(_ body: @Sendable @escaping (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let result = Box<Value>()
            let change = Change(
                run: { result.value = try body($0) },
                done: { error in
                    if let error { return continuation.resume(throwing: error) }
                    guard let value = result.value else {
                        return continuation.resume(throwing: SpoolFailure.unavailable("a write gave no result"))
                    }
                    continuation.resume(returning: value)
                })
            enqueue(change)
        }
    }

    private func enqueue(_ change: Change) {
        // The closures are run by the writer's queue alone, one group at a time.
        nonisolated(unsafe) let change = change
        let mustStart = pending.withLock { state in
            state.changes.append(change)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { queue.async { self.drain() } }
    }

    private func drain() {
        while true {
            let group = pending.withLock { state -> Pending in
                let taken = state
                state.changes = []
                state.isWriting = !taken.changes.isEmpty
                return taken
            }
            if group.changes.isEmpty { return }
            commit(group.changes)
        }
    }

    private func commit(_ group: [Change]) {
        do {
            try transaction { db in for change in group { try change.run(db) } }
            for change in group { change.done(nil) }
        } catch  where group.count == 1 {
            group[0].done(Self.failure(error))
        } catch {
            for change in group { commit([change]) }
        }
    }

    private func transaction(_ body: (Database) throws -> Void) throws {
        let start = ContinuousClock.now
        defer { syncTimes.observe((ContinuousClock.now - start) / .seconds(1)) }
        try pool.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                try body(db)
                return .commit
            }
            let free = try Int.fetchOne(try db.cachedStatement(sql: "PRAGMA freelist_count")) ?? 0
            freePages.store(free, ordering: .relaxed)
        }
        commits.add(1, ordering: .relaxed)
    }

    private static func failure(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        return error.resultCode == .SQLITE_FULL
            ? SpoolFailure.noSpace : SpoolFailure.unavailable("\(error.extendedResultCode): \(error.message ?? "")")
    }
}

private final class Box<Value> { var value: Value? }
