// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Journal
import Mail
import SQLite
import Testing
import Trail

@Suite("Facts that were damaged") struct UnreadableFactTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "facts-\(UUID().uuidString)").path
    private static let account = AccountID("111122223333")!

    init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    private static func fact(_ operation: String) -> Fact {
        Fact(
            at: Timestamp(seconds: 1_796_000_400), account: account, message: nil,
            event: .administered(
                .init(operation: operation, principal: "postern", resource: "thing", sourceAddress: "")))
    }

    private func damage(_ sets: String) throws {
        let queue = try DatabaseQueue(path: "\(directory)/postern.db")
        try queue.write { try $0.execute(sql: "UPDATE fact SET \(sets) WHERE sequence = 2") }
    }

    private static let damages: [(sets: String, reason: String)] = [
        ("event = '{\"administered\":{\"operation\":\"secret'", "it is no JSON"),
        ("event = '{\"administered\":{}}'", "operation is missing, or is of another kind"),
        ("event = '{\"hacked\":{}}'", "no event has its name"), ("event = ''", "it is no JSON"),
        ("event = x'FF00FE'", "it is no text"), ("event = '[]'", "it is no object"),
        ("account = 'not-a-number'", "its account is none"),
    ]

    @Test("have a record of their own without their content, and hold nobody up", arguments: damages)
    func passed(_ sets: String, _ reason: String) async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let records = try SQLiteRecords(directory: directory, synchronous: .full)
        let trail = try SQLiteTrail(directory: directory)
        for name in ["CreateA", "CreateB", "CreateC"] { try await records.record(Self.fact(name)) }
        try damage(sets)
        let keeper = TrailKeeper(
            streams: [records], store: trail, maker: TrailMaker(region: "eu-central-1", sight: .hidden))
        var reported: [String] = []
        #expect(try await !keeper.read { reported.append("\($0) \($1) \($2)") })
        #expect(reported == ["records 2 \(reason)"])
        let kept = try await trail.records(after: 0, limit: 10).map(\.record)
        #expect(kept.map(\.name) == ["CreateA", "UnreadableFact", "CreateC"])
        let details = "\"serviceEventDetails\":{\"stream\":\"records\",\"sequence\":2,\"reason\":\"\(reason)\"}"
        #expect(kept[1].json.contains(details) && kept[1].json.contains("\"eventType\":\"AwsServiceEvent\""))
        #expect(!kept[1].json.contains("secret") && !kept[1].json.contains("hacked"))
        #expect(kept[1].account == (sets.hasPrefix("account") ? .nobody : Self.account))
    }

    @Test("are passed by readers that did not ask for them", arguments: damages)
    func filtered(_ sets: String, _ reason: String) async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let records = try SQLiteRecords(directory: directory, synchronous: .full)
        for name in ["CreateA", "CreateB", "CreateC"] { try await records.record(Self.fact(name)) }
        try damage(sets)
        let page = try await records.facts(of: [.administered], after: 0, limit: 10)
        #expect(page.facts.map(\.sequence) == [1, 3] && page.last == 3)
        let all = try await records.facts(after: 0, limit: 10)
        #expect(all.map(\.sequence) == [1, 2, 3])
        #expect(all[1].fact.event == .unreadable(.init(reason: reason)))
        #expect(all[1].fact.event.json == "{\"unreadable\":{\"reason\":\"\(reason)\"}}")
    }
}
