// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Mail

/// What a trail copies into its bucket, and since when.
package struct TrailCopy: Hashable, Sendable {
    package let layout: TrailLayout
    /// The server's own chain holds every account's records; an account's trail its own.
    package let holdsAllAccounts: Bool
    /// Records from this moment on; a later one begins a new chain.
    package let since: Timestamp
    /// Nil while it goes on.
    package let until: Timestamp?
    /// Which of them.
    package let selectors: EventSelectors

    package init(
        layout: TrailLayout, holdsAllAccounts: Bool, since: Timestamp, until: Timestamp? = nil,
        selectors: EventSelectors = .everything
    ) {
        self.layout = layout
        self.holdsAllAccounts = holdsAllAccounts
        // Digests know whole seconds.
        self.since = Timestamp(seconds: since.seconds)
        self.until = until
        self.selectors = selectors
    }

    /// The same with other selectors: those that files were written by.
    func with(_ selectors: EventSelectors?) -> TrailCopy {
        TrailCopy(
            layout: layout, holdsAllAccounts: holdsAllAccounts, since: since, until: until,
            selectors: selectors ?? self.selectors)
    }

    func holds(_ record: TrailRecord) -> Bool {
        (holdsAllAccounts || record.account == layout.account) && record.at >= since
            && (until.map { record.at < $0 } ?? true) && (holdsAllAccounts || selectors.take(record))
    }
}

/// How far a trail's files go: the end that no file can prove by itself.
package struct TrailAnchor: Hashable, Sendable, Codable {
    /// A log file that no digest names yet.
    package struct Waiting: Hashable, Sendable, Codable {
        package let log: TrailDigest.Log
        /// Sequence of the last record before it, and of its own last.
        package let after: Int64
        package let last: Int64
    }

    /// When the chain began.
    package var since: Timestamp?
    /// Up to which sequence records are in log files.
    package var position: Int64 = 0
    /// Up to which they are in digests.
    package var digested: Int64 = 0
    package var waiting: [Waiting] = []
    /// The newest digest.
    package var newest: TrailDigest.Link?
    package var newestEnd: Timestamp?
    /// The chain has ended; nil while it goes on.
    package var closedAt: Timestamp?
    package var lastLogAt: Timestamp?
    /// Digests before this one were removed with their log files because their time was over.
    package var oldestKept: String?
    /// What decides which records go into log files, and did for those that no digest names yet.
    package var selectors: EventSelectors?
    /// Where the files lie.
    package var layout: TrailLayout?

    package init() {}
}

/// The small file in which an anchor lies: `ROOT/chains/ACCOUNT_TRAIL.json`.
struct AnchorFile {
    let path: String

    init(root: String, layout: TrailLayout) { path = "\(root)/chains/\(layout.account)_\(layout.trail).json" }

    func read() throws -> TrailAnchor? {
        guard let octets = DurableFile.read(path, limit: 16 << 20) else { return nil }
        do {
            return try JSONDecoder().decode(TrailAnchor.self, from: Data(octets))
        } catch {
            throw TrailFailure("\(path) is damaged; remove it, and the chain is taken up from its files")
        }
    }

    func write(_ anchor: TrailAnchor) throws {
        try DurableFile.write(Array(try JSONEncoder().encode(anchor)), to: path)
    }
}
