// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Mail
import Queue
import Testing

@testable import SQLite

@Suite("A spool of an older release")
final class SpoolMigrationTests: Sendable {
    private let directory: String

    init() throws {
        directory = NSTemporaryDirectory() + "spool-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private static let rows = """
        INSERT INTO message (id, account, accepted_at, expires_at, reverse_path, header, body)
        VALUES ('0100000000000001-00000000-0000-4000-8000-000000000000-000000', '111122223333', 1000, 9000, '', x'0d0a',
            x'6869');
        INSERT INTO delivery (id, message, site, recipients, attempts, due_at, last_reply)
        SELECT value, '0100000000000001-00000000-0000-4000-8000-000000000000-000000', 's' || value, 'b@example.com',
            value, value * 1000, '450 later' FROM (SELECT 3 AS value UNION SELECT 7);
        """

    @Test("keeps its deliveries and their indices, and gives no id again")
    func deliveryIDs() async throws {
        let path = directory + "/spool.db"
        let old = try DatabaseQueue(path: path)
        try SQLiteSpool.migrator.migrate(old, upTo: "002-signing-account")
        try await old.write { try $0.execute(sql: Self.rows) }
        try old.close()
        let spool = try SQLiteSpool(directory: directory, reserve: 0, synchronous: .full)
        let counts = try await spool.lanes(dueBefore: Timestamp(seconds: 10), after: 0, limit: 9).lanes
        #expect(counts.map(\.lane.destination).sorted() == ["s3", "s7"] && counts.map(\.count) == [1, 1])
        let rows = try await spool.due(counts.map { LaneRead(lane: $0.lane, limit: 9) }, at: Timestamp(seconds: 10))
        let due = rows.flatMap(\.due).sorted { $0.id < $1.id }
        #expect(due.map(\.id) == [3, 7] && due.map(\.destination) == ["s3", "s7"] && due.map(\.attempts) == [3, 7])
        #expect(due.allSatisfy { $0.lastReply == "450 later" && $0.recipients.map(\.description) == ["b@example.com"] })
        try await spool.settle(Settlement(delivery: due[1], retry: nil, facts: []), departure: nil)
        let next = SpooledMessage(
            id: MessageID(region: "us-east-1", at: Timestamp(seconds: 2), random: (1, 2)), account: due[0].account,
            acceptedAt: Timestamp(seconds: 2), expiresAt: Timestamp(seconds: 3), reversePath: .null, signingDomain: nil,
            content: Content(header: [13, 10], body: .memory([])))
        let delivery = PendingDelivery(
            message: next.id, lane: Lane(account: next.account, destination: "s"), recipients: due[0].recipients,
            dueAt: next.acceptedAt,
            acceptedAt: next.acceptedAt, expiresAt: next.expiresAt)
        #expect(try await spool.accept(next, [delivery], []).map(\.id) == [8])
        let indices = try await spool.engine.read {
            try String.fetchSet(
                $0, sql: "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'delivery'")
        }
        #expect(indices.isSuperset(of: ["delivery_due", "delivery_message", "delivery_held"]))
        try await spool.settle(Settlement(delivery: due[0], retry: nil, facts: []), departure: nil)
        #expect(try await spool.message(due[0].message) == nil)
    }
}
