// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Mail
import SQLite
import Testing
import Trail

@Suite("The local trail in SQLite") struct TrailStoreTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "trail-\(UUID().uuidString)").path
    private static let account = AccountID("111122223333")!
    private static let other = AccountID("444455556666")!

    init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    private static func record(
        _ id: String, at second: Int64 = 0, _ account: AccountID = account,
        category: TrailRecord.Category = .management, source: String = "iam.amazonaws.com", name: String = "CreateUser",
        isReadOnly: Bool = false, userName: String? = nil, key: String? = nil, resources: [TrailRecord.Resource] = []
    ) -> TrailRecord {
        TrailRecord(
            id: id, at: Timestamp(seconds: second), account: account, category: category, source: source, name: name,
            isReadOnly: isReadOnly, userName: userName, accessKeyID: key, resources: resources,
            json: "{\"eventID\":\"\(id)é\"}")
    }

    private static func query(
        _ attribute: TrailQuery.Attribute? = nil, _ account: AccountID = account, from: Int64 = 0,
        to: Int64 = 1_000_000,
        before: Int64? = nil, limit: Int = 50
    ) -> TrailQuery {
        TrailQuery(
            account: account, attribute: attribute, from: Timestamp(seconds: from), to: Timestamp(seconds: to),
            before: before, limit: limit)
    }

    private func ids(_ store: SQLiteTrail, _ query: TrailQuery) async throws -> [String] {
        try await store.lookup(query).map(\.record.id)
    }

    @Test("what was kept is there after a restart, numbered in its order, and once") func reopen() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let full = Self.record(
            "1", at: 5, userName: "bob", key: "AKIA",
            resources: [.init(type: "AWS::IAM::Role", name: "r"), .init(type: "AWS::IAM::User", name: "u")])
        let send = Self.record("2", at: 3, category: .data)
        do {
            let store = try SQLiteTrail(directory: directory)
            #expect(try await store.position(in: "spool") == 0)
            try await store.append([full, send], from: "spool", upTo: 9)
            try await store.append([], from: "records", upTo: 4)
        }
        let store = try SQLiteTrail(directory: directory)
        try await store.append([Self.record("1", at: 99), Self.record("3"), Self.record("3")], from: "spool", upTo: 11)
        // A position never goes back.
        try await store.append([], from: "records", upTo: 3)
        #expect(try await store.position(in: "spool") == 11)
        #expect(try await store.position(in: "records") == 4)
        let all = try await store.records(after: 0, limit: 10)
        #expect(all.map(\.record) == [full, send, Self.record("3")])
        #expect(try await store.records(after: all[0].sequence, limit: 1) == [all[1]])
        #expect(try await store.records(after: all[2].sequence, limit: 10).isEmpty)
        #expect(try await store.volume(of: .management) == TrailVolume(records: 2, octets: 34))
        #expect(try await store.volume(of: .data) == TrailVolume(records: 1, octets: 17))
    }

    @Test("records and position are kept together or not at all") func oneTransaction() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try SQLiteTrail(directory: directory)
        let queue = try DatabaseQueue(path: "\(directory)/trail.db")
        try await queue.write {
            try $0.execute(
                sql: """
                    CREATE TRIGGER no BEFORE INSERT ON read_position BEGIN SELECT raise(ABORT, 'no'); END
                    """)
        }
        await #expect(throws: (any Error).self) {
            try await store.append([Self.record("1")], from: "spool", upTo: 1)
        }
        #expect(try await store.records(after: 0, limit: 10).isEmpty)
        #expect(try await store.volume(of: .management) == TrailVolume(records: 0, octets: 0))
    }

    @Test(
        "one question, one attribute",
        arguments: [
            (nil, ["6", "5", "4", "3", "1"]),
            (.eventID("3"), ["3"]), (.eventID("2"), []), (.eventID("7"), []),
            (.eventName("CreateRole"), ["4"]),
            (.readOnly(true), ["5"]), (.readOnly(false), ["6", "4", "3", "1"]),
            (.userName("bob"), ["3"]), (.accessKeyID("AKIA"), ["5", "3"]),
            (.eventSource("sts.amazonaws.com"), ["6"]),
            (.resourceType("AWS::IAM::User"), ["5", "1"]), (.resourceName("u1"), ["5", "4", "1"]),
            (.resourceName("' OR 1=1 --"), []),
        ] as [(TrailQuery.Attribute?, [String])])
    func attributes(_ attribute: TrailQuery.Attribute?, _ expected: [String]) async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try SQLiteTrail(directory: directory)
        let user = TrailRecord.Resource(type: "AWS::IAM::User", name: "u1")
        try await store.append(
            [
                Self.record("1", at: 10, resources: [user]),
                Self.record("2", at: 11, category: .data, userName: "bob", key: "AKIA", resources: [user]),
                Self.record("3", at: 12, userName: "bob", key: "AKIA"),
                Self.record("4", at: 13, name: "CreateRole", resources: [.init(type: "AWS::IAM::Role", name: "u1")]),
                // Later in the file, earlier in time.
                Self.record("6", at: 15, source: "sts.amazonaws.com"),
                Self.record(
                    "5", at: 14, isReadOnly: true, userName: "eve", key: "AKIA",
                    resources: [user, .init(type: "AWS::IAM::Role", name: "u2")]),
                Self.record("7", at: 16, Self.other, isReadOnly: true, userName: "bob", key: "AKIA", resources: [user]),
            ], from: "records", upTo: 7)
        #expect(try await ids(store, Self.query(attribute)) == expected)
        #expect(try await ids(store, Self.query(attribute, from: 12, to: 14)) == expected.filter { "345".contains($0) })
    }

    @Test("pages have neither gaps nor doubles, though moments are equal and out of order") func pages() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try SQLiteTrail(directory: directory)
        let user = TrailRecord.Resource(type: "AWS::IAM::User", name: "u")
        try await store.append(
            (0..<100).map { Self.record("\($0)", at: Int64($0 * 37 % 10), resources: [user]) }, from: "s", upTo: 100)
        let sorted = (0..<100).sorted { ($0 * 37 % 10, $0) > ($1 * 37 % 10, $1) }.map { "\($0)" }
        for attribute in [nil, TrailQuery.Attribute.resourceName("u"), .eventName("CreateUser")] {
            var (seen, before) = ([String](), Int64?.none)
            while true {
                let page = try await store.lookup(Self.query(attribute, before: before, limit: 7))
                guard let last = page.last else { break }
                seen += page.map(\.record.id)
                before = last.sequence
            }
            #expect(seen == sorted)
        }
        #expect(try await store.lookup(Self.query(limit: -1)).isEmpty)
    }

    @Test(
        "questions are answered from indexes",
        arguments: [
            "account = '1' AND at > 5", "account = '1' AND name = 'x' AND at > 5",
            "account = '1' AND source = 'x' AND at > 5",
            "account = '1' AND user_name = 'x' AND at > 5", "account = '1' AND access_key = 'x' AND at > 5",
            "account = '1' AND read_only = 0 AND at > 5",
        ])
    func plans(_ condition: String) async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        _ = try SQLiteTrail(directory: directory)
        let plan = try await DatabaseQueue(path: "\(directory)/trail.db").read {
            try Row.fetchAll(
                $0,
                sql: """
                    EXPLAIN QUERY PLAN SELECT * FROM record WHERE record.category = 'Management' AND \(condition)
                    ORDER BY at DESC, sequence DESC LIMIT 5
                    """
            ).map { $0["detail"] as String }
        }
        #expect(plan.count == 1 && plan[0].contains("SEARCH record USING INDEX record_"))
    }

    @Test("only one class goes, only what is old, and only what every reader has passed") func prune() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try SQLiteTrail(directory: directory)
        let user = TrailRecord.Resource(type: "AWS::IAM::User", name: "u")
        for part in 0..<3 {
            try await store.append(
                (0..<4_000).map { number in
                    let number = part * 4_000 + number
                    return Self.record(
                        "\(number)", at: Int64(number), category: number.isMultiple(of: 2) ? .data : .management,
                        resources: number.isMultiple(of: 2) ? [] : [user])
                }, from: "s", upTo: Int64(part))
        }
        #expect(try await store.prune(.data, before: Timestamp(seconds: 11_000), upTo: 10_000) == 5_000)
        #expect(try await store.prune(.management, before: Timestamp(seconds: 100), upTo: .max) == 50)
        #expect(try await store.prune(.management, before: Timestamp(seconds: 100), upTo: .max) == 0)
        #expect(try await store.volume(of: .data).records == 1_000)
        #expect(try await store.volume(of: .management).records == 5_950)
        let left = try await store.records(after: 0, limit: 20_000).map(\.record.id)
        #expect(
            left == (0..<12_000).filter { $0.isMultiple(of: 2) ? $0 >= 10_000 : $0 >= 100 }.map { "\($0)" })
        #expect(try await store.lookup(Self.query(.resourceName("u"), to: 200)).count == 50)
        // Numbers are never given twice.
        try await store.append([Self.record("new")], from: "s", upTo: 9)
        #expect(try await store.records(after: 12_000, limit: 5).map(\.sequence) == [12_001])
        try await store.prune(.management, before: Timestamp(seconds: 50_000), upTo: .max)
        try await store.prune(.data, before: Timestamp(seconds: 50_000), upTo: .max)
        #expect(try await store.volume(of: .management) == TrailVolume(records: 0, octets: 0))
        #expect(try await store.volume(of: .data) == TrailVolume(records: 0, octets: 0))
    }
}
