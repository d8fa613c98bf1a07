// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// How far the trail is behind what happened: for metrics, `/health` and `postern doctor`.
package struct TrailStanding: Sendable {
    /// What of one stream is not in the trail yet.
    package struct Backlog: Hashable, Sendable {
        package let stream: String
        /// Facts that wait; those of which no record is made are among them.
        package let facts: Int64
        /// The moment of the oldest that waits.
        package let oldest: Timestamp?

        package init(stream: String, facts: Int64, oldest: Timestamp?) {
            self.stream = stream
            self.facts = facts
            self.oldest = oldest
        }

        /// Age of the oldest that waits, in seconds.
        package func lag(at moment: Timestamp) -> Double { oldest.map { max(0, moment - $0) } ?? 0 }
    }

    private let streams: [any FactStream]
    private let store: any TrailStore

    /// - Parameter streams: those that the keeper reads.
    package init(streams: [any FactStream], store: any TrailStore) {
        self.streams = streams
        self.store = store
    }

    /// One read a stream where nothing waits.
    package func backlog() async throws -> [Backlog] {
        var all: [Backlog] = []
        for stream in streams {
            let position = try await store.position(in: stream.name)
            let oldest = try await stream.facts(after: position, limit: 1).first
            let newest = oldest == nil ? position : try await stream.newest(after: position)
            all.append(Backlog(stream: stream.name, facts: newest - position, oldest: oldest?.fact.at))
        }
        return all
    }
}

extension TrailAnchor {
    /// Seconds since the last moment that a signed digest covers; nil for a chain that has ended or never began.
    package func digestAge(at moment: Timestamp) -> Double? {
        guard closedAt == nil, let covered = newestEnd ?? since else { return nil }
        return max(0, moment - covered)
    }

    /// Whether a digest is missing that ought to be there: two whole spans went by without one.
    package func isDigestMissing(at moment: Timestamp, interval: Double) -> Bool {
        digestAge(at: moment).map { $0 > 2 * interval } ?? false
    }
}
