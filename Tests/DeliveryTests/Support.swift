// SPDX-License-Identifier: Apache-2.0

import Authentication
import DNS
import Journal
import Logging
import Mail
import Queue
import SMTP
import Synchronization

@testable import Delivery

struct StubDNS: DNSLookup {
    var exchangers: [String: Answer<MXRecord>] = [:]
    var hosts: [String: [String]] = [:]
    var failing: Set<String> = []

    func mx(_ name: String) async -> Answer<MXRecord> { exchangers[name] ?? Self.answer([], .noData) }

    func addresses(_ name: String) async -> Answer<AddressRecord> {
        if failing.contains(name) { return Self.answer([], .failed(reason: "SERVFAIL")) }
        guard let hosts = hosts[name] else { return Self.answer([], .noName) }
        return Self.answer(hosts.map { AddressRecord(address: $0, isIPv6: $0.contains(":")) }, .found)
    }

    func txt(_ name: String) async -> Answer<TXTRecord> { Self.answer([], .noName) }

    static func answer<Record: Sendable>(_ records: [Record], _ status: Answer<Record>.Status) -> Answer<Record> {
        Answer(records: records, status: status, security: .insecure, timeToLive: 60)
    }

    static func mx(_ records: (UInt16, String)...) -> Answer<MXRecord> {
        answer(records.map { MXRecord(preference: $0.0, exchange: $0.1) }, .found)
    }
}

/// A clock that moves when it is told to.
final class ManualClock: Sendable {
    private let milliseconds = Mutex<Int64>(1_000_000)

    var now: Now { { Timestamp(milliseconds: self.milliseconds.withLock { $0 }) } }

    func advance(_ seconds: Double) { milliseconds.withLock { $0 += Int64(seconds * 1000) } }
}

/// A world of hosts that do what a script says.
final class ScriptedTransport: Transport {
    enum Step: Sendable {
        case replies([Reply])
        /// The session turns out to be gone.
        case gone
        /// The peer ends the session with this mail.
        case last([Reply])
        /// Never answers; ends when the task is cancelled.
        case hang
    }

    struct Sent: Sendable {
        let host: String
        let mail: OutgoingMail
        let session: Int
    }

    private struct State {
        var refusing: [String: ConnectionFailure] = [:]
        var steps: [Step] = []
        var opened: [String] = []
        var closed = 0
        var sent: [Sent] = []
    }

    private let state: Mutex<State>

    init(refusing: [String: ConnectionFailure] = [:], steps: [Step] = []) {
        state = Mutex(State(refusing: refusing, steps: steps))
    }

    var opened: [String] { state.withLock { $0.opened } }
    var sent: [Sent] { state.withLock { $0.sent } }
    var closed: Int { state.withLock { $0.closed } }

    func open(_ target: Target) async throws -> any Connection {
        let number = try state.withLock {
            $0.opened.append(target.host)
            if let failure = $0.refusing[target.host] { throw failure }
            return $0.opened.count
        }
        return ScriptedConnection(self, target, number)
    }

    fileprivate func take(_ sent: Sent) -> Step {
        state.withLock {
            $0.sent.append(sent)
            return $0.steps.isEmpty
                ? .replies(sent.mail.recipients.map { _ in Reply(250, .init(2, 0, 0), "ok") }) : $0.steps.removeFirst()
        }
    }

    fileprivate func close() { state.withLock { $0.closed += 1 } }
}

final class ScriptedConnection: Connection {
    private let world: ScriptedTransport
    private let target: Target
    private let number: Int
    private let isOver = Atomic(false)

    init(_ world: ScriptedTransport, _ target: Target, _ number: Int) {
        self.world = world
        self.target = target
        self.number = number
    }

    var peer: String { "\(target)" }
    var tls: String? { nil }
    var isUsable: Bool { !isOver.load(ordering: .relaxed) }

    func send(_ mail: OutgoingMail) async throws -> [Reply] {
        switch world.take(.init(host: target.host, mail: mail, session: number)) {
        case .replies(let replies): return replies
        case .last(let replies):
            isOver.store(true, ordering: .relaxed)
            return replies
        case .gone:
            isOver.store(true, ordering: .relaxed)
            throw ConnectionFailure("gone")
        case .hang:
            try? await Task.sleep(for: .seconds(3600))
            return mail.recipients.map { _ in Reply(451, .init(4, 3, 2), "given up") }
        }
    }

    func close() {
        isOver.store(true, ordering: .relaxed)
        world.close()
    }
}

/// A spool in memory.
final class MemorySpool: Spool {
    private struct State {
        var messages: [MessageID: SpooledMessage] = [:]
        var deliveries: [PendingDelivery] = []
        var settlements: [Settlement] = []
    }

    private let state = Mutex(State())

    var settlements: [Settlement] { state.withLock { $0.settlements } }

    func accept(_ message: SpooledMessage, _ deliveries: [PendingDelivery], _ facts: [Fact]) async throws
        -> [PendingDelivery]
    {
        state.withLock {
            $0.messages[message.id] = message
            $0.deliveries += deliveries
        }
        return deliveries
    }

    func due(at moment: Timestamp, limit: Int, excluding: Set<Int64>) async throws -> [PendingDelivery] {
        state.withLock { state in
            Array(state.deliveries.filter { $0.dueAt <= moment && !excluding.contains($0.id) }.prefix(limit))
        }
    }

    func nextDue(excluding: Set<Int64>) async throws -> Timestamp? {
        state.withLock { $0.deliveries.filter { !excluding.contains($0.id) }.map(\.dueAt).min() }
    }

    func message(_ id: MessageID) async throws -> SpooledMessage? { state.withLock { $0.messages[id] } }

    func settle(_ settlement: Settlement) async throws {
        state.withLock { state in
            state.settlements.append(settlement)
            state.deliveries.removeAll { $0.id == settlement.delivery.id }
        }
    }

    func record(_ facts: [Fact]) async throws {}
    func waiting() async throws -> [String: Int] { [:] }
}

final class MemoryInbox: Inbox {
    private let kept = Mutex<[CapturedMessage]>([])
    var all: [CapturedMessage] { kept.withLock { $0 } }

    func keep(_ message: CapturedMessage) async throws { kept.withLock { $0.append(message) } }
    func messages(before: Int64?, limit: Int, search: String?) async throws -> [CapturedSummary] { all.map(\.summary) }
    func message(_ id: Int64) async throws -> CapturedMessage? { nil }
    func deleteAll() async throws { kept.withLock { $0 = [] } }
}

struct Keys: SigningKeys {
    var signer: DKIMSigner?
    var error: SpoolFailure?

    func signer(for domain: Domain, in account: AccountID) async throws -> DKIMSigner? {
        if let error { throw error }
        return signer
    }
}

/// One message, its spool and everything around it.
struct World {
    let clock = ManualClock()
    let spool = MemorySpool()
    let inbox = MemoryInbox()
    var transport = ScriptedTransport()
    var dns = StubDNS()
    var keys = Keys()
    var route = Route.relay(host: "relay.example", port: 25, tls: .none)
    var isOurs: @Sendable (Target) -> Bool = { _ in false }

    static let header = "From: a@example.com\r\nSubject: =?UTF-8?Q?h=C3=A9?=\r\n\r\n"

    func attempt() -> Attempt {
        Attempt(
            .init(
                route: route, router: Router(dns: dns, random: { 0 }, isOurs: isOurs), transport: transport,
                inbox: inbox, keys: keys, spool: spool, retry: RetrySchedule(delays: [60, 300]), now: clock.now,
                random: { 0 },
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })))
    }

    /// Puts a message into the spool.
    func delivery(
        _ recipients: [String] = ["b@b.example"], id: Int64 = 1, body: String = "Hello\r\n", lastReply: String = "",
        attempts: Int = 0
    ) async throws -> PendingDelivery {
        let account = AccountID("111122223333") ?? { preconditionFailure("account") }()
        let moment = clock.now()
        let message = MessageID(region: "us-east-1", at: moment, random: (UInt64(id), 2))
        let expiresAt = moment + 1000
        let delivery = PendingDelivery(
            id: id, message: message, account: account, site: "x",
            recipients: try recipients.map { try Mailbox(parsing: $0) }, attempts: attempts, dueAt: moment,
            acceptedAt: moment, expiresAt: expiresAt, lastReply: lastReply)
        let spooled = SpooledMessage(
            id: message, account: account, acceptedAt: moment, expiresAt: expiresAt,
            reversePath: .mailbox(try Mailbox(parsing: "a@example.com")),
            signingDomain: try Domain(parsing: "example.com"),
            content: Content(header: Array(Self.header.utf8), body: .memory(Array(body.utf8))))
        _ = try await spool.accept(spooled, [delivery], [])
        return delivery
    }
}

extension Settlement {
    /// `delivered b@b.example`, one line a recipient.
    var summary: [String] {
        facts.flatMap { fact -> [String] in
            switch fact.event {
            case .delivered(let outcome): outcome.recipients.map { "delivered \($0)" }
            case .deferred(let outcome): outcome.recipients.map { "deferred \($0)" }
            case .bounced(let outcome): outcome.recipients.map { "bounced \($0)" }
            default: ["other"]
            }
        }
    }

    var outcomes: [Fact.Outcome] {
        facts.compactMap {
            switch $0.event {
            case .delivered(let outcome), .deferred(let outcome), .bounced(let outcome): outcome
            default: nil
            }
        }
    }
}
