// SPDX-License-Identifier: Apache-2.0

package import Access
import FoundationEssentials
package import Journal
package import Mail

/// The account's records of one kind.
package struct Shelf<Record: ShelfRecord>: Sendable {
    private let store: any RecordStore
    private let region: String
    private let now: Now

    package init(store: any RecordStore, region: String, now: @escaping Now) {
        self.store = store
        self.region = region
        self.now = now
    }

    package func find(_ name: String, in account: AccountID) async throws -> Record? {
        try await store.record(Record.kind, name, in: account).map { try Self.decode($0) }
    }

    package func list(in account: AccountID, after: String?, limit: Int) async throws -> [Record] {
        try await store.records(Record.kind, in: account, after: after ?? "", limit: limit).map { try Self.decode($0) }
    }

    /// The same for records that may be large: one is in memory at a time, and of each only what `body` makes of it stays.
    package func list<Entry: Sendable>(
        in account: AccountID, after: String?, limit: Int, _ body: (Record) -> Entry
    ) async throws -> [Entry] {
        var entries: [Entry] = []
        var last = after
        while entries.count < limit, let record = try await list(in: account, after: last, limit: 1).first {
            last = record.name
            entries.append(body(record))
        }
        return entries
    }

    /// - Throws: `RecordFailure`.
    package func create(_ record: Record, operation: String, by caller: Caller) async throws {
        guard try await put(record, replacing: false, operation, caller) else {
            throw RecordFailure.alreadyExists(record.name)
        }
    }

    /// - Throws: `RecordFailure`.
    package func replace(_ record: Record, operation: String, by caller: Caller) async throws {
        guard try await put(record, replacing: true, operation, caller) else {
            throw RecordFailure.notFound(record.name)
        }
    }

    /// Changes a record as it stands at that moment.
    /// - Returns: the record as it is now.
    /// - Throws: `RecordFailure`, and what `body` throws.
    @discardableResult
    package func change(
        _ name: String, operation: String, by caller: Caller, _ body: @escaping @Sendable (inout Record) throws -> Void
    ) async throws -> Record {
        let changed = try await store.change(
            Record.kind, name, in: caller.account, recording: fact(name, operation, caller)
        ) { bytes in
            var record = try Self.decode(bytes)
            try body(&record)
            try record.check()
            return Array(try JSONEncoder().encode(record))
        }
        guard let changed else { throw RecordFailure.notFound(name) }
        return try Self.decode(changed)
    }

    /// - Throws: `RecordFailure.notFound`, and what `body` throws.
    package func changeTags(
        of name: String, operation: String, by caller: Caller,
        _ body: @escaping @Sendable (inout [String: String]) throws -> Void
    ) async throws {
        try await change(name, operation: operation, by: caller) { try body(&$0.tags) }
    }

    /// - Returns: whether there was one.
    package func delete(_ name: String, operation: String, by caller: Caller) async throws -> Bool {
        try await store.remove(Record.kind, name, in: caller.account, recording: fact(name, operation, caller))
    }

    package func arn(_ name: String, in account: AccountID) -> String {
        "arn:aws:ses:\(region):\(account):\(Record.kind)/\(name)"
    }

    private func put(_ record: Record, replacing: Bool, _ operation: String, _ caller: Caller) async throws -> Bool {
        try record.check()
        return try await store.put(
            Record.kind, record.name, in: caller.account, content: Array(try JSONEncoder().encode(record)),
            replacing: replacing, recording: fact(record.name, operation, caller))
    }

    private func fact(_ name: String, _ operation: String, _ caller: Caller) -> Fact {
        Fact(operation, on: arn(name, in: caller.account), by: caller, at: now())
    }

    private static func decode(_ bytes: [UInt8]) throws -> Record {
        try JSONDecoder().decode(Record.self, from: Data(bytes))
    }
}
