// SPDX-License-Identifier: Apache-2.0

import Compression
import Mail

/// Log files.
extension TrailArchive {
    private static var batch: Int { 500 }

    /// The contents of a log file: the records' own octets.
    static func contents(_ records: [TrailRecord]) -> [UInt8] {
        Array("{\"Records\":[".utf8) + Array(records.map(\.json).joined(separator: ",").utf8) + Array("]}".utf8)
    }

    func writeLogs(_ copy: TrailCopy, _ anchor: inout TrailAnchor, at moment: Timestamp) async throws {
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
}
