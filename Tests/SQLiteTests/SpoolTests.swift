// SPDX-License-Identifier: Apache-2.0

import Foundation
import Journal
import Mail
import Queue
import SQLite
import Testing

@Suite("SQLite spool")
final class SpoolTests: Sendable {
    private let directory: String
    private let account: AccountID

    init() throws {
        directory = NSTemporaryDirectory() + "spool-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        account = try #require(AccountID("111122223333"))
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func open() throws -> SQLiteSpool { try SQLiteSpool(directory: directory, reserve: 0, synchronous: .full) }

    private func message(_ number: UInt64, body: Content.Body = .memory([104, 105])) -> SpooledMessage {
        SpooledMessage(
            id: MessageID(region: "us-east-1", at: Timestamp(seconds: 1), random: (number, 0)), account: account,
            acceptedAt: Timestamp(seconds: 1), expiresAt: Timestamp(seconds: 100), reversePath: .null,
            signingDomain: nil,
            content: Content(header: Array("A: b\r\n\r\n".utf8), body: body))
    }

    private func delivery(_ message: SpooledMessage, due: Int64, site: String = "a") throws -> PendingDelivery {
        PendingDelivery(
            message: message.id, lane: Lane(account: account, destination: site),
            recipients: [try Mailbox(parsing: "b@example.com"), try Mailbox(parsing: "c@example.com")],
            dueAt: Timestamp(seconds: due), acceptedAt: message.acceptedAt, expiresAt: message.expiresAt)
    }

    /// What is due in the one lane, and the second in which the next is.
    private func due(_ spool: SQLiteSpool, at second: Int64, limit: Int = 10) async throws -> (
        [PendingDelivery], Int64?
    ) {
        let read = LaneRead(lane: Lane(account: account, destination: "a"), limit: limit)
        let rows = try await spool.due([read], at: Timestamp(seconds: second))
        return (rows.flatMap(\.due), rows.first?.nextDue?.seconds)
    }

    private func fact(_ message: SpooledMessage) -> Fact {
        Fact(
            at: Timestamp(seconds: 1), account: account, message: message.id,
            event: .refused(.init(door: "smtp", principal: "p", control: "c", reason: "r", sourceAddress: "s")))
    }

    @Test("syncs each commit: GRDB's own NORMAL does not stand")
    func synchronous() throws {
        #expect(try open().engine.synchronousLevel() == 2)
    }

    @Test("gives back what was accepted, also after a restart, and forgets it when it is settled")
    func life() async throws {
        let message = message(1)
        var stored = try await open().accept(
            message, [try delivery(message, due: 5), try delivery(message, due: 4)], [fact(message)])
        let spool = try open()
        #expect(try await spool.message(message.id) == message)
        #expect(try await due(spool, at: 4) == ([stored[1]], 5))
        #expect(try await due(spool, at: 9) == ([stored[1], stored[0]], nil))
        #expect(try await due(spool, at: 9, limit: 1) == ([stored[1]], 5))
        try await spool.settle(Settlement(delivery: stored[0], retry: nil, facts: [fact(message)]), departure: nil)
        let left = stored[1].recipients.suffix(1)
        try await spool.settle(
            Settlement(
                delivery: stored[1],
                retry: .init(recipients: Array(left), dueAt: Timestamp(seconds: 7), lastReply: "451"), facts: []),
            departure: nil)
        stored = try await due(spool, at: 7).0
        #expect(stored.map(\.recipients) == [Array(left)])
        #expect(stored.map(\.attempts) == [1])
        #expect(try await spool.waiting() == ["a": 1])
        try await spool.settle(Settlement(delivery: stored[0], retry: nil, facts: []), departure: nil)
        try await spool.settle(Settlement(delivery: stored[0], retry: nil, facts: []), departure: nil)
        #expect(try await spool.message(message.id) == nil)
        #expect(try await spool.facts(after: 0, limit: 10).map(\.sequence) == [1, 2])
        #expect(try await spool.facts(after: 1, limit: 10).map(\.fact) == [fact(message)])
    }

    @Test("keeps large bodies in a file that lives as long as its message")
    func files() async throws {
        let spool = try open()
        let draft = directory + "/draft"
        try Data("0123456789".utf8).write(to: URL(filePath: draft))
        let message = message(1, body: .file(path: draft, offset: 3, length: 7))
        let stored = try await spool.accept(message, [try delivery(message, due: 1)], [])
        guard case .file(let path, 3, 7)? = try await spool.message(message.id)?.content.body else {
            Issue.record("the body is no file")
            return
        }
        try Data().write(to: URL(filePath: directory + "/bodies/orphan"))
        try await spool.sweep()
        #expect(FileManager.default.fileExists(atPath: path))
        #expect(!FileManager.default.fileExists(atPath: directory + "/bodies/orphan"))
        try await spool.settle(Settlement(delivery: stored[0], retry: nil, facts: []), departure: nil)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("makes a file of a large body that comes in memory, and of no other")
    func largeMemory() async throws {
        let spool = try open()
        let limit = FileDrafts.memoryLimit
        let large = [UInt8](unsafeUninitializedCapacity: limit + 1) { buffer, count in
            for index in 0...limit { buffer[index] = UInt8(truncatingIfNeeded: index) }
            count = limit + 1
        }
        let (first, second) = (message(1, body: .memory(large)), message(2, body: .memory(Array(large.dropLast()))))
        let stored = try await spool.accept(first, [try delivery(first, due: 1)], [])
        _ = try await spool.accept(second, [try delivery(second, due: 1)], [])
        guard case .file(let path, 0, limit + 1)? = try await spool.message(first.id)?.content.body else {
            Issue.record("the body is no file")
            return
        }
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(large))
        #expect(try await spool.message(second.id) == second)
        // Nobody's file is given up for another's fault.
        await #expect(throws: SpoolFailure.self) { _ = try await spool.accept(first, [], []) }
        try await spool.sweep()
        #expect(FileManager.default.fileExists(atPath: path))
        try await spool.settle(Settlement(delivery: stored[0], retry: nil, facts: []), departure: nil)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("gives no id twice, and a stale settlement reaches nobody and leaves no fact")
    func stale() async throws {
        let spool = try open()
        let (first, second) = (message(1), message(2))
        let old = try #require(try await spool.accept(first, [try delivery(first, due: 1)], []).first)
        try await spool.settle(Settlement(delivery: old, retry: nil, facts: []), departure: nil)
        let new = try #require(try await spool.accept(second, [try delivery(second, due: 1)], []).first)
        #expect(new.id > old.id)
        let other = PendingDelivery(
            id: new.id, message: first.id, lane: Lane(account: account, destination: "a"), recipients: old.recipients,
            dueAt: old.dueAt, acceptedAt: old.acceptedAt, expiresAt: old.expiresAt)
        let retry = Settlement.Retry(recipients: [], dueAt: Timestamp(seconds: 9), lastReply: "451")
        for delivery in [old, other] {
            for retry in [nil, retry] {
                try await spool.settle(
                    Settlement(delivery: delivery, retry: retry, facts: [fact(first)]), departure: nil)
            }
        }
        #expect(try await due(spool, at: 1).0 == [new])
        #expect(try await spool.facts(after: 0, limit: 10).isEmpty)
    }

    @Test("shares commits among those who wait, and lets nobody pay for another's fault")
    func groups() async throws {
        let spool = try open()
        let duplicate = message(7)
        _ = try await spool.accept(duplicate, [], [])
        let before = spool.engine.commitCount
        let failures = await withTaskGroup(of: Int.self) { group in
            for number in 0..<200 as Range<UInt64> {
                group.addTask {
                    do {
                        _ = try await spool.accept(self.message(number), [], [])
                        return 0
                    } catch {
                        return 1
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(failures == 1)
        #expect(spool.engine.commitCount - before < 199 + 1)
        #expect(try await spool.message(message(199).id) != nil)
    }

    @Test("refuses mail before the disk is full")
    func reserve() async throws {
        let spool = try SQLiteSpool(directory: directory, reserve: .max, synchronous: .full)
        await #expect(throws: SpoolFailure.noSpace) { _ = try await spool.accept(self.message(1), [], []) }
    }
}
