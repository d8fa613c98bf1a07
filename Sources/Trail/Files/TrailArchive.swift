// SPDX-License-Identifier: Apache-2.0

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

    package let root: String
    package let store: any TrailStore
    package let keyring: TrailKeyring
    private let now: Now
    private let logInterval: Double
    private let digestInterval: Int64
    var anchors: [TrailLayout: TrailAnchor] = [:]
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

    func objects(_ layout: TrailLayout) -> TrailObjects {
        TrailObjects(root: root, account: layout.account, bucket: layout.bucket)
    }

    func keep(_ anchor: TrailAnchor, _ copy: TrailCopy) throws {
        var anchor = anchor
        anchor.layout = copy.layout
        try AnchorFile(root: root, layout: copy.layout).write(anchor)
        anchors[copy.layout] = anchor
    }
}
