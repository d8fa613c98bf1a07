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

    // `mention` has what is not in the spool: what suppression lists learned of a message, and the sign-ins of sessions, by
    // whose names the messages that came in by them are found.
    private static let schema = """
        CREATE TABLE entry (octets BLOB NOT NULL PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE mention (
            subject TEXT NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (subject, sequence)
        ) WITHOUT ROWID;
        CREATE TABLE read_position (stream TEXT PRIMARY KEY, position BIGINT NOT NULL);
        """
}

extension SQLiteMessageIndex: MessageIndex {
    private static let longestStory = 1_000

    package func story(of id: MessageID) async throws -> [Fact] {
        var story = try await spool.timeline(id)
        guard let first = story.first else { return [] }
        let session = if case .accepted(let event) = first.event { event.call?.request ?? "" } else { "" }
        let mentions = try await engine.read { db in
            try Int64.fetchAll(
                db, sql: "SELECT sequence FROM mention WHERE subject IN ($1, $2) ORDER BY sequence LIMIT $3",
                arguments: [id.description, session, Self.longestStory])
        }
        let others = try await records.engine.read { try Facts.numbered(mentions, $0) }
        for fact in others where fact.account == first.account {
            let place = story.lastIndex { $0.at <= fact.at }.map { $0 + 1 } ?? 0
            // A session may have gone on after this message.
            if case .signedIn = fact.event, place > 0 { continue }
            story.insert(fact, at: place)
        }
        return Array(story.prefix(Self.longestStory))
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
