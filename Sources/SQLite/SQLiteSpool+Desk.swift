// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Journal
package import Mail
package import Queue

extension SQLiteSpool: SpoolDesk {
    private static let joined = "FROM delivery d JOIN message m ON m.id = d.message JOIN lane l ON l.id = d.lane"
    private static let laneColumns = "l.account, l.destination, l.pool, l.identity, l.bulky"

    package func list(_ selection: Selection, after id: Int64, limit: Int) async throws -> [ListedDelivery] {
        let (condition, arguments) = Self.condition(selection, after: id)
        return try await engine.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Self.deliveryColumns), \(Self.laneColumns), m.reverse_path, m.configuration_set,
                        length(m.header) + m.body_length AS size
                    \(Self.joined) WHERE \(condition) ORDER BY d.id LIMIT \(max(0, limit))
                    """, arguments: arguments
            ).map { row in
                ListedDelivery(
                    delivery: try Self.delivery(row, in: try LaneIDs.lane(row)), sender: row["reverse_path"],
                    configurationSet: row["configuration_set"], size: row["size"])
            }
        }
    }

    package func select(_ selection: Selection, after id: Int64, limit: Int) async throws -> [Int64] {
        let (condition, arguments) = Self.condition(selection, after: id)
        return try await engine.read { db in
            try Int64.fetchAll(
                db, sql: "SELECT d.id \(Self.joined) WHERE \(condition) ORDER BY d.id LIMIT \(max(0, limit))",
                arguments: arguments)
        }
    }

    package func act(_ act: DeskAct, on ids: [Int64], fact: Fact) async throws -> Int {
        guard !ids.isEmpty, let prepared = Facts.prepare([fact]).first else { return 0 }
        let lanes = lanes
        let done = try await engine.write { db -> Done in
            switch act {
            case .reroute(let pool):
                let (moved, found) = try Self.reroute(ids, to: pool, lanes, db)
                try Self.tell(prepared, of: moved, db)
                return Done(count: moved.count, lanes: found)
            case .drop: return try Self.drop(ids, prepared, db)
            default:
                let changed = try ids.filter { try Self.act(act, on: $0, db) > 0 }
                try Self.tell(prepared, of: changed, db)
                return Done(count: changed.count)
            }
        }
        lanes.remember(done.lanes)
        for (message, file) in done.gone {
            recent.remove(message)
            if let file { bodies.remove(file) }
        }
        return done.count
    }

    private struct Done: Sendable {
        var count = 0
        var lanes = LaneIDs.Found()
        var gone: [(MessageID, String?)] = []
    }

    private static func act(_ act: DeskAct, on id: Int64, _ db: Database) throws -> Int {
        switch act {
        case .hold(let hold):
            try db.cachedStatement(sql: "UPDATE delivery SET held_by = $1, held_why = $2 WHERE id = $3")
                .execute(arguments: [hold.by, hold.reason, id])
        case .release(let moment):
            try db.cachedStatement(
                sql: """
                    UPDATE delivery SET held_by = NULL, held_why = NULL, due_at = $1
                    WHERE id = $2 AND held_by IS NOT NULL
                    """
            ).execute(arguments: [moment.milliseconds, id])
        case .retry(let moment):
            try db.cachedStatement(sql: "UPDATE delivery SET due_at = $1 WHERE id = $2")
                .execute(arguments: [moment.milliseconds, id])
        case .reroute, .drop: return 0
        }
        return db.changesCount
    }

    /// One fact for each message, in the story of it and of its account.
    private static func tell(_ fact: Facts.Prepared, of deliveries: [Int64], _ db: Database) throws {
        let select = try db.cachedStatement(
            sql: "SELECT d.message, m.account FROM delivery d JOIN message m ON m.id = d.message WHERE d.id = $1")
        var told: Set<String> = []
        for id in deliveries {
            guard let row = try Row.fetchOne(select, arguments: [id]) else { continue }
            let message: String = row["message"]
            guard told.insert(message).inserted else { continue }
            try Facts.insert([.init(at: fact.at, account: row["account"], message: message, event: fact.event)], db)
        }
    }

    private static func reroute(_ ids: [Int64], to pool: PoolID?, _ lanes: LaneIDs, _ db: Database) throws
        -> ([Int64], LaneIDs.Found)
    {
        let select = try db.cachedStatement(
            sql: "SELECT \(laneColumns) FROM delivery d JOIN lane l ON l.id = d.lane WHERE d.id = $1")
        var moved: [(Int64, Lane)] = []
        for id in ids {
            guard let row = try Row.fetchOne(select, arguments: [id]) else { continue }
            moved.append((id, try LaneIDs.lane(row).rerouted(to: pool)))
        }
        let found = try lanes.ids(of: Set(moved.map(\.1)), db)
        let update = try db.cachedStatement(sql: "UPDATE delivery SET lane = $1 WHERE id = $2")
        for (id, lane) in moved { try update.execute(arguments: [found.ids[lane], id]) }
        return (moved.map(\.0), found)
    }

    private static func drop(_ ids: [Int64], _ fact: Facts.Prepared, _ db: Database) throws -> Done {
        try tell(fact, of: ids, db)
        let delete = try db.cachedStatement(sql: "DELETE FROM delivery WHERE id = $1 RETURNING message")
        var done = Done()
        for id in ids {
            guard let name = try String.fetchOne(delete, arguments: [id]) else { continue }
            done.count += 1
            guard let message = MessageID(parsing: name) else { continue }
            if case .yes(let file) = try removeIfSettled(message, db) { done.gone.append((message, file)) }
        }
        return done
    }

    package func ages(at moment: Timestamp) async throws -> [AgeRow] {
        let classes = AgeRow.minutes.enumerated().map { "WHEN age < \($1) THEN \($0)" }.joined(separator: " ")
        return try await engine.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT l.destination, class, sum(n) AS n FROM (
                        SELECT lane, CASE \(classes) ELSE \(AgeRow.minutes.count) END AS class, count(*) AS n FROM (
                            SELECT d.lane, ($1 - m.accepted_at) / 60000 AS age
                            FROM delivery d JOIN message m ON m.id = d.message
                        ) GROUP BY lane, class
                    ) JOIN lane l ON l.id = lane GROUP BY l.destination, class
                    """, arguments: [moment.milliseconds])
            var counts: [String: [Int]] = [:]
            let empty = [Int](repeating: 0, count: AgeRow.minutes.count + 1)
            for row in rows { counts[row["destination"], default: empty][row["class"]] += row["n"] }
            return counts.map { AgeRow(destination: $0.key, counts: $0.value) }.sorted {
                $0.destination < $1.destination
            }
        }
    }

    package func timeline(_ message: MessageID) async throws -> [Fact] {
        try await engine.read { try Facts.about(message, $0) }
    }

    package func delivery(_ id: Int64) async throws -> PendingDelivery? {
        try await find("d.id = $1", [id]).first
    }

    package func deliveries(of message: MessageID) async throws -> [PendingDelivery] {
        try await find("d.message = $1", [message.description])
    }

    private func find(_ condition: String, _ arguments: StatementArguments) async throws -> [PendingDelivery] {
        try await engine.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Self.deliveryColumns), \(Self.laneColumns) \(Self.joined)
                    WHERE \(condition) ORDER BY d.id LIMIT 1000
                    """, arguments: arguments
            ).map { try Self.delivery($0, in: try LaneIDs.lane($0)) }
        }
    }

    package func position(of delivery: PendingDelivery) async throws -> Int {
        let lanes = lanes
        return try await engine.read { db in
            guard let lane = try lanes.id(of: delivery.lane, db) else { return 0 }
            return try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM delivery
                    WHERE lane = $1 AND held_by IS NULL AND (due_at, id) < ($2, $3)
                    """, arguments: [lane, delivery.dueAt.milliseconds, delivery.id]) ?? 0
        }
    }

    private static func condition(_ selection: Selection, after id: Int64) -> (String, StatementArguments) {
        var parts = ["d.id > ?"]
        var values: [(any DatabaseValueConvertible)?] = [id]
        func add(_ text: String, _ more: [any DatabaseValueConvertible]) {
            parts.append(text)
            values += more
        }
        func marks(_ count: Int) -> String { [String](repeating: "?", count: count).joined(separator: ", ") }
        if !selection.messages.isEmpty {
            add("d.message IN (\(marks(selection.messages.count)))", selection.messages.map(\.description))
        }
        if !selection.deliveries.isEmpty {
            add("d.id IN (\(marks(selection.deliveries.count)))", Array(selection.deliveries))
        }
        if let sender = selection.sender {
            sender.contains("@")
                ? add("m.reverse_path = ?", [sender])
                : add("substr(m.reverse_path, -length(?)) = ?", ["@" + sender, "@" + sender])
        }
        if let account = selection.account { add("l.account = ?", [account.description]) }
        if let set = selection.configurationSet { add("m.configuration_set = ?", [set]) }
        if let destinations = selection.destinations {
            let list = destinations.sorted().map { "\"\($0.filter { $0 != "\"" && $0 != "\\" })\"" }
            add("l.destination IN (SELECT value FROM json_each(?))", ["[" + list.joined(separator: ",") + "]"])
        }
        if let pool = selection.pool { add("l.pool = ?", [pool.description]) }
        if let isHeld = selection.isHeld { parts.append(isHeld ? "d.held_by IS NOT NULL" : "d.held_by IS NULL") }
        return (parts.joined(separator: " AND "), StatementArguments(values))
    }
}
