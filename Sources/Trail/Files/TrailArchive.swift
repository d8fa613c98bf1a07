// SPDX-License-Identifier: Apache-2.0

import Compression
package import Mail

/// Writes the local trail into buckets as CloudTrail does: log files at most every five minutes, and a signed digest for
/// every hour, empty ones too.
///
/// A crash at any point leaves neither a gap nor a second digest: what was written and not noted in the anchor is taken
/// up (digests, which are signed) or written again (log files, which no digest names).
package actor TrailArchive {
    /// Octets of a log file's contents.
    package static let logSize = 8 << 20
    /// Seconds after the end of a trail in which its last records, that of the end itself among them, come here.
    static let lastRecords = 10.0
    private static let batch = 500

    package let root: String
    package let store: any TrailStore
    package let keyring: TrailKeyring
    private let now: Now
    private let logInterval: Double
    private let digestInterval: Int64
    private var anchors: [TrailLayout: TrailAnchor] = [:]
    private var horizons: [TrailLayout: Timestamp] = [:]

    /// - Parameters:
    ///   - root: a directory of its own; made when something is written.
    ///   - logInterval: seconds from one log file to the next.
    ///   - digestInterval: seconds of a digest, counted from midnight; 1 at least.
    package init(
        root: String, store: any TrailStore, keyring: TrailKeyring, now: @escaping Now, logInterval: Double = 300,
        digestInterval: Int64 = 3_600
    ) {
        self.logInterval = logInterval
        self.digestInterval = max(1, digestInterval)
        self.root = root
        self.store = store
        self.keyring = keyring
        self.now = now
    }

    /// Writes what is due: to be called every few seconds.
    /// - Throws: the first trail's trouble; the others have been served none the less.
    package func work(_ copies: [TrailCopy]) async throws {
        var failure: (any Error)?
        for copy in copies {
            do { try await work(copy) } catch {
                // What stands on disk counts, not what was meant to.
                anchors[copy.layout] = nil
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Has the next round remove digests that ended before a moment, with their log files. The newest digest stays, and
    /// the chain begins with the oldest that is kept.
    package func prune(_ layout: TrailLayout, before horizon: Timestamp) { horizons[layout] = horizon }

    /// Where a trail stands; nil before its first round.
    package func anchor(of layout: TrailLayout) throws -> TrailAnchor? {
        try anchors[layout] ?? AnchorFile(root: root, layout: layout).read()
    }

    private func work(_ copy: TrailCopy) async throws {
        let moment = now()
        var anchor: TrailAnchor
        if let known = anchors[copy.layout] { anchor = known } else { anchor = try await resume(copy) }
        if anchor.since != copy.since {
            if anchor.since != nil, anchor.closedAt == nil { try await digest(copy, &anchor, at: moment) }
            guard copy.until == nil else { return }
            anchor.since = copy.since
            anchor.newest = nil
            anchor.newestEnd = nil
            anchor.closedAt = nil
            anchor.selectors = copy.selectors
            try keep(anchor, copy)
        }
        if let horizon = horizons.removeValue(forKey: copy.layout) { try prune(copy, &anchor, before: horizon) }
        if anchor.closedAt != nil, copy.until == nil {
            // Begun again before it was known that it had ended.
            anchor.closedAt = nil
            try keep(anchor, copy)
        }
        guard anchor.closedAt == nil, try await adopt(copy, &anchor, at: moment) else { return }
        let hour = Timestamp(seconds: moment.seconds / digestInterval * digestInterval)
        let isDigestDue = hour > anchor.newestEnd ?? copy.since
        if let until = copy.until {
            guard moment - until >= Self.lastRecords else { return }
            try await writeLogs(copy, &anchor, at: moment)
            try await digest(copy, &anchor, at: max(until, moment))
            anchor.closedAt = until
            return try keep(anchor, copy)
        }
        if isDigestDue || anchor.lastLogAt.map({ moment - $0 >= logInterval }) ?? true {
            try await writeLogs(copy, &anchor, at: moment)
        }
        if isDigestDue { try await digest(copy, &anchor, at: hour) }
    }

    /// Ends what was written by other selectors with a digest: log files without one are compared with the local trail.
    /// - Returns: whether the copy's selectors count now.
    private func adopt(_ copy: TrailCopy, _ anchor: inout TrailAnchor, at moment: Timestamp) async throws -> Bool {
        guard anchor.selectors != copy.selectors else { return true }
        if anchor.selectors != nil {
            try await writeLogs(copy.with(anchor.selectors), &anchor, at: moment)
            if !anchor.waiting.isEmpty { try await digest(copy, &anchor, at: moment) }
            // The last digest ends in this very second.
            guard anchor.waiting.isEmpty else { return false }
        }
        anchor.selectors = copy.selectors
        try keep(anchor, copy)
        return true
    }

    /// Whether a trail may write there: nothing lies there, or it is its own.
    package func isFree(_ layout: TrailLayout) throws -> Bool {
        let objects = objects(layout)
        let isInUse = [layout.logPrefix, layout.digestPrefix].contains { prefix in
            !objects.list(prefix: prefix, after: "", limit: 1).keys.isEmpty
        }
        return try !isInUse || anchor(of: layout)?.layout == layout
    }

    /// The contents of a log file: the records' own octets.
    static func contents(_ records: [TrailRecord]) -> [UInt8] {
        Array("{\"Records\":[".utf8) + Array(records.map(\.json).joined(separator: ",").utf8) + Array("]}".utf8)
    }

    private func writeLogs(_ copy: TrailCopy, _ anchor: inout TrailAnchor, at moment: Timestamp) async throws {
        var gathered: [StoredTrailRecord] = []
        var size = 0
        var seen = anchor.position
        while true {
            let next = try await store.records(after: seen, limit: Self.batch)
            for stored in next {
                if copy.holds(stored.record) {
                    if !gathered.isEmpty, size + stored.record.json.utf8.count > Self.logSize {
                        try writeLog(gathered, upTo: seen, copy, &anchor, at: moment)
                        gathered = []
                        size = 0
                    }
                    gathered.append(stored)
                    size += stored.record.json.utf8.count + 1
                }
                seen = stored.sequence
            }
            if next.count < Self.batch { break }
        }
        if !gathered.isEmpty { try writeLog(gathered, upTo: seen, copy, &anchor, at: moment) }
        anchor.position = max(anchor.position, seen)
    }

    private func writeLog(
        _ stored: [StoredTrailRecord], upTo last: Int64, _ copy: TrailCopy, _ anchor: inout TrailAnchor,
        at moment: Timestamp
    ) throws {
        let records = stored.map(\.record)
        guard let oldest = records.map(\.at).min(), let newest = records.map(\.at).max() else { return }
        let contents = Self.contents(records)
        let key = copy.layout.logKey(at: moment, from: anchor.position + 1, to: last)
        try objects(copy.layout).write(try Gzip.compress(contents, .quick), to: key)
        let log = TrailDigest.Log(
            bucket: copy.layout.bucket, key: key, hash: TrailHash.sha256(contents), newest: newest, oldest: oldest)
        anchor.waiting.append(.init(log: log, after: anchor.position, last: last))
        anchor.position = last
        anchor.lastLogAt = moment
        try keep(anchor, copy)
    }

    private func digest(_ copy: TrailCopy, _ anchor: inout TrailAnchor, at end: Timestamp) async throws {
        let start = anchor.newestEnd ?? anchor.since ?? copy.since
        // Whole seconds are in its name: no two digests share one.
        guard end.seconds > start.seconds || anchor.newestEnd == nil else { return }
        let key = try await keyring.signer(from: start, to: end)
        try writePublicKeys(await keyring.publicKeys())
        let digest = TrailDigest(
            account: copy.layout.account.description, start: start, end: end, bucket: copy.layout.bucket,
            key: copy.layout.digestKey(endingAt: end), fingerprint: key.publicKey.fingerprint,
            previous: anchor.newest, logs: anchor.waiting.map(\.log))
        let contents = digest.json
        let signature = try key.sign(digest.stringToSign(contents))
        try objects(copy.layout).write(try Gzip.compress(contents, .usual), to: digest.key, signature: signature)
        anchor.take(digest, hash: TrailHash.sha256(contents), signature: signature)
        anchor.digested = anchor.position
        try keep(anchor, copy)
    }

    private func prune(_ copy: TrailCopy, _ anchor: inout TrailAnchor, before horizon: Timestamp) throws {
        let objects = objects(copy.layout)
        var removed: [TrailDigest] = []
        var oldestKept = anchor.newest?.key
        for key in objects.keys(under: copy.layout.digestPrefix)
        where copy.layout.isDigest(key) && key != anchor.newest?.key {
            guard let digest = objects.contents(key).flatMap(TrailDigest.init(parsing:)), digest.end < horizon else {
                oldestKept = key
                break
            }
            removed.append(digest)
        }
        guard !removed.isEmpty else { return }
        // Noted first: a file that is still there is no fault, one that is missing is.
        anchor.oldestKept = oldestKept
        try keep(anchor, copy)
        for digest in removed {
            for log in digest.logs { objects.remove(log.key) }
            objects.remove(digest.key)
        }
    }

    private func objects(_ layout: TrailLayout) -> TrailObjects {
        TrailObjects(root: root, account: layout.account, bucket: layout.bucket)
    }

    private func keep(_ anchor: TrailAnchor, _ copy: TrailCopy) throws {
        var anchor = anchor
        anchor.layout = copy.layout
        try AnchorFile(root: root, layout: copy.layout).write(anchor)
        anchors[copy.layout] = anchor
    }

    // For whoever verifies a copy of the directory elsewhere.
    private func writePublicKeys(_ keys: [TrailPublicKey]) throws {
        let file = TrailKeyFile(path: "\(root)/\(TrailKeyFile.name)")
        guard file.octets(keys) != DurableFile.read(file.path, limit: 1 << 20) else { return }
        try DurableFile.write(file.octets(keys), to: file.path)
    }

    /// The anchor as it was left, put right with what the files say.
    private func resume(_ copy: TrailCopy) async throws -> TrailAnchor {
        let objects = objects(copy.layout)
        let keys = try await keyring.publicKeys()
        var anchor = try AnchorFile(root: root, layout: copy.layout).read() ?? TrailAnchor()
        let last = anchor.newest?.key ?? ""
        for key in objects.list(prefix: copy.layout.digestPrefix, after: last, limit: .max).keys
        where copy.layout.isDigest(key) {
            guard let contents = objects.contents(key), let digest = TrailDigest(parsing: contents),
                digest.key == key, let signature = objects.signature(key),
                digest.previous == nil || digest.previous?.signature == anchor.newest?.signature,
                let octets = TrailHash.octets(signature),
                keys.first(where: { $0.fingerprint == digest.fingerprint })?
                    .verifies(octets, of: digest.stringToSign(contents)) == true
            else { continue }
            if digest.previous == nil { anchor.since = digest.start }
            let sequences = digest.logs.compactMap { copy.layout.sequences(of: $0.key)?.upperBound }
            anchor.position = max(anchor.position, sequences.max() ?? 0)
            anchor.take(digest, hash: TrailHash.sha256(contents), signature: signature)
            anchor.digested = anchor.position
        }
        let known = Set(anchor.waiting.map(\.log.key))
        for key in objects.keys(under: copy.layout.logPrefix) where !known.contains(key) {
            guard let first = copy.layout.sequences(of: key)?.lowerBound, first > anchor.position else { continue }
            objects.remove(key)
        }
        anchors[copy.layout] = anchor
        return anchor
    }
}

extension TrailAnchor {
    fileprivate mutating func take(_ digest: TrailDigest, hash: String, signature: String) {
        let named = Set(digest.logs.map(\.key))
        waiting.removeAll { named.contains($0.log.key) }
        newest = .init(bucket: digest.bucket, key: digest.key, hash: hash, signature: signature)
        newestEnd = digest.end
    }
}
