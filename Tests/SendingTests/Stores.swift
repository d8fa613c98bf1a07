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

    func due(at moment: Timestamp, limit: Int, excluding: Set<Int64>) async throws -> [PendingDelivery] { [] }
    func nextDue(excluding: Set<Int64>) async throws -> Timestamp? { nil }
    func message(_ id: MessageID) async throws -> SpooledMessage? { messages.first { $0.id == id } }
    func settle(_ settlement: Settlement) async throws {}
    func waiting() async throws -> [String: Int] { [:] }
}

/// Identities in memory.
actor MemoryIdentities: IdentityStore {
    private var identities: [String: Identity] = [:]

    func create(_ identity: Identity, recording fact: Fact) async throws {
        guard identities[identity.name.description] == nil else { throw IdentityFailure.alreadyExists(identity.name) }
        identities[identity.name.description] = identity
    }

    func identity(_ name: IdentityName, in account: AccountID) async throws -> Identity? {
        identities[name.description].flatMap { $0.account == account ? $0 : nil }
    }

    func identities(in account: AccountID, after: String?, limit: Int) async throws -> [Identity] {
        Array(identities.values.filter { $0.name.description > after ?? "" }.prefix(limit))
    }

    func unverified(limit: Int) async throws -> [Identity] { identities.values.filter { !$0.isVerified } }

    func identity(verificationToken: String) async throws -> Identity? {
        identities.values.first { $0.verificationToken == verificationToken }
    }

    func update(_ identity: Identity, recording fact: Fact?) async throws {
        identities[identity.name.description] = identity
    }

    func record(_ fact: Fact) async throws {}

    func delete(_ name: IdentityName, in account: AccountID, recording fact: Fact) async throws -> Bool {
        identities.removeValue(forKey: name.description) != nil
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
