// SPDX-License-Identifier: Apache-2.0

import Foundation
import Journal
import Mail
import Queue
import SQLite
import Testing
import Trail

@Suite("Facts and records as logs, in SQLite")
final class AccountLogTests {
    private static let ours = AccountID("111122223333")!
    private static let theirs = AccountID("444455556666")!
    private static let start = Timestamp(seconds: 1_700_000_000)
    private let directory = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func moment(_ number: Int) -> Timestamp { Self.start + Double(number) * 100 }

    private func query(_ change: (inout LogQuery) -> Void = { _ in }) -> LogQuery {
        var query = LogQuery(
            account: Self.ours, from: Self.start, to: Self.start + 86_400, limit: 100, octets: 1 << 20)
        change(&query)
        return query
    }

    /// Every third event is somebody else's.
    private func account(_ number: Int) -> AccountID { number % 3 == 2 ? Self.theirs : Self.ours }

    private func mail() async throws -> SQLiteMailLog {
        let spool = try SQLiteSpool(directory: directory, reserve: 0, synchronous: .normal)
        try await spool.record(
            (0..<30).map { number in
                let event = Fact.Refused(
                    door: "api", principal: "p", control: "c\(number)", reason: "r", sourceAddress: "")
                return Fact(at: moment(number), account: account(number), message: nil, event: .refused(event))
            } + [
                Fact(
                    at: moment(30), account: Self.ours, message: nil,
                    event: .warned(.init(control: "c", subject: "s", reason: "r")))
            ])
        return SQLiteMailLog(spool)
    }

    private func trail() async throws -> SQLiteTrailLog {
        let trail = try SQLiteTrail(directory: directory)
        // They come late and in any order, some at one moment.
        let records = (0..<30).reversed().map { number in
            TrailRecord(
                id: "id-\(number)", at: moment(number - number % 2), account: account(number),
                category: number == 4 ? .data : .management, source: "iam.amazonaws.com", name: "CreateUser",
                isReadOnly: false, userName: nil, accessKeyID: nil, resources: [], json: "{\"number\":\(number)}")
        }
        try await trail.append(records, from: "records", upTo: 30)
        return SQLiteTrailLog(trail)
    }

    private func all(_ log: any AccountLog, limit: Int, isBackward: Bool) async throws -> [LogEntry] {
        var (pages, place): ([[LogEntry]], LogPlace?) = ([], nil)
        while pages.count < 100 {
            let page = try await log.page(query { ($0.limit, $0.isBackward, $0.place) = (limit, isBackward, place) })
            #expect(page.entries.count <= limit)
            pages.append(page.entries)
            place = page.looked ?? place
            if page.isLast { break }
        }
        return (isBackward ? pages.reversed() : pages).flatMap(\.self)
    }

    @Test("pages follow one another either way, and hold the account's own alone", arguments: [1, 4, 20, 100])
    func paging(_ limit: Int) async throws {
        let ours = (0..<30).filter { $0 % 3 != 2 }
        let mail = try await mail()
        for isBackward in [false, true] {
            let entries = try await all(mail, limit: limit, isBackward: isBackward)
            #expect(entries.map(\.at) == ours.map(moment))
            #expect(Set(entries.map(\.id)).count == ours.count)
        }
        let trail = try await trail()
        let forward = try await all(trail, limit: limit, isBackward: false)
        #expect(Set(forward.map(\.id)) == Set(ours.filter { $0 != 4 }.map { "id-\($0)" }))
        #expect(forward.map(\.at) == forward.map(\.at).sorted())
        #expect(try await all(trail, limit: limit, isBackward: true) == forward)
    }

    @Test("times, octets and the shape of an entry")
    func bounds() async throws {
        let mail = try await mail()
        let two = try await mail.page(query { ($0.from, $0.to) = (self.moment(3), self.moment(6)) })
        #expect(two.entries.map(\.at) == [moment(3), moment(4)])
        #expect(two.isLast)
        let entry = try await mail.page(query { $0.octets = 1 })
        #expect(entry.entries.count == 1 && !entry.isLast)
        #expect(
            entry.entries.first?.text
                == #"{"time":"2023-11-14T22:13:20.000Z","accountId":"111122223333","event":"refused","refused":"#
                + #"{"door":"api","principal":"p","control":"c0","reason":"r","sourceAddress":""}}"#)
        #expect(try await mail.range(of: Self.ours) == moment(0)...moment(30))
        let trail = try await trail()
        #expect(try await trail.range(of: Self.ours) == moment(0)...moment(28))
        #expect(try await trail.range(of: AccountID("999999999999")!) == nil)
        #expect(try await trail.page(query { $0.octets = 1 }).entries.map(\.text) == [#"{"number":1}"#])
    }

    @Test("places that nobody was given lead nowhere, or to the start", arguments: [Int64.min, -1, Int64.max])
    func strangePlaces(_ number: Int64) async throws {
        for log in [try await mail(), try await trail()] as [any AccountLog] {
            let whole = try await log.page(query()).entries
            for isBackward in [false, true] {
                let page = try await log.page(
                    query { ($0.isBackward, $0.place) = (isBackward, LogPlace(at: number, sequence: number)) })
                #expect(page.entries == ((number > 0) == isBackward ? whole : []))
            }
        }
    }

    @Test("a page looks through so many facts at most, and goes on behind them, either way")
    func looking() async throws {
        let spool = try SQLiteSpool(directory: directory, reserve: 0, synchronous: .normal)
        func refused(_ account: AccountID) -> Fact {
            let event = Fact.Refused(door: "api", principal: "", control: "", reason: "", sourceAddress: "")
            return Fact(at: Self.start, account: account, message: nil, event: .refused(event))
        }
        try await spool.record(
            [refused(Self.ours)] + [Fact](repeating: refused(Self.theirs), count: Int(SQLiteMailLog.longest))
                + [refused(Self.ours)])
        let log = SQLiteMailLog(spool)
        for isBackward in [false, true] {
            let first = try await log.page(query { $0.isBackward = isBackward })
            #expect(first.entries.count == 1 && !first.isLast)
            let second = try await log.page(query { ($0.isBackward, $0.place) = (isBackward, first.looked) })
            #expect(second.entries.count == 1 && second.isLast)
            #expect(second.entries != first.entries)
        }
    }
}
