// SPDX-License-Identifier: Apache-2.0

import Delivery
import Foundation
import Mail
import Reports
import SQLite
import Testing

@Suite("What is known of strangers' TLS, in SQLite")
struct TLSResultTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)").path

    init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    private static func count(
        _ domain: String, _ sessions: Int, start: Int64 = 0, failure: String? = nil
    ) throws -> TLSCount {
        TLSCount(
            start: Timestamp(seconds: start), domain: try Domain(parsing: domain),
            policy: AppliedPolicy(kind: .sts, strings: ["mx: \"x\""], hosts: ["*.rome.example"]),
            failure: failure.map { CountedFailure(type: .certificateExpired, host: "mx", words: $0) },
            sessions: sessions)
    }

    @Test("counts of one kind add up, over restarts; others stand beside them")
    func counts() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let rome = try Domain(parsing: "rome.example")
        try await SQLiteTLSResults(directory: directory).add([
            Self.count("rome.example", 2), Self.count("rome.example", 5, failure: "é"), Self.count("oslo.example", 1),
        ])
        let store = try SQLiteTLSResults(directory: directory)
        try await store.add([Self.count("rome.example", 3), Self.count("rome.example", 7, start: 86_400)])
        let first = try await store.counts(of: rome, from: Timestamp(seconds: 0))
        #expect(
            try Set(first) == [Self.count("rome.example", 5), Self.count("rome.example", 5, failure: "é")])
        let domains = try await store.domains(before: Timestamp(seconds: 86_400))
        #expect(domains.map { "\($0.start.seconds) \($0.domain)" } == ["0 oslo.example", "0 rome.example"])
        try await store.remove(rome, from: Timestamp(seconds: 0))
        #expect(try await store.counts(of: rome, from: Timestamp(seconds: 0)).isEmpty)
        #expect(try await store.counts(of: rome, from: Timestamp(seconds: 86_400)).map(\.sessions) == [7])
    }

    @Test("the newest policy of a domain is kept until it is past")
    func policies() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let rome = try Domain(parsing: "rome.example")
        let store = try SQLiteTLSResults(directory: directory)
        let stored = (1...2).map {
            MTASTSStored(
                id: "\($0)", text: "mode: enforce\nmx: \($0)", fetchedAt: Timestamp(seconds: $0),
                expiresAt: Timestamp(seconds: 100 + $0))
        }
        #expect(try await store.policy(of: rome) == nil)
        for policy in stored { try await store.keep(policy, of: rome) }
        #expect(try await store.policy(of: rome) == stored[1])
        try await store.removePolicies(expiredBefore: Timestamp(seconds: 102))
        #expect(try await store.policy(of: rome) == stored[1])
        try await store.removePolicies(expiredBefore: Timestamp(seconds: 103))
        #expect(try await store.policy(of: rome) == nil)
    }
}
