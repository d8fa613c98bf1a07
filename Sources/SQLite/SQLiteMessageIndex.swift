// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Journal
package import Mail

/// What messages are found by, in `messages.db`: a file of its own, made from the facts of the spool, and made again
/// from them where it is lost.
///
/// One sorted set of entries (`MessageEntry`). Commits are not synced: after a power cut the file is as it was a moment
/// before, with the position that belongs to it, and is read on from there.
package struct SQLiteMessageIndex: Sendable {
    /// Facts read in one transaction.
    package static let batch = 1_000

    let engine: Engine
    let spool: SQLiteSpool
    let records: SQLiteRecords

    /// - Parameter directory: must exist.
    package init(directory: String, spool: SQLiteSpool, records: SQLiteRecords) throws {
        engine = try Engine(path: "\(directory)/messages.db", synchronous: .normal, migrator: Self.migrator)
        (self.spool, self.records) = (spool, records)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("001-messages") { db in try db.execute(sql: schema) }
        return migrator
    }

    // `mention` has the facts about a message that are not in the spool: what suppression lists learned of it. `session` has
    // the sign-ins of SMTP, which are in the spool, by what the facts of their mail call the session.
    private static let schema = """
        CREATE TABLE entry (octets BLOB NOT NULL PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE mention (
            message TEXT NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (message, sequence)
        ) WITHOUT ROWID;
        CREATE TABLE session (
            name TEXT NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (name, sequence)
        ) WITHOUT ROWID;
        CREATE TABLE read_position (stream TEXT PRIMARY KEY, position BIGINT NOT NULL);
        """
}

extension SQLiteMessageIndex: MessageIndex {
    private static let longestStory = 1_000

    package func story(of id: MessageID) async throws -> [Fact] {
        var story = try await spool.timeline(id)
        guard let first = story.first else { return [] }
        let mentions = try await numbers("SELECT sequence FROM mention WHERE message = $1", id.description)
        for fact in try await records.engine.read({ try Facts.numbered(mentions, $0) }) {
            let place = story.lastIndex { $0.at <= fact.at }.map { $0 + 1 } ?? 0
            story.insert(fact, at: place)
        }
        story = try await signIns(before: first) + story
        return Array(story.prefix(Self.longestStory))
    }

    /// What the session that the message came in by began with.
    private func signIns(before first: Fact) async throws -> [Fact] {
        guard case .accepted(let event) = first.event, event.door == "smtp", let call = event.call else { return [] }
        let numbers = try await numbers("SELECT sequence FROM session WHERE name = $1", call.request)
        return try await spool.engine.read { try Facts.numbered(numbers, $0) }
            .filter { $0.account == first.account && $0.at <= first.at }
    }

    private func numbers(_ sql: String, _ name: String) async throws -> [Int64] {
        try await engine.read { db in
            try Int64.fetchAll(
                db, sql: "\(sql) ORDER BY sequence LIMIT $2", arguments: [name, Self.longestStory])
        }
    }
}

extension Facts {
    /// The facts of these numbers, oldest first.
    fileprivate static func numbered(_ sequences: [Int64], _ db: Database) throws -> [Fact] {
        guard !sequences.isEmpty else { return [] }
        let marks = repeatElement("?", count: sequences.count).joined(separator: ",")
        let statement = try db.makeStatement(
            sql: "SELECT \(columns) FROM fact WHERE sequence IN (\(marks)) ORDER BY sequence")
        return try read(statement, StatementArguments(sequences)).map(\.fact)
    }

    /// The fact that a message's story begins with.
    static func first(about message: MessageID, _ db: Database) throws -> Fact? {
        let statement = try db.cachedStatement(
            sql: "SELECT \(columns) FROM fact WHERE message = $1 ORDER BY sequence LIMIT 1")
        return try read(statement, [message.description]).first?.fact
    }
}
