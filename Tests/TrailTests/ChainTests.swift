// SPDX-License-Identifier: Apache-2.0

import Compression
import Foundation
import Mail
import Synchronization
import Testing

@testable import Trail

/// A server's archive on a clock that stands still until it is moved.
private final class Archived: Sendable {
    static let layout = TrailLayout(
        account: AccountID("111122223333")!, region: "eu-central-1", trail: "audit", bucket: "trail-files")

    let root = FileManager.default.temporaryDirectory.appending(path: "chain-\(UUID())").path
    let store = MemoryTrail()
    let keys = MemoryKeys()
    let clock = Mutex(Timestamp(seconds: 1_796_000_400))
    let copy = TrailCopy(layout: layout, holdsAllAccounts: true, since: Timestamp(seconds: 1_796_000_400))

    deinit { try? FileManager.default.removeItem(atPath: root) }

    var now: Timestamp { clock.withLock { $0 } }
    var objects: TrailObjects { TrailObjects(root: root, account: Self.layout.account, bucket: Self.layout.bucket) }
    var digests: [String] { objects.keys(under: Self.layout.digestPrefix) }
    var logs: [String] { objects.keys(under: Self.layout.logPrefix) }

    func archive() -> TrailArchive {
        TrailArchive(root: root, store: store, keyring: TrailKeyring(keys), now: { self.now })
    }

    /// Lets minutes pass, with a record in each tenth of them, and work at every fifth.
    func pass(_ minutes: Int, _ archive: TrailArchive) async throws {
        for minute in 1...minutes {
            clock.withLock { $0 = $0 + 60 }
            if minute.isMultiple(of: 10) { store.add(at: now) }
            if minute.isMultiple(of: 5) { try await archive.work([copy]) }
        }
    }

    func verdict(anchored: Bool = true) async throws -> TrailVerdict {
        let archive = archive()
        let anchor = try await archive.anchor(of: Self.layout)
        let keys = try await archive.keyring.publicKeys()
        var verdict = TrailVerifier(Self.layout, in: objects, keys: keys, anchor: anchored ? anchor : nil).verify()
        guard anchored, let anchor else { return verdict }
        try await TrailTail(copy, anchor: anchor, store: store, objects: objects, now: now).verify(&verdict)
        return verdict
    }

    func path(_ key: String) -> String { "\(objects.directory)/\(key)" }

    func swap(_ one: String, _ other: String) throws {
        for end in ["", ".signature"] where FileManager.default.fileExists(atPath: path(one) + end) {
            let (first, second) = (try content(one + end), try content(other + end))
            try second.write(to: URL(filePath: path(one) + end))
            try first.write(to: URL(filePath: path(other) + end))
        }
    }

    func content(_ key: String) throws -> Data { try Data(contentsOf: URL(filePath: path(key))) }
}

private final class MemoryTrail: TrailStore {
    let kept = Mutex<[StoredTrailRecord]>([])

    func add(at moment: Timestamp) {
        kept.withLock { kept in
            let number = kept.count + 1
            kept.append(.init(sequence: Int64(number), record: Self.record("\(number)", at: moment)))
        }
    }

    static func record(_ id: String, at moment: Timestamp) -> TrailRecord {
        TrailRecord(
            id: id, at: moment, account: Archived.layout.account, category: .management, source: "iam.amazonaws.com",
            name: "ListUsers", isReadOnly: true, userName: nil, accessKeyID: nil, resources: [],
            json: "{\"eventID\":\"\(id)\"}")
    }

    func append(_ records: [TrailRecord], from stream: String, upTo position: Int64) async throws {}
    func position(in stream: String) async throws -> Int64 { 0 }
    func records(after sequence: Int64, limit: Int) async throws -> [StoredTrailRecord] {
        kept.withLock { Array($0.filter { $0.sequence > sequence }.prefix(limit)) }
    }
    func lookup(_ query: TrailQuery) async throws -> [StoredTrailRecord] { [] }
}

private final class MemoryKeys: TrailKeyStore {
    let kept = Mutex<[TrailKey]>([])

    func keys() async throws -> [TrailKey] { kept.withLock { $0 } }
    func replace(_ keys: [TrailKey]) async throws { kept.withLock { $0 = keys } }
}

@Suite struct ChainTests {
    @Test func everyHourHasADigestAndAllIsWhole() async throws {
        let archived = Archived()
        try await archived.pass(200, archived.archive())
        let verdict = try await archived.verdict()
        #expect(verdict.broken == [])
        #expect(verdict.digests == 3 && archived.digests.count == 3)
        #expect(verdict.logs == archived.logs.count)
        let all = archived.logs.compactMap { archived.objects.contents($0) }.map { String(decoding: $0, as: UTF8.self) }
        for stored in archived.store.kept.withLock({ $0 }) {
            #expect(all.count { $0.contains(stored.record.json) } == 1)
        }
    }

    @Test(arguments: ["edited", "deleted", "swapped", "rolled back", "unsigned", "added"], [true, false])
    func whatHappensToOneFileIsNamed(_ what: String, isDigest: Bool) async throws {
        let archived = Archived()
        try await archived.pass(400, archived.archive())
        let files = isDigest ? archived.digests : archived.logs
        let (victim, other) = (files[2], files[3])
        let path = archived.path(victim)
        switch what {
        case "edited":
            try Data(Gzip.compress(Array("{\"Records\":[]}".utf8), .usual)).write(to: URL(filePath: path))
        case "deleted": try FileManager.default.removeItem(atPath: path)
        case "swapped": try archived.swap(victim, other)
        case "rolled back":
            // What the file before held.
            try archived.content(files[1]).write(to: URL(filePath: path))
        case "unsigned":
            guard isDigest else { return }
            try FileManager.default.removeItem(atPath: path + ".signature")
        default:
            guard !isDigest else { return }
            let key = Archived.layout.logKey(at: archived.now, from: 900, to: 901)
            try archived.objects.write([1, 2, 3], to: key)
            let verdict = try await archived.verdict()
            #expect(verdict.broken.map(\.subject) == [key])
            return
        }
        #expect(try await archived.verdict().broken.contains { $0.subject == victim })
        #expect(try await archived.verdict(anchored: false).broken.contains { $0.subject == victim })
    }

    @Test func aCutTailIsSeenByTheAnchorAndWithoutItByTheLocalTrail() async throws {
        let archived = Archived()
        try await archived.pass(130, archived.archive())
        let earlier = try Data(contentsOf: URL(filePath: "\(archived.root)/chains/111122223333_audit.json"))
        let before = Set(archived.logs + archived.digests)
        try await archived.pass(180, archived.archive())
        for key in archived.logs + archived.digests where !before.contains(key) { archived.objects.remove(key) }
        #expect(try await archived.verdict(anchored: false).isWhole)
        #expect(try await !archived.verdict().isWhole)
        try earlier.write(to: URL(filePath: "\(archived.root)/chains/111122223333_audit.json"))
        let verdict = try await archived.verdict()
        #expect(verdict.broken.map(\.subject) == ["audit", "audit"])
    }

    @Test func anotherKeyIsNone() async throws {
        let archived = Archived()
        try await archived.pass(70, archived.archive())
        archived.keys.kept.withLock { $0 = [] }
        #expect(try await archived.verdict().broken.contains { $0.what.contains("none of this server's") })
    }

    @Test func afterRotationOldDigestsAreStillProved() async throws {
        let archived = Archived()
        let archive = archived.archive()
        try await archived.pass(130, archive)
        _ = try await archive.keyring.rotate(at: archived.now)
        try await archived.pass(120, archive)
        #expect(try await archived.verdict().broken == [])
        #expect(try await archive.keyring.publicKeys().count == 2)
    }

    @Test func aCrashBehindAnyFileLeavesNoGapAndNoSecondDigest() async throws {
        let archived = Archived()
        let anchor = "\(archived.root)/chains/111122223333_audit.json"
        for round in 0..<30 {
            // The anchor of the round before: as if the crash had come before it was written.
            let before = FileManager.default.contents(atPath: anchor)
            try await archived.pass(10, archived.archive())
            if round.isMultiple(of: 3) { try before?.write(to: URL(filePath: anchor)) }
            if round == 20 { try FileManager.default.removeItem(atPath: anchor) }
        }
        try await archived.pass(10, archived.archive())
        #expect(try await archived.verdict().broken == [])
        let all = archived.logs.compactMap { archived.objects.contents($0) }.map { String(decoding: $0, as: UTF8.self) }
        for stored in archived.store.kept.withLock({ $0 }) {
            #expect(all.count { $0.contains("\(stored.record.json)") } == 1)
        }
    }

    @Test func prunedFilesAreNoBrokenLink() async throws {
        let archived = Archived()
        let archive = archived.archive()
        try await archived.pass(400, archive)
        await archive.prune(Archived.layout, before: archived.now + -4 * 3_600)
        try await archive.work([archived.copy])
        #expect(archived.digests.count < 6)
        #expect(try await archived.verdict().broken == [])
    }
}
