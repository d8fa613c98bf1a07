// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Journal
import Mail

// MARK: - Reading facts

extension SQLiteMessageIndex {
    /// Takes in the next facts of both outboxes, each with its position in one transaction. What was taken in twice
    /// stands once.
    /// - Returns: whether there may be more.
    @discardableResult
    package func read() async throws -> Bool {
        let spoolIsFull = try await readSpool()
        let recordsAreFull = try await readRecords()
        return spoolIsFull || recordsAreFull
    }

    /// Facts of the spool that are not taken in yet.
    package func behind() async throws -> Int64 {
        let position = try await position(in: spool.name)
        let last = try await spool.engine.read { try Int64.fetchOne($0, sql: "SELECT max(sequence) FROM fact") }
        return max(0, (last ?? 0) - position)
    }

    private func readSpool() async throws -> Bool {
        let position = try await position(in: spool.name)
        let found = try await spool.engine.read { try Self.entries(after: position, $0) }
        guard found.last > position else { return false }
        try await engine.write { db in
            try Self.insert(found.octets, db)
            for (name, sequence) in found.sessions {
                try db.cachedStatement(sql: "INSERT OR IGNORE INTO session (name, sequence) VALUES ($1, $2)")
                    .execute(arguments: [name, sequence])
            }
            try Self.advance(spool.name, to: found.last, db)
        }
        return found.isFull
    }

    private func readRecords() async throws -> Bool {
        let position = try await position(in: records.name)
        let found = try await records.engine.read { db in
            try Row.fetchAll(
                db, sql: "SELECT sequence, message FROM fact WHERE sequence > $1 ORDER BY sequence LIMIT $2",
                arguments: [position, Self.batch]
            ).map { (sequence: $0[0] as Int64, message: String.fromDatabaseValue($0[1])) }
        }
        guard let last = found.last?.sequence else { return false }
        try await engine.write { db in
            for case (let sequence, let message?) in found {
                try db.execute(
                    sql: "INSERT OR IGNORE INTO mention (message, sequence) VALUES ($1, $2)",
                    arguments: [message, sequence])
            }
            try Self.advance(records.name, to: last, db)
        }
        return found.count == Self.batch
    }

    private func position(in stream: String) async throws -> Int64 {
        try await engine.read {
            try Int64.fetchOne($0, sql: "SELECT position FROM read_position WHERE stream = $1", arguments: [stream])
        } ?? 0
    }

    private static func advance(_ stream: String, to position: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO read_position (stream, position) VALUES ($1, $2)
                ON CONFLICT (stream) DO UPDATE SET position = max(position, excluded.position)
                """, arguments: [stream, position])
    }

    // A statement for each entry would cost more than its place in the tree.
    private static func insert(_ octets: [UInt8], _ db: Database) throws {
        guard !octets.isEmpty else { return }
        try db.cachedStatement(
            sql: """
                WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < $1)
                INSERT OR IGNORE INTO entry SELECT substr($2, n * \(MessageEntry.length) + 1, \(MessageEntry.length))
                FROM number
                """
        ).execute(arguments: [octets.count / MessageEntry.length, Data(octets)])
    }
}

// MARK: - Entries of facts

extension SQLiteMessageIndex {
    private struct Found: Sendable {
        var octets: [UInt8] = []
        var sessions: [(name: String, sequence: Int64)] = []
        var last: Int64
        var isFull = false
    }

    // Only events that begin a story are read whole.
    private static func entries(after position: Int64, _ db: Database) throws -> Found {
        let statement = try db.cachedStatement(
            sql: """
                SELECT sequence, account, message, CASE
                    WHEN message IS NULL THEN CASE WHEN event GLOB '{"signedIn":{"door":"smtp",*' THEN event END
                    WHEN event GLOB '{"accepted":*' OR event GLOB '{"renderingFailed":*' THEN event
                    ELSE substr(event, 1, 24) END
                FROM fact WHERE sequence > $1 ORDER BY sequence LIMIT $2
                """)
        var found = Found(last: position)
        var count = 0
        let rows = try Row.fetchCursor(statement, arguments: [position, batch])
        while let row = try rows.next() {
            found.last = row[0]
            count += 1
            guard let event = String.fromDatabaseValue(row[3]) else { continue }
            guard let message = String.fromDatabaseValue(row[2]) else {
                if let name = session(of: event) { found.sessions.append((name, found.last)) }
                continue
            }
            guard let place = MessagePlace(message), let account = String.fromDatabaseValue(row[1]) else { continue }
            var writer = EntryWriter(place: place, account: MessageEntry.number(account))
            writer.add(event)
            found.octets += writer.octets
        }
        found.isFull = count == batch
        return found
    }

    /// What the facts of the session's mail call it.
    private static func session(of event: String) -> String? {
        guard case .signedIn(let event) = try? Fact.Event(json: event) else { return nil }
        return event.call.request.isEmpty ? nil : event.call.request
    }
}

/// The entries of one fact about a message.
private struct EntryWriter {
    /// What one message is found by at most: it may have 50 recipients and 50 tags.
    private static let most = 200

    let place: MessagePlace
    let account: UInt64
    let stretch: Int
    var octets: [UInt8] = []

    init(place: MessagePlace, account: UInt64) {
        (self.place, self.account, stretch) = (place, account, place.stretch)
    }

    mutating func add(_ event: String) {
        var event = event
        let isKnown = event.withUTF8 { octets in
            if octets.starts(with: #"{"accepted":"#.utf8) {
                guard let glance = AcceptedGlance(octets) else { return false }
                accepted(glance)
                return true
            }
            if octets.starts(with: #"{"renderingFailed":"#.utf8) { return false }
            let name = octets.dropFirst(2).prefix { $0 != UInt8(ascii: "\"") }
            if let kind = Fact.Event.Kind(rawValue: String(decoding: name, as: UTF8.self)),
                MessageQuery.outcomes.contains(kind)
            {
                add(.outcome(kind))
            }
            return true
        }
        if !isKnown { decode(event) }
    }

    private mutating func accepted(_ event: AcceptedGlance) {
        add(.all)
        for recipient in event.recipients { person(recipient, MessageTerm.recipient, MessageTerm.recipientDomain) }
        let envelope = event.envelopeSender
        person(event.from, MessageTerm.sender, MessageTerm.senderDomain)
        if !envelope.isEmpty, !envelope.elementsEqual(event.from) {
            person(envelope, MessageTerm.sender, MessageTerm.senderDomain)
        }
        for (name, value) in event.tags { add(.tag(name, value)) }
    }

    private mutating func decode(_ text: String) {
        guard let event = try? Fact.Event(json: text) else { return }
        switch event {
        case .accepted(let event):
            add(.all)
            for recipient in event.recipients {
                person(recipient.utf8, MessageTerm.recipient, MessageTerm.recipientDomain)
            }
            for sender in [event.from, event.envelopeSender] where !sender.isEmpty {
                person(sender.utf8, MessageTerm.sender, MessageTerm.senderDomain)
            }
            for (name, value) in event.tags { add(.tag(name.utf8, value.utf8)) }
        case .renderingFailed(let event):
            add(.all)
            add(.outcome(.renderingFailed))
            for recipient in event.recipients {
                person(recipient.utf8, MessageTerm.recipient, MessageTerm.recipientDomain)
            }
        default: break
        }
    }

    private mutating func person<Text: BidirectionalCollection<UInt8>>(
        _ address: Text, _ whole: (Text) -> MessageTerm, _ domain: (Text.SubSequence) -> MessageTerm
    ) {
        add(whole(address))
        if let at = address.lastIndex(of: UInt8(ascii: "@")) { add(domain(address[address.index(after: at)...])) }
    }

    private mutating func add(_ term: MessageTerm) {
        guard octets.count < Self.most * MessageEntry.length else { return }
        MessageEntry.append(term, of: place, in: stretch, account: account, to: &octets)
    }
}
