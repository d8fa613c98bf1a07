// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Queue

/// The queue at a glance: how much waits for each site, by age, and whether all is in order.
struct DescribeQueue: Operation {
    static let route = Route.json(prefix: "Postern")
    /// Sites named; the rest is one row.
    static let maximumRows = 200

    struct Input: Decodable { var maxResults: Int? }
    struct Row: Encodable {
        let site: String
        let total: Int
        let counts: [Int]
    }
    struct Output: Encodable {
        /// Minutes at which each class of age ends; the last class is open.
        let minutes: [Int]
        let rows: [Row]
        let total: Int
        let underWay: Int
        /// Deliveries in no legal state: zero, or something is wrong.
        let forgotten: Int
        let onHold: Bool
        let draining: Bool
    }

    let services: QueueServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.requireManagement(Self.name, as: caller)
        let all = try await services.desk.summary().map { row in
            Row(site: row.destination, total: row.counts.reduce(0, +), counts: row.counts)
        }.sorted { ($1.total, $0.site) < ($0.total, $1.site) }
        let limit = min(max(input.maxResults ?? 20, 1), Self.maximumRows)
        let state = await services.desk.queue.state
        return Output(
            minutes: AgeRow.minutes, rows: Array(all.prefix(limit)) + Self.rest(all.dropFirst(limit)),
            total: all.reduce(0) { $0 + $1.total }, underWay: state.counts.inFlight, forgotten: state.faults.count,
            onHold: state.isOnHold, draining: state.isDraining)
    }

    private static func rest(_ rows: ArraySlice<Row>) -> [Row] {
        guard let first = rows.first else { return [] }
        let counts = rows.dropFirst().reduce(first.counts) { zip($0, $1.counts).map(+) }
        return [Row(site: "(\(rows.count) others)", total: counts.reduce(0, +), counts: counts)]
    }
}
