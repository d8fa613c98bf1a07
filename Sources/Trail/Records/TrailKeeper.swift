// SPDX-License-Identifier: Apache-2.0

package import Journal

/// Makes the trail out of the outboxes: reads each with a position of its own and keeps the records of what it finds, in
/// the order of the facts.
///
/// Records and position are kept in one transaction: after a crash the same facts are read again, or not. Facts of one
/// call have one record, the first one's.
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

    /// Reads one page of each stream. Only one may be under way at a time.
    /// - Returns: whether there may be more at once.
    package func read() async throws -> Bool {
        var isMore = false
        for stream in streams where try await read(stream) { isMore = true }
        return isMore
    }

    private func read(_ stream: any FactStream) async throws -> Bool {
        let position = try await store.position(in: stream.name)
        let page = try await stream.facts(of: TrailMaker.kinds, after: position, limit: Self.page)
        guard page.last > position else { return false }
        var seen: Set<String> = []
        let records = page.facts.compactMap { maker.record(of: $0, in: stream.name) }
            .filter { seen.insert($0.id).inserted }
        try await store.append(records, from: stream.name, upTo: page.last)
        return page.isFull
    }
}
