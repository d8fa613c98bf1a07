// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What happened in one account, as a log that is read either way, a page at a time.
package protocol AccountLog: Sendable {
    func page(_ query: LogQuery) async throws -> LogPage
    /// When its first and its last entry happened, or, where that would take looking through everybody's, anybody's;
    /// nil for no entries.
    func range(of account: AccountID) async throws -> ClosedRange<Timestamp>?
}

/// Where an entry stands in its log. Which part of it decides is the log's to know.
package struct LogPlace: Hashable, Sendable {
    /// Milliseconds since 1970.
    package let at: Int64
    package let sequence: Int64

    package init(at: Int64, sequence: Int64) {
        self.at = at
        self.sequence = sequence
    }
}

package struct LogEntry: Hashable, Sendable {
    package let id: String
    package let at: Timestamp
    package let place: LogPlace
    /// One JSON object.
    package let text: String

    package init(id: String, at: Timestamp, place: LogPlace, text: String) {
        self.id = id
        self.at = at
        self.place = place
        self.text = text
    }
}

package struct LogQuery: Hashable, Sendable {
    package var account: AccountID
    package var from: Timestamp
    /// Not included.
    package var to: Timestamp
    /// Only what stands behind this place, or, backward, before it.
    package var place: LogPlace?
    /// The newest entries, where otherwise the oldest are given.
    package var isBackward: Bool
    package var limit: Int
    /// Of the entries' texts together; the first entry is given however large it is.
    package var octets: Int

    package init(
        account: AccountID, from: Timestamp, to: Timestamp, place: LogPlace? = nil, isBackward: Bool = false,
        limit: Int, octets: Int
    ) {
        self.account = account
        self.from = from
        self.to = to
        self.place = place
        self.isBackward = isBackward
        self.limit = limit
        self.octets = octets
    }
}

package struct LogPage: Hashable, Sendable {
    /// Oldest first, whichever way they were read.
    package let entries: [LogEntry]
    /// How far was looked, in the direction of reading; nil where there was nothing to look at.
    package let looked: LogPlace?
    /// There is nothing behind it now. A page may have less than was asked for, even nothing, and not be the last.
    package let isLast: Bool

    package init(entries: [LogEntry], looked: LogPlace?, isLast: Bool) {
        self.entries = entries
        self.looked = looked
        self.isLast = isLast
    }
}

extension LogPage {
    /// As many of the entries as may be given, which come in the order of reading.
    /// - Parameters:
    ///   - end: how far was looked where all of them are given; nil for the last entry's place.
    ///   - isLast: whether nothing follows them.
    package init(_ found: [LogEntry], for query: LogQuery, end: LogPlace? = nil, isLast: Bool) {
        var (taken, octets) = ([LogEntry](), 0)
        for entry in found.prefix(max(0, query.limit)) {
            octets += entry.text.utf8.count
            guard octets <= query.octets || taken.isEmpty else { break }
            taken.append(entry)
        }
        let isWhole = taken.count == found.count
        self.init(
            entries: query.isBackward ? taken.reversed() : taken,
            looked: isWhole ? end ?? taken.last?.place : taken.last?.place, isLast: isWhole && isLast)
    }
}
