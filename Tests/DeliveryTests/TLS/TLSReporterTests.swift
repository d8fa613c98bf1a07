// SPDX-License-Identifier: Apache-2.0

import DNS
import Logging
import Mail
import Queue
import Reports
import Synchronization
import Testing

@testable import Delivery

/// What reports were sent, by either way; fails as long as it is told to.
final class ReportSink: SystemMail, ReportPosting {
    struct Down: Error {}

    let mails = Mutex<[(recipient: String, subject: String)]>([])
    let posts = Mutex<[String]>([])
    let isDown = Mutex(false)

    func send(_ mail: SystemMessage) async throws -> MessageID {
        if isDown.withLock({ $0 }) { throw Down() }
        let lines = String(decoding: mail.content, as: UTF8.self).split(separator: "\r\n")
        let subject = lines.first { $0.hasPrefix("TLS-Report-Domain") }.map(String.init) ?? ""
        mails.withLock { $0.append(("\(mail.to) \(mail.signingDomain?.description ?? "")", subject)) }
        return MessageID(region: "us-east-1", at: Timestamp(seconds: 0), random: (0, 0))
    }

    func post(_ report: [UInt8], to address: String) async throws {
        if isDown.withLock({ $0 }) { throw Down() }
        posts.withLock { $0.append(address) }
    }
}

@Suite("TLS reporter")
struct TLSReporterTests {
    private let dns = PostureDNS()
    private let store = PostureStore()
    private let clock = ManualClock()
    private let sink = ReportSink()
    private let results: TLSResults
    private let reporter: TLSReporter

    init() throws {
        results = TLSResults(store: store, now: clock.now)
        reporter = TLSReporter(
            .init(
                organization: "Ours", sender: try Mailbox(parsing: "tls@ours.example"),
                account: try #require(AccountID("111122223333"))),
            .init(
                store: store, dns: dns, mail: sink, poster: sink, now: clock.now, random: { 5_000 },
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })))
    }

    private func seeSessions(_ names: String...) async throws {
        for name in names { results.record(nil, host: nil, of: .named(name), .none) }
        try await results.flush()
    }

    private func ask(_ name: String, _ rua: String) {
        dns.world.withLock { $0.texts["_smtp._tls.\(name)"] = ["v=TLSRPTv1; rua=\(rua)"] }
    }

    @Test("reports once on a day that is over, to every place the domain names, and to nobody else")
    func reports() async throws {
        ask("rome.example", "mailto:r@rome.example,https://r.rome.example/tls")
        try await seeSessions("rome.example", "oslo.example")
        #expect(try await reporter.report() == false)
        #expect(sink.mails.withLock { $0.isEmpty })
        clock.advance(86_400)
        #expect(try await reporter.report() == false)
        #expect(sink.mails.withLock { $0.map(\.recipient) } == ["r@rome.example ours.example"])
        #expect(sink.mails.withLock { $0.map(\.subject) } == ["TLS-Report-Domain: rome.example"])
        #expect(sink.posts.withLock { $0 } == ["https://r.rome.example/tls"])
        #expect(try await reporter.report() == false)
        #expect(sink.mails.withLock { $0.count } == 1)
        #expect(await store.all.isEmpty)
    }

    @Test("a report that finds no way waits, and is dropped a day later")
    func retries() async throws {
        ask("rome.example", "mailto:r@rome.example")
        try await seeSessions("rome.example")
        clock.advance(86_400)
        sink.isDown.withLock { $0 = true }
        #expect(try await reporter.report())
        sink.isDown.withLock { $0 = false }
        #expect(try await reporter.report() == false)
        #expect(sink.mails.withLock { $0.count } == 1)
        try await seeSessions("rome.example")
        sink.isDown.withLock { $0 = true }
        clock.advance(86_400)
        #expect(try await reporter.report())
        clock.advance(86_400)
        #expect(try await reporter.report() == false)
        #expect(await store.all.isEmpty)
    }

    @Test("a DNS that does not answer is asked again later")
    func failingDNS() async throws {
        dns.world.withLock { $0.failing = ["_smtp._tls.rome.example"] }
        try await seeSessions("rome.example")
        clock.advance(86_400)
        #expect(try await reporter.report())
        #expect(await store.all.count == 1)
    }

    @Test("goes out within four hours after midnight, or each hour while something waits")
    func time() {
        // 1,000 seconds after midnight, and half of four hours by chance.
        #expect(reporter.delay(hasWaiting: false) == 85_400 + 7_200)
        #expect(reporter.delay(hasWaiting: true) == 3_600)
    }

    @Test("counts are kept while they cannot be written, and added up")
    func flushing() async throws {
        await store.setBroken(true)
        await #expect(throws: PostureStore.Broken.self) { try await seeSessions("rome.example") }
        await store.setBroken(false)
        try await seeSessions("rome.example")
        #expect(await store.all.map(\.sessions) == [2])
    }

    @Test("kinds of session are bounded: failures lose their details, successes of new kinds are not counted")
    func bounded() async throws {
        let results = TLSResults(store: store, capacity: 1, now: clock.now)
        let domain = Domain.named("rome.example")
        results.record(nil, host: nil, of: domain, .none)
        results.record(nil, host: nil, of: .named("oslo.example"), .none)
        for host in ["a", "b"] {
            results.record(.init(.certificateExpired, "words of \(host)"), host: host, of: domain, .none)
        }
        try await results.flush()
        let bare = CountedFailure(type: .certificateExpired, host: nil, words: "")
        #expect(await Set(store.all.map(\.failure)) == [nil, bare])
        #expect(await store.all.reduce(0) { $0 + $1.sessions } == 3)
    }

    @Test(
        "a stranger's words are cut by whole characters",
        arguments: [("short", "short"), (String(repeating: "é", count: 8), "éé…")])
    func cut(_ text: String, _ expected: String) { #expect(text.cut(to: 8) == expected) }
}
