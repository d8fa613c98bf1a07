// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
package import Journal
import Mail

extension SQLiteMessageIndex {
    package func find(_ query: MessageQuery) async throws -> MessagePage {
        if let id = query.id { return try await find(id, query) }
        guard query.to - query.from <= MessageQuery.longestRange else {
            throw MessageSearchFailure(
                "One question may be about \(Int(MessageQuery.longestRange / 86_400)) days: ask for less at a time."
            )
        }
        let walk = MessageWalk(query)
        let end = try await engine.read { try walk.run($0) }
        var messages: [FoundMessage] = []
        for place in end.found {
            guard let id = place.id, let message = try await message(id, place) else { continue }
            if query.isMet(by: message.first) { messages.append(message) }
        }
        return MessagePage(messages: messages, next: end.next?.id)
    }

    private func find(_ id: MessageID, _ query: MessageQuery) async throws -> MessagePage {
        guard query.before == nil, let place = MessagePlace(id.description),
            let message = try await message(id, place), query.isMet(by: message.first),
            (query.from...max(query.from, query.to)).contains(message.first.at),
            query.outcomes.isSubset(of: message.outcomes)
        else { return MessagePage(messages: [], next: nil) }
        return MessagePage(messages: [message], next: nil)
    }

    private func message(_ id: MessageID, _ place: MessagePlace) async throws -> FoundMessage? {
        guard let first = try await spool.engine.read({ try Facts.first(about: id, $0) }) else { return nil }
        let account = MessageEntry.number(first.account.description)
        let outcomes = try await engine.read { db in
            try MessageQuery.outcomes.filter { try MessageWalk.holds(.outcome($0), place, account, db) }
        }
        return FoundMessage(id: id, first: first, outcomes: Set(outcomes))
    }
}

/// One question on its way through the index: from stretch to stretch of time, the newest first, along the entries of
/// the term that fewest messages should have; whatever lacks another of the terms is passed over.
struct MessageWalk: Sendable {
    /// Entries that one question may look at.
    static let longest = 20_000
    /// Accounts that a question about all of them may have to do with in one stretch of time.
    static let mostAccounts = 1_000
    private static let piece = 256

    struct End: Sendable {
        var found: [MessagePlace] = []
        /// The last place that was looked at, where there is more.
        var next: MessagePlace?
    }

    private let driver: MessageTerm
    private let others: [MessageTerm]
    private let account: UInt64?
    private let first: MessagePlace
    private let behind: MessagePlace
    private let limit: Int

    init(_ query: MessageQuery) {
        var terms = Self.terms(query)
        driver = terms.removeFirst()
        others = terms
        account = query.account.map { MessageEntry.number($0.description) }
        first = MessagePlace(first: query.from)
        let end = MessagePlace(behind: query.to)
        behind = query.before.flatMap { MessagePlace($0.description) }.map { min($0, end) } ?? end
        limit = min(max(query.limit, 1), MessageQuery.largestPage)
    }

    // Those that fewest messages should have come first.
    private static func terms(_ query: MessageQuery) -> [MessageTerm] {
        var terms: [MessageTerm] = []
        if case .mailbox(let mailbox) = query.recipient { terms.append(.recipient(mailbox.description.utf8)) }
        terms += query.tags.map { .tag($0.name.utf8, $0.value.utf8) }
        let outcomes = MessageQuery.outcomes.filter(query.outcomes.contains)
        terms += outcomes.filter { $0 != .delivered }.map { .outcome($0) }
        if case .mailbox(let mailbox) = query.sender { terms.append(.sender(mailbox.description.utf8)) }
        if case .domain(let domain) = query.recipient { terms.append(.recipientDomain(domain.description.utf8)) }
        if case .domain(let domain) = query.sender { terms.append(.senderDomain(domain.description.utf8)) }
        terms += outcomes.filter { $0 == .delivered }.map { .outcome($0) }
        return terms.isEmpty ? [.all] : terms
    }

    func run(_ db: Database) throws -> End {
        var end = End()
        guard first < behind else { return end }
        var (left, behind) = (Self.longest, behind)
        for stretch in (first.stretch...behind.stretch).reversed() {
            let accounts = try account.map { [$0] } ?? accounts(in: stretch, db)
            while !accounts.isEmpty {
                let piece = try entries(in: stretch, of: accounts, behind: behind, db)
                for (account, place) in piece {
                    // One more than was asked for shows that there is more.
                    guard end.found.count < limit, left > 0 else { return End(found: end.found, next: behind) }
                    left -= 1
                    behind = place
                    if try others.allSatisfy({ try Self.holds($0, place, account, db) }) { end.found.append(place) }
                }
                if piece.count < Self.piece { break }
            }
        }
        return end
    }

    static func holds(_ term: MessageTerm, _ place: MessagePlace, _ account: UInt64, _ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM entry WHERE octets = $1")
        return try Int.fetchOne(
            statement, arguments: [MessageEntry.entry(term, of: place, account: account)]) != nil
    }

    /// Those that have an entry of the term in this stretch, by looking once for each.
    private func accounts(in stretch: Int, _ db: Database) throws -> [UInt64] {
        let statement = try db.cachedStatement(
            sql: "SELECT octets FROM entry WHERE octets >= $1 AND octets < $2 ORDER BY octets LIMIT 1")
        let end = Data(MessageEntry.prefix(stretch, driver, account: 1 << 40 - 1))
        var found: [UInt64] = []
        var next: UInt64 = 0
        while let entry = try Data.fetchOne(
            statement, arguments: [Data(MessageEntry.prefix(stretch, driver, account: next)), end]),
            let account = MessageEntry.read(entry)?.account
        {
            guard found.count < Self.mostAccounts else {
                throw MessageSearchFailure(
                    "More than \(Self.mostAccounts) accounts have such messages: ask for one account.")
            }
            found.append(account)
            next = account + 1
        }
        return found
    }

    /// The next entries before a place, of all these accounts together, the newest first.
    private func entries(
        in stretch: Int, of accounts: [UInt64], behind: MessagePlace, _ db: Database
    ) throws -> ArraySlice<(account: UInt64, place: MessagePlace)> {
        let statement = try db.cachedStatement(
            sql: "SELECT octets FROM entry WHERE octets >= $1 AND octets < $2 ORDER BY octets DESC LIMIT $3")
        var found: [(account: UInt64, place: MessagePlace)] = []
        for account in accounts {
            let prefix = MessageEntry.prefix(stretch, driver, account: account)
            let range: [Data] = [Data(prefix + first.octets), Data(prefix + behind.octets)]
            found += try Data.fetchAll(statement, arguments: [range[0], range[1], Self.piece])
                .compactMap { MessageEntry.read($0) }
        }
        if accounts.count > 1 { found.sort { $0.place > $1.place } }
        return found.prefix(Self.piece)
    }
}
