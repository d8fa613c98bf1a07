// SPDX-License-Identifier: Apache-2.0

import Access
import Foundation
import Journal
import Logging
import Mail
import SQLite
import Sending
import ServiceLifecycle
import Settings
import Shipping
import Trail

/// The trail, furnished: who makes records of facts, where they are kept, and who writes them into files.
struct TrailParts: Sendable {
    let book: TrailBook
    let archive: TrailArchive
    let keeper: TrailKeeper
    let store: SQLiteTrail
    let standing: TrailStanding
    let volumes: TrailVolumes
    /// Where the files lie.
    let root: String
    /// How recipients appear in records and in copies.
    let sight: RecipientSight
    private let retention: ServerConfiguration.Trail
    private let now: Now

    init(_ server: Server, _ stores: Stores, access: AccessControl) async throws {
        let configuration = server.configuration
        root = "\(configuration.dataDirectory)/trail"
        (now, store, retention) = (server.now, stores.trail, configuration.trail)
        book = TrailBook(
            stores.records, region: configuration.region, management: configuration.accountID,
            accounts: { access.accountsInOrder }, now: now)
        try await book.makeLocal()
        let keys = SealedTrailKeys(
            stores.records, sealer: access.sealer, management: configuration.accountID, now: now)
        archive = TrailArchive(
            root: root, store: stores.trail, keyring: TrailKeyring(keys), now: now,
            logInterval: Double(configuration.trail.logInterval),
            digestInterval: Int64(configuration.trail.digestInterval))
        sight = try await Self.sight(server, stores, access.sealer)
        standing = TrailStanding(streams: [stores.records, stores.spool], store: stores.trail)
        volumes = try await TrailVolumes(stores.trail)
        keeper = TrailKeeper(
            streams: [stores.records, stores.spool], store: stores.trail,
            maker: TrailMaker(region: configuration.region, sight: sight))
        let local = try await book.trail(TrailBook.localName, in: configuration.accountID)
        if let since = local?.since { try await keeper.begin(since: since, for: configuration.accountID) }
    }

    /// Forgets records that are older than they are kept, as far as every file and every sink has them, and the local
    /// chain's files with them. The chain begins with its oldest file then, and says so.
    /// - Parameter shipped: the least that a sink has of the trail; nil where there are no sinks.
    /// - Returns: how many records went.
    func prune(shipped: Int64?) async throws -> Int {
        var last = shipped ?? .max
        for copy in try await book.copies() {
            let anchor = try await archive.anchor(of: copy.layout)
            // A trail that was stopped has all that it will ever have.
            if anchor?.closedAt == nil { last = min(last, anchor?.position ?? 0) }
        }
        func horizon(_ days: Int) -> Timestamp { now() + -Double(days) * 86_400 }
        var removed = 0
        for (category, days) in [
            (TrailRecord.Category.management, retention.managementDays), (.data, retention.dataDays),
        ] {
            let count = try await store.prune(category, before: horizon(days), upTo: last)
            volumes.remove(count, of: category)
            removed += count
        }
        for copy in try await book.copies() where copy.holdsAllAccounts {
            await archive.prune(copy.layout, before: horizon(max(retention.managementDays, retention.dataDays)))
        }
        return removed
    }

    /// How far a chain's digests go.
    struct Chain: Sendable {
        let layout: TrailLayout
        /// Seconds since the last moment that a digest covers.
        let age: Double
        let isDigestMissing: Bool
        /// Log files that no digest names yet.
        let undigested: Int
    }

    var digestInterval: Int { retention.digestInterval }

    /// Every chain that goes on, the one with the oldest digest first.
    func chains() async throws -> [Chain] {
        let moment = now()
        var chains: [Chain] = []
        for copy in try await book.copies() {
            guard let anchor = try await archive.anchor(of: copy.layout), let age = anchor.digestAge(at: moment) else {
                continue
            }
            chains.append(
                Chain(
                    layout: copy.layout, age: age,
                    isDigestMissing: anchor.isDigestMissing(at: moment, interval: Double(retention.digestInterval)),
                    undigested: anchor.waiting.count))
        }
        return chains.sorted { $0.age > $1.age }
    }

    private static func sight(
        _ server: Server, _ stores: Stores, _ sealer: SecretSealer
    ) async throws -> RecipientSight {
        switch server.configuration.trail.recipients {
        case .hidden: return .hidden
        case .clear: return .clear
        case .hash:
            let key = RecipientKey(
                records: stores.records, sealer: sealer, account: server.configuration.accountID, now: server.now,
                random: server.random)
            return .hashed(try await key.load())
        }
    }
}

/// The key that recipients are hashed under in records: made once, and never changed, so that searches join.
struct RecipientKey: Sendable {
    private static let purpose = "recipient hash"
    private static let kind = "recipient-hash-key"
    private static let name = "key"

    let records: any RecordStore
    let sealer: SecretSealer
    let account: AccountID
    let now: Now
    let random: RandomBits

    func load() async throws -> SecretBytes {
        if let stored = try await records.record(Self.kind, Self.name, in: account) {
            return try sealer.open(String(decoding: stored, as: UTF8.self), for: Self.purpose)
        }
        let key = SecretBytes((0..<4).flatMap { _ in withUnsafeBytes(of: random()) { Array($0) } })
        let event = Fact.Administered(
            operation: "postern:CreateRecipientHashKey", principal: "postern", resource: "recipient-hash-key",
            sourceAddress: "")
        let isStored = try await records.put(
            Self.kind, Self.name, in: account, content: Array(try sealer.seal(key, for: Self.purpose).utf8),
            replacing: false, recording: Fact(at: now(), account: account, message: nil, event: .administered(event)))
        return isStored ? key : try await load()
    }
}

/// Makes records of what happened, a fifth of a second after it did, and writes them into files when these are due. What
/// happened until the doors closed is on record before the server ends.
struct TrailService: Service {
    let parts: TrailParts
    let shippers: Shippers
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            async let files: Void = parts.archive.run(parts.book) {
                logger.error("the trail's files were not written", metadata: ["error": "\($0)"])
            }
            async let pruning: Void = prune()
            while true {
                await read()
                try await Task.sleep(for: .milliseconds(200))
            }
            _ = try await (files, pruning)
        }
        await read()
    }

    // Once an hour.
    private func prune() async throws {
        while true {
            try await Task.sleep(for: .seconds(3_600))
            do {
                let removed = try await parts.prune(
                    shipped: shippers.states.filter { $0.source == "trail" }.map(\.position).min())
                if removed > 0 {
                    logger.notice("records of the trail were kept long enough", metadata: ["removed": "\(removed)"])
                }
            } catch {
                logger.error("the trail was not pruned", metadata: ["error": "\(error)"])
            }
        }
    }

    private func unreadable(_ stream: String, _ sequence: Int64, _ reason: String) {
        logger.critical(
            "A FACT CANNOT BE READ: what happened there is lost, and recorded as lost",
            metadata: ["stream": "\(stream)", "sequence": "\(sequence)", "reason": "\(reason)"])
    }

    private func read() async {
        do {
            while try await parts.keeper.read(report: unreadable) { try Task.checkCancellation() }
        } catch is CancellationError {
        } catch {
            logger.error("the trail was not kept up to date", metadata: ["error": "\(error)"])
        }
    }
}
