// SPDX-License-Identifier: Apache-2.0

package import Mail

/// The end of a trail that no digest covers yet, held against the local trail: what was cut off both the files and their
/// anchor is seen here.
package struct TrailTail: Sendable {
    /// Seconds after which a record must be in a log file. Files are written every five minutes while the server runs.
    package static let patience = 3_600.0
    private static let batch = 500

    private let copy: TrailCopy
    private let anchor: TrailAnchor
    private let store: any TrailStore
    private let objects: TrailObjects
    private let now: Timestamp

    package init(
        _ copy: TrailCopy, anchor: TrailAnchor, store: any TrailStore, objects: TrailObjects, now: Timestamp
    ) {
        // Selectors that nobody has adopted yet decide nothing.
        self.copy = copy.with(anchor.selectors)
        self.anchor = anchor
        self.store = store
        self.objects = objects
        self.now = now
    }

    package func verify(_ verdict: inout TrailVerdict) async throws {
        for entry in anchor.waiting { try await compare(entry, &verdict) }
        try await count(&verdict)
    }

    // A log file without digest must be what the local trail still says.
    private func compare(_ entry: TrailAnchor.Waiting, _ verdict: inout TrailVerdict) async throws {
        var records: [TrailRecord] = []
        var seen = entry.after
        while seen < entry.last {
            let next = try await store.records(after: seen, limit: Self.batch)
            guard let last = next.last else { break }
            records += next.filter { $0.sequence <= entry.last }.map(\.record).filter(copy.holds)
            seen = last.sequence
        }
        verdict.undigested += records.count
        if TrailHash.sha256(TrailArchive.contents(records)) != entry.log.hash {
            verdict.breaks(entry.log.key, "the log file and the local trail differ: one of the two was altered")
        }
    }

    private func count(_ verdict: inout TrailVerdict) async throws {
        var seen = anchor.position
        var oldest: Timestamp?
        while true {
            let next = try await store.records(after: seen, limit: Self.batch)
            let held = next.map(\.record).filter(copy.holds)
            verdict.undigested += held.count
            oldest = [oldest, held.map(\.at).min()].compactMap(\.self).min()
            guard next.count == Self.batch, let last = next.last else { break }
            seen = last.sequence
        }
        if let oldest, now - oldest > Self.patience {
            verdict.breaks(
                copy.layout.trail,
                "records since \(TrailMoment.extended(oldest)) are in no log file: the end of the trail is missing")
        }
        if copy.until == nil, let end = anchor.newestEnd ?? anchor.since, now - end > Self.patience * 2 {
            verdict.breaks(
                copy.layout.trail,
                "there is no digest since \(TrailMoment.extended(end)): the end of the trail is missing")
        }
    }
}
