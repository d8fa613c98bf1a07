// SPDX-License-Identifier: Apache-2.0

import Foundation
import Journal
import Mail
import SQLite
import Testing
import Trail

@Suite("Trails that are asked for at one moment") struct TrailBookTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "book-\(UUID().uuidString)").path
    private static let account = AccountID("111122223333")!

    init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    private static func fact(_ operation: String) -> Fact {
        Fact(
            at: Timestamp(seconds: 5), account: account, message: nil,
            event: .administered(
                .init(operation: operation, principal: "postern", resource: "trail", sourceAddress: "")))
    }

    private static func trail(_ name: String, _ bucket: String) -> TrailDefinition {
        TrailDefinition(account: account, region: "eu-central-1", name: name, bucket: bucket)
    }

    private func book(_ records: SQLiteRecords) -> TrailBook {
        TrailBook(
            records, region: "eu-central-1", management: Self.account, accounts: { [Self.account] },
            now: { Timestamp(seconds: 5) })
    }

    /// What became of each of twelve that were asked for together.
    private func outcomes(_ book: TrailBook, _ bucket: @escaping @Sendable (Int) -> String) async -> [TrailConflict?] {
        await withTaskGroup(of: TrailConflict?.self) { group in
            for number in 1...12 {
                group.addTask {
                    do {
                        try await book.add(
                            Self.trail("trail-\(number)", bucket(number)), isFree: true, recording: Self.fact("Create"))
                        return nil
                    } catch { return error as? TrailConflict }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("one gets the place, and only its act is on record") func place() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let records = try SQLiteRecords(directory: directory, synchronous: .full)
        let outcomes = await outcomes(book(records)) { _ in "files" }
        #expect(outcomes.count { $0 == nil } == 1 && outcomes.count { $0 == .placeTaken } == 11)
        #expect(try await book(records).trails(of: Self.account).count == 1)
        #expect(try await records.facts(after: 0, limit: 100).count == 1)
    }

    @Test("five are taken, beside the server's own") func limit() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let records = try SQLiteRecords(directory: directory, synchronous: .full)
        try await book(records).makeLocal()
        let outcomes = await outcomes(book(records)) { "files-\($0)" }
        #expect(outcomes.count { $0 == nil } == 5 && outcomes.count { $0 == .tooMany } == 7)
    }

    @Test("changes made together undo nothing of each other's, and none moves into another's place")
    func changes() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let book = book(try SQLiteRecords(directory: directory, synchronous: .full))
        try await book.add(Self.trail("audit", "files"), isFree: true, recording: Self.fact("Create"))
        try await book.add(Self.trail("second", "others"), isFree: true, recording: Self.fact("Create"))
        await withTaskGroup(of: Void.self) { group in
            for number in 1...10 {
                group.addTask {
                    try? await book.change("audit", in: Self.account, recording: Self.fact("AddTags")) {
                        $0.tags["tag-\(number)"] = "x"
                    }
                }
            }
        }
        #expect(try await book.trail("audit", in: Self.account)?.tags.count == 10)
        await #expect(throws: TrailConflict.placeTaken) {
            try await book.change("second", in: Self.account, recording: Self.fact("UpdateTrail")) {
                $0.bucket = "files"
            }
        }
        await #expect(throws: TrailConflict.unknown) {
            try await book.change("third", in: Self.account, recording: Self.fact("UpdateTrail")) { _ in }
        }
        await #expect(throws: TrailConflict.exists) {
            try await book.add(Self.trail("audit", "more"), isFree: true, recording: Self.fact("Create"))
        }
    }
}
