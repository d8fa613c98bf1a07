// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Foundation
import Journal
import Mail
import Synchronization
import Testing
import Trail

@testable import CloudTrail

/// The room over stores in memory, on a clock that stands still until it is moved.
final class Office: Sendable {
    static let account = AccountID("111122223333")!

    let clock = StandingClock()
    let trail = FakeTrail()
    let shelf = FakeShelf()
    let access: AccessControl
    let services: TrailServices
    let root = FileManager.default.temporaryDirectory.appending(path: "office-\(UUID())").path

    init() async throws {
        let now: Now = { [clock] in clock.moment.withLock { $0 } }
        let numbers = Mutex<UInt64>(0)
        let random: RandomBits = {
            numbers.withLock { number in
                number &+= 0x9E37_79B9_7F4A_7C15
                return number
            }
        }
        let directory = try await AccessDirectory(
            store: NoAccessStore(), managementAccount: Self.account, now: now, random: random)
        try await directory.foundOrganization()
        let sealer = try await directory.sealer(
            master: SecretBytes(Array("a master key for tests".utf8)), previous: nil)
        access = AccessControl(
            region: "eu-central-1", root: AccessKey(id: "AKIAROOTEXAMPLE0001", secret: SecretBytes([1, 2, 3])),
            directory: directory, sealer: sealer, guardrails: Guardrails())
        let book = TrailBook(
            shelf, region: "eu-central-1", management: Self.account, accounts: { [Self.account] }, now: now)
        let archive = TrailArchive(root: root, store: trail, keyring: TrailKeyring(FakeKeys()), now: now)
        services = TrailServices(access: access, book: book, archive: archive, store: trail)
        try await book.makeLocal()
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    var now: Timestamp { clock.moment.withLock { $0 } }
    func pass(_ seconds: Double) { clock.moment.withLock { $0 = $0 + seconds } }

    /// A request by root, or by a user of this policy.
    func request(_ operation: String, as principal: Principal? = nil) -> RequestContext {
        RequestContext(
            identity: principal ?? access.rootPrincipal, accessKeyID: "AKIAROOTEXAMPLE0001",
            connection: WireConnection(sourceAddress: "192.0.2.1", tlsVersion: nil), userAgent: "test",
            requestID: "request", call: ServiceCall(service: "cloudtrail", name: operation, host: "", input: []))
    }

    func user(_ name: String, policy: String) async throws -> Principal {
        let (account, now, random) = (Self.account, now, access.directory.random)
        let user = try await access.directory.change(nil) { state in
            _ = try state.createUser(name, in: account, at: now, random: random)
            try state.putInline(User.self, name, policy: "p", document: policy, in: account)
            return try state.require(User.self, name, in: account)
        }
        return access.principal(user)
    }

    /// What the operation answers, or the code of its error.
    func run<Called: AWSWire.Operation>(
        _ operation: Called, _ input: Called.Input, as principal: Principal? = nil
    ) async throws -> Result<Called.Output, Code> {
        do {
            return .success(try await operation.run(input, as: request(Called.name, as: principal)))
        } catch let error as ServiceError {
            return .failure(Code(code: error.code))
        }
    }

    @discardableResult
    func create(_ name: String, bucket: String, prefix: String? = nil) async throws -> Result<WireTrail, Code> {
        var input = CreateTrail.Input()
        input.name = name
        input.s3BucketName = bucket
        input.s3KeyPrefix = prefix
        return try await run(CreateTrail(services: services), input)
    }
}

final class StandingClock: Sendable {
    let moment = Mutex(Timestamp(seconds: 1_796_000_400))
}

struct Code: Error, Hashable, ExpressibleByStringLiteral {
    let code: String

    init(code: String) { self.code = code }
    init(stringLiteral code: String) { self.code = code }
}

extension Result where Failure == Code {
    /// Nil where it went well.
    var code: String? {
        if case .failure(let failure) = self { failure.code } else { nil }
    }
}

/// A local trail in memory, which answers lookups as the protocol says.
final class FakeTrail: TrailStore {
    let kept = Mutex<[TrailRecord]>([])
    let asked = Mutex<[TrailQuery]>([])

    func add(_ record: TrailRecord) { kept.withLock { $0.append(record) } }

    func append(_ records: [TrailRecord], from stream: String, upTo position: Int64) async throws {
        kept.withLock { $0 += records }
    }
    func position(in stream: String) async throws -> Int64 { 0 }
    func records(after sequence: Int64, limit: Int) async throws -> [StoredTrailRecord] {
        Array(stored.filter { $0.sequence > sequence }.prefix(limit))
    }
    func lookup(_ query: TrailQuery) async throws -> [StoredTrailRecord] {
        asked.withLock { $0.append(query) }
        let found = stored.filter { entry in
            entry.record.account == query.account && entry.record.category == .management
                && (query.from...query.to).contains(entry.record.at) && entry.sequence < query.before ?? .max
        }
        return Array(found.reversed().prefix(query.limit))
    }

    private var stored: [StoredTrailRecord] {
        kept.withLock { $0.enumerated().map { StoredTrailRecord(sequence: Int64($0 + 1), record: $1) } }
    }
}

final class FakeShelf: TrailShelf {
    private let rows = Mutex<[String: [UInt8]]>([:])
    let facts = Mutex<[Fact]>([])

    func record(_ kind: String, _ name: String, in account: AccountID) async throws -> [UInt8]? {
        rows.withLock { $0["\(kind) \(account) \(name)"] }
    }
    func records(_ kind: String, in account: AccountID, after: String, limit: Int) async throws -> [[UInt8]] {
        rows.withLock { rows in
            rows.filter { $0.key.hasPrefix("\(kind) \(account) ") }.sorted { $0.key < $1.key }.prefix(limit).map(
                \.value)
        }
    }
    func count(_ kind: String, in account: AccountID) async throws -> Int {
        try await records(kind, in: account, after: "", limit: .max).count
    }
    func change(
        _ kind: String, _ name: String, in account: AccountID, recording fact: Fact?,
        _ body: @escaping @Sendable ([UInt8]) throws -> [UInt8]
    ) async throws -> [UInt8]? {
        try rows.withLock { rows in
            guard let before = rows["\(kind) \(account) \(name)"] else { return nil }
            let after = try body(before)
            rows["\(kind) \(account) \(name)"] = after
            if let fact { facts.withLock { $0.append(fact) } }
            return after
        }
    }
    func put(
        _ kind: String, _ name: String, in account: AccountID, content: [UInt8], replacing: Bool, recording fact: Fact
    ) async throws -> Bool {
        rows.withLock { rows in
            guard (rows["\(kind) \(account) \(name)"] != nil) == replacing else { return false }
            rows["\(kind) \(account) \(name)"] = content
            facts.withLock { $0.append(fact) }
            return true
        }
    }
    func write(
        _ kind: String, _ name: String, in account: AccountID, recording fact: Fact,
        among body: @escaping @Sendable ([[UInt8]]) throws -> [UInt8]
    ) async throws {
        try rows.withLock { rows in
            rows["\(kind) \(account) \(name)"] = try body(
                rows.filter { $0.key.hasPrefix("\(kind) \(account) ") }.map(\.value))
            facts.withLock { $0.append(fact) }
        }
    }
    func remove(_ kind: String, _ name: String, in account: AccountID, recording fact: Fact) async throws -> Bool {
        rows.withLock { rows in
            guard rows.removeValue(forKey: "\(kind) \(account) \(name)") != nil else { return false }
            facts.withLock { $0.append(fact) }
            return true
        }
    }
}

private final class FakeKeys: TrailKeyStore {
    private let kept = Mutex<[TrailKey]>([])

    func keys() async throws -> [TrailKey] { kept.withLock { $0 } }
    func replace(_ keys: [TrailKey]) async throws { kept.withLock { $0 = keys } }
}

private struct NoAccessStore: AccessStore {
    func load() async throws -> [AccessRow] { [] }
    func save(_ changes: [AccessRowChange], recording facts: [Fact]) async throws {}
}
