// SPDX-License-Identifier: Apache-2.0

import GRDB
import Mail
import Queue
import Synchronization

/// The numbers of lanes, remembered so that a delivery costs no look-up of five columns.
///
/// Only what is committed is remembered: a lane whose transaction is rolled back never was.
final class LaneIDs: Sendable {
    private static let capacity = 100_000

    private struct State {
        var ids: [Lane: Int64] = [:]
        /// Changes when lanes are removed, so that nothing read before is remembered after.
        var generation = 0
    }

    private let state = Mutex(State())

    struct Found: Sendable {
        var ids: [Lane: Int64] = [:]
        var generation = 0
    }

    /// The lanes' ids, in a writing transaction; what is new is added. To be passed to `remember` after the commit.
    func ids(of lanes: Set<Lane>, _ db: Database) throws -> Found {
        var found = Found()
        state.withLock { state in
            found.generation = state.generation
            for lane in lanes { found.ids[lane] = state.ids[lane] }
        }
        for lane in lanes where found.ids[lane] == nil { found.ids[lane] = try Self.insert(lane, db) }
        return found
    }

    func remember(_ found: Found) {
        state.withLock { state in
            guard state.generation == found.generation else { return }
            if state.ids.count + found.ids.count > Self.capacity { state.ids = [:] }
            state.ids.merge(found.ids) { old, _ in old }
        }
    }

    /// Nil where no delivery was ever in it.
    func id(of lane: Lane, _ db: Database) throws -> Int64? {
        if let id = state.withLock({ $0.ids[lane] }) { return id }
        return try Self.select(lane, db)
    }

    /// Removes lanes that hold nothing, in a writing transaction.
    func removeEmpty(_ db: Database) throws {
        state.withLock { state in
            state.ids = [:]
            state.generation += 1
        }
        try db.execute(sql: "DELETE FROM lane WHERE id NOT IN (SELECT lane FROM delivery)")
    }

    private static func insert(_ lane: Lane, _ db: Database) throws -> Int64 {
        if let id = try select(lane, db) { return id }
        let statement = try db.cachedStatement(
            sql: "INSERT INTO lane (account, destination, pool, identity, bulky) VALUES ($1, $2, $3, $4, $5)")
        try statement.execute(arguments: arguments(lane))
        return db.lastInsertedRowID
    }

    private static func select(_ lane: Lane, _ db: Database) throws -> Int64? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT id FROM lane
                WHERE account = $1 AND destination = $2 AND pool = $3 AND identity = $4 AND bulky = $5
                """)
        return try Int64.fetchOne(statement, arguments: arguments(lane))
    }

    private static func arguments(_ lane: Lane) -> StatementArguments {
        [
            lane.account.description, lane.destination, lane.pool?.description ?? "", lane.identity,
            lane.isBulky ? 1 : 0,
        ]
    }

    /// From a row with the lane's columns.
    static func lane(_ row: Row) throws -> Lane {
        let pool: String = row["pool"]
        guard let account = AccountID(row["account"]) else {
            throw SpoolFailure.unavailable("a lane row cannot be read")
        }
        let bulky: Int = row["bulky"]
        return Lane(
            account: account, pool: PoolID(parsing: pool), destination: row["destination"], identity: row["identity"],
            isBulky: bulky == 1)
    }
}
