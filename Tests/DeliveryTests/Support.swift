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

    func tlsa(_ name: String) async -> Answer<TLSARecord> { Self.answer([], .noName) }

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
        let target: Target
        var host: String { target.host }
        let mail: OutgoingMail
        let session: Int
    }

    private struct State {
        var refusing: [String: ConnectionFailure] = [:]
        var steps: [Step] = []
        var opened: [Target] = []
        var patience: [Patience] = []
        var closed = 0
        var sent: [Sent] = []
    }

    private let state: Mutex<State>

    let security: SessionSecurity
    let offersRequireTLS: Bool

    init(
        refusing: [String: ConnectionFailure] = [:], steps: [Step] = [], security: SessionSecurity = .clear,
        offersRequireTLS: Bool = false
    ) {
        state = Mutex(State(refusing: refusing, steps: steps))
        self.security = security
        self.offersRequireTLS = offersRequireTLS
    }

    var patience: [Patience] { state.withLock { $0.patience } }
    var targets: [Target] { state.withLock { $0.opened } }
    var opened: [String] { targets.map(\.host) }
    var sent: [Sent] { state.withLock { $0.sent } }
    var closed: Int { state.withLock { $0.closed } }

    func open(_ target: Target, patience: Patience) async throws -> any Connection {
        let number = try state.withLock {
            $0.opened.append(target)
            $0.patience.append(patience)
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
    var localAddress: String { target.egress.address ?? "192.0.2.99" }
    var security: SessionSecurity { world.security }
    var offersRequireTLS: Bool { world.offersRequireTLS }
    var opening: Transcript {
        var transcript = Transcript()
        transcript.record(Reply(220, nil, "hi"), to: .greeting, at: 1)
        return transcript
    }
    var isUsable: Bool { !isOver.load(ordering: .relaxed) }

    func send(_ mail: OutgoingMail) async throws -> SentMail {
        switch world.take(.init(target: target, mail: mail, session: number)) {
        case .replies(let replies): return said(replies)
        case .last(let replies):
            isOver.store(true, ordering: .relaxed)
            return said(replies)
        case .gone:
            isOver.store(true, ordering: .relaxed)
            throw ConnectionFailure("gone")
        case .hang:
            try? await Task.sleep(for: .seconds(3600))
            return said(mail.recipients.map { _ in Reply(451, .init(4, 3, 2), "given up") })
        }
    }

    private func said(_ replies: [Reply]) -> SentMail {
        var transcript = Transcript()
        if let last = replies.last { transcript.record(last, to: .content, at: 3) }
        return SentMail(replies: replies, transcript: transcript)
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

    func lanes(dueBefore moment: Timestamp, after place: Int64, limit: Int) async throws -> LanePage {
        state.withLock { state in
            let counts = Dictionary(grouping: state.deliveries, by: \.lane).map { lane, deliveries in
                LaneCount(lane: lane, count: deliveries.count, nextDue: deliveries.map(\.dueAt).min())
            }
            return LanePage(lanes: counts, next: nil)
        }
    }

    func due(_ reads: [LaneRead], at moment: Timestamp) async throws -> [LaneRows] {
        state.withLock { state in
            reads.map { read in
                let all = state.deliveries.filter { $0.lane == read.lane }
                let due = Array(all.filter { $0.dueAt <= moment }.prefix(read.limit))
                let rest = all.filter { one in !due.contains { $0.id == one.id } }
                return LaneRows(read: read, due: due, nextDue: rest.map(\.dueAt).min())
            }
        }
    }

    func expired(at moment: Timestamp, limit: Int) async throws -> [PendingDelivery] { [] }
    func keep(_ lessons: [KeptLesson]) async throws {}
    func recall(at moment: Timestamp) async throws -> (lessons: [KeptLesson], departures: [Departure]) { ([], []) }
    func orphans(after message: MessageID?, limit: Int) async throws -> (found: [MessageID], next: MessageID?) {
        ([], nil)
    }

    func message(_ id: MessageID) async throws -> SpooledMessage? { state.withLock { $0.messages[id] } }

    func settle(_ settlement: Settlement, departure: Departure?) async throws {
        state.withLock { state in
            state.settlements.append(settlement)
            state.deliveries.removeAll { $0.id == settlement.delivery.id }
        }
    }

    func record(_ facts: [Fact]) async throws {}
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

/// Options that ask for what they are told to.
struct Options: SenderOptions {
    var tls = DeliveryTerms.TLSDemand.opportunistic
    /// The set's pool of the moment; nil for the message's own.
    var pool: PoolID?

    func terms(of message: SpooledMessage) async throws -> DeliveryTerms {
        var terms = message.terms
        terms.tls = tls
        if let pool { terms.pool = pool }
        return terms
    }
}

/// A posture that says the same of every host, but for some.
final class Posture: SessionPosture {
    let requirement: TLSRequirement
    let forbidden: [String: TLSFailure]
    private let heard = Mutex<[String]>([])
    var sessions: [String] { heard.withLock { $0 } }

    init(_ requirement: TLSRequirement = .opportunistic, forbidden: [String: TLSFailure] = [:]) {
        self.requirement = requirement
        self.forbidden = forbidden
    }

    func posture(
        for host: Exchangers.Host, of domain: Domain, _ exchangers: Exchangers, demand: DeliveryTerms.TLSDemand
    ) async -> HostPosture {
        forbidden[host.name].map { .forbidden($0, .dane) } ?? .session(requirement)
    }

    func posture(
        forRelay host: Exchangers.Host, _ tls: Route.RelayTLS, demand: DeliveryTerms.TLSDemand
    ) async -> HostPosture { .session(requirement) }

    func ended(
        _ requirement: TLSRequirement, host: String, of domain: Domain?, _ result: Result<SessionSecurity, TLSFailure>
    ) {
        let words =
            switch result {
            case .success(let security): security.version ?? "clear"
            case .failure(let failure): failure.words
            }
        heard.withLock { $0.append("\(host) \(words)") }
    }
}

/// Takes `blocked` for a word about our address, and learns from it to take another.
struct Judge: ReplyJudge {
    func verdict(of reply: Reply, peer: String) -> Fact.Verdict {
        let isBlock = reply.description.contains("blocked")
        return Fact.Verdict(
            type: reply.isPermanent ? "Permanent" : "Transient", subType: "General",
            party: isBlock ? "reputation" : "recipient", delay: isBlock ? "IPFailure" : "General",
            rule: isBlock ? "block" : "none")
    }

    func lessons(of reply: Reply, from site: String, peer: String) -> [Lesson] {
        guard reply.description.contains("blocked") else { return [] }
        return [Lesson(act: .switchAddress, duration: 600, rule: "\(site) \(peer)", reply: reply.description)]
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
    var isOurs: Router.IsOurs = { _, _ in false }
    var posture = Posture()
    var options = Options()
    var egress = Egress(address: nil, hostname: "me.example", pool: nil)
    /// Seconds before each retry.
    var delays: [Double] = [60, 300]

    static let header = "From: a@example.com\r\nSubject: =?UTF-8?Q?h=C3=A9?=\r\n\r\n"

    func attempt() -> Attempt {
        let router = Router(dns: dns, random: { 0 }, isOurs: isOurs)
        return Attempt(
            .init(
                route: route, router: router,
                directory: MXDirectory(router: router, now: clock.now, provider: { _, _ in nil }), transport: transport,
                posture: posture, inbox: inbox, keys: keys, options: options, judge: Judge(), spool: spool,
                retry: RetrySchedule(delays: delays), now: clock.now, random: { 0 },
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })))
    }

    /// The way that the schedule would have given a delivery.
    func assignment(
        _ delivery: PendingDelivery, mails: Int? = nil, recipients: Int? = nil, isFirstContact: Bool = false
    ) -> Assignment {
        Assignment(
            delivery: delivery, egress: egress, site: "site.example", mailsPerConnection: mails,
            recipientsPerMessage: recipients, isFirstContact: isFirstContact)
    }

    /// What one try at a delivery settles.
    func settle(_ delivery: PendingDelivery) async -> Settlement { await attempt().run(assignment(delivery)).0 }

    /// Puts a message into the spool.
    /// - Parameter accepted: the pool that it was accepted for, where it waits for another.
    func delivery(
        _ recipients: [String] = ["b@b.example"], id: Int64 = 1, body: String = "Hello\r\n", lastReply: String = "",
        attempts: Int = 0, accepted: PoolID? = nil
    ) async throws -> PendingDelivery {
        let account = AccountID("111122223333") ?? { preconditionFailure("account") }()
        let moment = clock.now()
        let message = MessageID(region: "us-east-1", at: moment, random: (UInt64(id), 2))
        let expiresAt = moment + 1000
        let delivery = PendingDelivery(
            id: id, message: message, lane: Lane(account: account, pool: egress.pool, destination: "x"),
            recipients: try recipients.map { try Mailbox(parsing: $0) }, attempts: attempts, dueAt: moment,
            acceptedAt: moment, expiresAt: expiresAt, lastReply: lastReply)
        let spooled = SpooledMessage(
            id: message, account: account, acceptedAt: moment, expiresAt: expiresAt,
            reversePath: .mailbox(try Mailbox(parsing: "a@example.com")),
            returnPath: .mailbox(try Mailbox(parsing: "token@bounces.example.com")),
            signingDomain: try Domain(parsing: "example.com"), terms: DeliveryTerms(pool: accepted ?? egress.pool),
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
