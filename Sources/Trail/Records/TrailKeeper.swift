// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// Makes the trail out of the outboxes: reads each with a position of its own and keeps the records of what it finds, in
/// the order of the facts.
///
/// Records and position are kept in one transaction: after a crash the same facts are read again, or not. Facts of one
/// call have one record, the first one's. A fact that cannot be read has a record that says so.
package struct TrailKeeper: Sendable {
    /// Facts that are looked at together.
    package static let page = 500

    private let streams: [any FactStream]
    private let store: any TrailStore
    private let maker: TrailMaker

    package init(streams: [any FactStream], store: any TrailStore, maker: TrailMaker) {
        self.streams = streams
        self.store = store
        self.maker = maker
    }

    /// Seconds by which the first facts of a server may be older than its trail, both being made by its first start.
    static let firstStart = 60.0

    /// To be called before anything is read. Where the journal is older than the trail, as on a server that had none,
    /// the trail does not pretend to have seen what was: it begins with the facts of its own time, and a record for each
    /// stream, `TrailBegins`, says after which one.
    /// - Parameters:
    ///   - since: when the server's trail was made.
    ///   - account: the management account.
    package func begin(since: Timestamp, for account: AccountID) async throws {
        for stream in streams where try await store.position(in: stream.name) == 0 {
            guard let first = try await stream.facts(after: 0, limit: 1).first,
                first.fact.at < since + -Self.firstStart
            else { continue }
            let last = try await stream.last(before: since)
            let record = maker.beginning(of: stream.name, after: last, since: since, for: account)
            try await store.append([record], from: stream.name, upTo: last)
        }
    }

    /// Reads one page of each stream. Only one may be under way at a time.
    /// - Parameter report: told of every fact that cannot be read, once it is passed.
    /// - Returns: whether there may be more at once.
    package func read(
        report: (_ stream: String, _ sequence: Int64, _ reason: String) -> Void = { _, _, _ in }
    ) async throws -> Bool {
        var isMore = false
        for stream in streams where try await read(stream, report) { isMore = true }
        return isMore
    }

    private func read(_ stream: any FactStream, _ report: (String, Int64, String) -> Void) async throws -> Bool {
        let position = try await store.position(in: stream.name)
        let page = try await stream.facts(of: TrailMaker.kinds, after: position, limit: Self.page)
        guard page.last > position else { return false }
        var seen: Set<String> = []
        let records = page.facts.compactMap { maker.record(of: $0, in: stream.name) }
            .filter { seen.insert($0.id).inserted }
        try await store.append(records, from: stream.name, upTo: page.last)
        for recorded in page.facts {
            if case .unreadable(let event) = recorded.fact.event {
                report(stream.name, recorded.sequence, event.reason)
            }
        }
        return page.isFull
    }
}
