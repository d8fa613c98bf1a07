// SPDX-License-Identifier: Apache-2.0

import Access
import Journal
import Mail
import Queue
import Sending
import Synchronization

/// Keeps what the gate stores, in memory; fails when it is told to.
actor MemorySpool: Spool {
    private(set) var messages: [SpooledMessage] = []
    private(set) var deliveries: [PendingDelivery] = []
    private(set) var facts: [Fact] = []
    private var failure: SpoolFailure?

    func fail(_ failure: SpoolFailure?) { self.failure = failure }

    func accept(_ message: SpooledMessage, _ deliveries: [PendingDelivery], _ facts: [Fact]) async throws
        -> [PendingDelivery]
    {
        if let failure { throw failure }
        messages.append(message)
        self.deliveries += deliveries
        self.facts += facts
        return []
    }

    func record(_ facts: [Fact]) async throws {
        if let failure { throw failure }
        self.facts += facts
    }

    func lanes(dueBefore moment: Timestamp, after place: Int64, limit: Int) async throws -> LanePage {
        LanePage(lanes: [], next: nil)
    }
    func due(_ reads: [LaneRead], at moment: Timestamp) async throws -> [LaneRows] {
        reads.map { LaneRows(read: $0, due: [], nextDue: nil) }
    }
    func expired(at moment: Timestamp, limit: Int) async throws -> [PendingDelivery] { [] }
    func keep(_ lessons: [KeptLesson]) async throws {}
    func recall(at moment: Timestamp) async throws -> (lessons: [KeptLesson], departures: [Departure]) { ([], []) }
    func orphans(after message: MessageID?, limit: Int) async throws -> (found: [MessageID], next: MessageID?) {
        ([], nil)
    }
    func message(_ id: MessageID) async throws -> SpooledMessage? { messages.first { $0.id == id } }
    func settle(_ settlement: Settlement, departure: Departure?) async throws {}
}

/// Identities in memory.
actor MemoryIdentities: IdentityStore {
    private struct Key: Hashable, Comparable {
        let account: String
        let name: String

        init(_ account: AccountID, _ name: IdentityName) {
            self.account = account.description
            self.name = name.description
        }

        static func < (left: Key, right: Key) -> Bool { (left.account, left.name) < (right.account, right.name) }
    }

    private var identities: [Key: Identity] = [:]
    private(set) var facts: [Fact] = []

    /// As they lie in the store.
    var all: [Identity] { identities.sorted { $0.key < $1.key }.map(\.value) }

    func create(_ identity: Identity, recording fact: Fact) async throws {
        let key = Key(identity.account, identity.name)
        guard identities[key] == nil else { throw IdentityFailure.alreadyExists(identity.name) }
        identities[key] = identity
        facts.append(fact)
    }

    func identity(_ name: IdentityName, in account: AccountID) async throws -> Identity? {
        identities[Key(account, name)]
    }

    func identities(in account: AccountID, after: String?, limit: Int) async throws -> [Identity] {
        Array(all.filter { $0.account == account && $0.name.description > after ?? "" }.prefix(limit))
    }

    func everyIdentity(after: Identity?, limit: Int) async throws -> [Identity] {
        let rest = all.drop { identity in
            after.map { Key(identity.account, identity.name) <= Key($0.account, $0.name) } ?? false
        }
        return Array(rest.prefix(limit))
    }

    func unverified(limit: Int) async throws -> [Identity] { all.filter { !$0.isVerified } }

    func identitiesWithMailFrom(checkedBefore moment: Timestamp, limit: Int) async throws -> [Identity] {
        all.filter { identity in
            guard let mailFrom = identity.mailFrom else { return false }
            return [.pending, .temporaryFailure].contains(mailFrom.status)
                || mailFrom.lastCheckedAt.map { $0 < moment } ?? false
        }
    }

    func identity(verificationToken: String) async throws -> Identity? {
        all.first { $0.verificationToken == verificationToken }
    }

    @discardableResult
    func change(
        _ name: IdentityName, in account: AccountID, recording fact: Fact?, _ body: @escaping Change
    ) async throws -> Identity {
        guard var identity = identities[Key(account, name)] else { throw IdentityFailure.notFound(name) }
        try body(&identity)
        identities[Key(account, name)] = identity
        facts += [fact].compactMap(\.self)
        return identity
    }

    func record(_ fact: Fact) async throws { facts.append(fact) }

    func delete(_ name: IdentityName, in account: AccountID, recording fact: Fact) async throws -> Bool {
        facts.append(fact)
        return identities.removeValue(forKey: Key(account, name)) != nil
    }
}

/// A directory that lasts as long as the test.
private final class EmptyAccessStore: AccessStore {
    func load() async throws -> [AccessRow] { [] }
    func save(_ changes: [AccessRowChange], recording facts: [Fact]) async throws {}
}

/// Access control that knows the root user and nobody else.
func testAccess(_ account: AccountID, guardrails: Guardrails = Guardrails()) async throws -> AccessControl {
    let directory = try await AccessDirectory(
        store: EmptyAccessStore(), managementAccount: account, now: { Timestamp(seconds: 1_700_000_000) },
        random: { 7 })
    let sealer = try await directory.sealer(master: SecretBytes(Array(repeating: 7, count: 32)), previous: nil)
    return AccessControl(
        region: "us-east-1", root: AccessKey(id: "AKIA", secret: SecretBytes([1])), directory: directory,
        sealer: sealer, guardrails: guardrails)
}

/// Records that last as long as the test.
final class MemoryRecords: RecordStore {
    private let contents = Mutex<[String: [UInt8]]>([:])

    func record(_ kind: String, _ name: String, in account: AccountID) async throws -> [UInt8]? {
        contents.withLock { $0["\(kind) \(account) \(name)"] }
    }

    func records(_ kind: String, in account: AccountID, after: String, limit: Int) async throws -> [[UInt8]] {
        contents.withLock { contents in
            contents.filter { $0.key.hasPrefix("\(kind) \(account) ") && $0.key > "\(kind) \(account) \(after)" }
                .sorted { $0.key < $1.key }.prefix(limit).map(\.value)
        }
    }

    func count(_ kind: String, in account: AccountID) async throws -> Int {
        contents.withLock { contents in contents.keys.count { $0.hasPrefix("\(kind) \(account) ") } }
    }

    func change(
        _ kind: String, _ name: String, in account: AccountID, recording fact: Fact?,
        _ body: @escaping @Sendable ([UInt8]) throws -> [UInt8]
    ) async throws -> [UInt8]? {
        try contents.withLock { contents in
            let key = "\(kind) \(account) \(name)"
            guard let before = contents[key] else { return nil }
            let after = try body(before)
            contents[key] = after
            return after
        }
    }

    func put(
        _ kind: String, _ name: String, in account: AccountID, content: [UInt8], replacing: Bool, recording fact: Fact
    ) async throws -> Bool {
        contents.withLock { contents in
            let key = "\(kind) \(account) \(name)"
            guard (contents[key] != nil) == replacing else { return false }
            contents[key] = content
            return true
        }
    }

    func remove(_ kind: String, _ name: String, in account: AccountID, recording fact: Fact) async throws -> Bool {
        contents.withLock { $0.removeValue(forKey: "\(kind) \(account) \(name)") != nil }
    }
}

/// Suppression lists that last as long as the test; counts how often it was asked by the gate.
actor MemorySuppression: SuppressionStore {
    private struct Key: Hashable {
        let account: AccountID
        let address: Mailbox
    }

    private var entries: [Key: SuppressedDestination] = [:]
    private(set) var facts: [Fact] = []
    private(set) var questions = 0

    var all: [SuppressedDestination] {
        entries.values.sorted { ($0.updatedAt, $0.address.description) < ($1.updatedAt, $1.address.description) }
    }

    func isEmpty(_ account: AccountID) async throws -> Bool { !entries.keys.contains { $0.account == account } }

    func suppressed(_ addresses: [Mailbox], in account: AccountID) async throws -> [SuppressedDestination] {
        questions += 1
        return addresses.compactMap { entries[Key(account: account, address: $0)] }
    }

    func suppressed(_ selection: SuppressionSelection, limit: Int) async throws -> [SuppressedDestination] {
        let found = all.filter { entry in
            entry.account == selection.account && selection.reason.map { $0 == entry.reason } ?? true
        }
        return Array(found.prefix(limit))
    }

    func suppress(_ destination: SuppressedDestination, recording fact: Fact) async throws {
        let key = Key(account: destination.account, address: destination.address)
        guard entries[key] != destination else { return }
        entries[key] = destination
        facts.append(fact)
    }

    func release(_ address: Mailbox, in account: AccountID, recording fact: Fact) async throws -> Bool {
        entries.removeValue(forKey: Key(account: account, address: address)) != nil
    }
}
