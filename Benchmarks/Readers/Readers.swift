// SPDX-License-Identifier: Apache-2.0
// What is written and read of a message beside the message itself, in microseconds of CPU each: its facts as text, read
// again, made a record and packed into a log file, and each reader of the journal with its store.

import Compression
import Foundation
import Journal
import Mail
import Monitoring
import SQLite
import Trail

@main
enum Readers {
    private static let count = 50_000

    nonisolated(nonsending) static func main() async throws {
        let facts = facts()
        let key = SecretBytes(Array(repeating: 7, count: 32))
        let maker = TrailMaker(region: "us-east-1", sight: .hashed(key))
        var texts: [String] = []
        try await measure("fact to text") { texts = facts.map(\.event.json) }
        try await measure("text to fact") { for text in texts { _ = try Fact.Event(json: text) } }
        let recorded = facts.enumerated().map { RecordedFact(sequence: Int64($0.offset + 1), fact: $0.element) }
        var records: [TrailRecord] = []
        try await measure("fact to record") { records = recorded.compactMap { maker.record(of: $0, in: "spool") } }
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("readers-\(UUID())").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let spool = try SQLiteSpool(directory: directory, reserve: 0, synchronous: .full)
        let outbox = try SQLiteRecords(directory: directory, synchronous: .full)
        try await measure("facts of acceptance and delivery stored") {
            for start in stride(from: 0, to: count, by: 500) {
                let page = facts[start..<min(start + 500, count)]
                try await spool.record(Array(page))
                try await spool.record(page.map(delivery))
            }
        }
        let store = try SQLiteTrail(directory: directory)
        let keeper = TrailKeeper(streams: [spool], store: store, maker: maker)
        try await measure("trail") { while try await keeper.read() {} }
        let metrics = MetricsReader(
            facts: spool, store: try SQLiteMetrics(directory: directory, synchronous: .full),
            sources: .init(
                history: { try await spool.timeline($0) }, ownDomains: { _ in ["example.com"] },
                now: { Timestamp(milliseconds: 1_790_000_000_000) }))
        try await measure("metrics") { while try await metrics.read() {} }
        let index = try SQLiteMessageIndex(directory: directory, spool: spool, records: outbox)
        try await measure("search") { while try await index.read() {} }
        try await measure("record read") {
            var last: Int64 = 0
            while let page = try? await store.records(after: last, limit: 1_000), let end = page.last {
                last = end.sequence
            }
        }
        let log = Array(records.map(\.json).joined(separator: ",").utf8)
        try await measure("record packed, quick") { _ = try Gzip.compress(log, .quick) }
        try await measure("record packed, usual") { _ = try Gzip.compress(log, .usual) }
        let sizes = try [Gzip.Effort.quick, .usual].map { try Gzip.compress(log, $0).count / count }
        print("octets: fact \(texts[0].utf8.count), record \(log.count / count), packed \(sizes[0]) or \(sizes[1])")
    }

    // CPU of the whole process: the store works on threads of its own.
    nonisolated(nonsending) private static func measure(
        _ name: String, _ work: nonisolated(nonsending) () async throws -> Void
    ) async throws {
        let begun = clock()
        try await work()
        let spent = Double(clock() - begun) / Double(CLOCKS_PER_SEC) / Double(count) * 1e6
        print("\(name): \(String(format: "%.1f", spent)) us")
    }

    private static func delivery(of fact: Fact) -> Fact {
        let outcome = Fact.Outcome(
            recipients: ["bob@d1.example"], attempt: 1, peer: "mx1.d1.example [192.0.2.1]:25",
            reply: "250 2.0.0 Ok: queued as 0123456789", tls: "TLSv1.3", milliseconds: 12, address: "192.0.2.9",
            site: "d1.example", cipher: "TLS_AES_128_GCM_SHA256", certificate: "verified", tlsPolicy: "opportunistic")
        return Fact(at: fact.at + 1, account: fact.account, message: fact.message, event: .delivered(outcome))
    }

    private static func facts() -> [Fact] {
        let account = AccountID("111122223333")!
        let call = { (number: Int) in
            Fact.Call(
                request: "0f8fad5b-d9cb-469f-a165-\(100_000_000_000 + number)", source: "ses.amazonaws.com",
                name: "SendEmail",
                identity:
                    #"{"type":"IAMUser","principalId":"AIDAEXAMPLEEXAMPLE12","arn":"arn:aws:iam::111122223333:user/apps/billing","accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"billing"}"#,
                userName: "billing", accessKeyID: "AKIAIOSFODNN7EXAMPLE",
                agent: "Boto3/1.40 md/Botocore#1.40 ua/2.1 os/linux md/arch#x86_64 lang/python#3.13", tls: "TLSv1.3",
                host: "email.us-east-1.example.com")
        }
        return (0..<count).map { number in
            Fact(
                at: Timestamp(milliseconds: 1_790_000_000_000 + Int64(number)), account: account,
                message: MessageID(
                    parsing: "0100019a\(10_000_000 + number)-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee-000000"),
                event: .accepted(
                    .init(
                        door: "api", principal: "arn:aws:iam::111122223333:user/apps/billing",
                        reversePath: "ada@example.com", from: "ada@example.com",
                        recipients: ["bob\(number)@d\(number % 400).example"],
                        identity: "arn:aws:ses:us-east-1:111122223333:identity/example.com", size: 2_048,
                        sourceAddress: "10.1.2.3", call: call(number))))
        }
    }
}
