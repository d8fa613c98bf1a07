// SPDX-License-Identifier: Apache-2.0

import Access
import DNS
import Journal
import Mail
import Queue
import Sending
import Synchronization

/// Time that stands still until it is set.
final class ManualClock: Sendable {
    private let moment = Mutex(Timestamp(seconds: 1_700_000_000))

    var now: Now { { self.moment.withLock { $0 } } }

    func advance(_ seconds: Double) { moment.withLock { $0 = $0 + seconds } }
}

/// A directory of identities over memory, and who asks.
struct IdentityHouse {
    let store = MemoryIdentities()
    let spool = MemorySpool()
    let clock = ManualClock()
    let account: AccountID
    let caller: Caller
    let access: AccessControl
    let book: IdentityBook
    let directory: IdentityDirectory
    let feedbackHost: Domain

    init(
        guardrails: Guardrails = Guardrails(), mode: VerificationMode = .dns, perDay: Int? = nil,
        over wrap: (MemoryIdentities, SecretSealer) -> any IdentityStore = { store, _ in store }
    ) async throws {
        account = AccountID("111122223333") ?? AccountID.unknown
        access = try await testAccess(account, guardrails: guardrails)
        caller = Caller(
            principal: access.rootPrincipal, accessKeyID: "AKIA", door: .api, sourceAddress: "192.0.2.9", tls: nil,
            agent: "x")
        let store = wrap(store, access.sealer)
        book = IdentityBook(store: store, now: clock.now)
        feedbackHost = try Domain(parsing: "mail.example.com")
        let random: RandomBits = { UInt64.random(in: 0...(.max)) }
        let settings = GateSettings(
            region: "us-east-1", hostname: "mail.example.com", lifetime: 60, site: { $0.domain.description })
        directory = IdentityDirectory(
            region: "us-east-1", mode: mode, guardrails: guardrails, signingHostedZone: nil,
            feedbackHost: feedbackHost,
            addresses: AddressVerification(
                publicURL: "https://mail.example.com", settings: settings,
                queue: DeliveryQueue(spool: spool, limits: .init(), now: clock.now),
                quota: SendingQuota(limits: .init(perDay: perDay)), random: random),
            store: store, book: book, now: clock.now, random: random)
    }

    func name(_ text: String) throws -> IdentityName { try IdentityName(parsing: text) }

    @discardableResult
    func create(_ text: String) async throws -> Identity {
        try await directory.create(try name(text), operation: "CreateEmailIdentity", by: caller)
    }

    /// An identity that stands there as the test wants it, without a key.
    func put(_ text: String, _ verification: VerificationStatus) async throws {
        let identity = Identity(
            account: account, name: try name(text), createdAt: clock.now(), verification: verification,
            verificationToken: text, dkim: nil)
        let event = Fact.Administered(operation: "", principal: "", resource: "", sourceAddress: "")
        try await store.create(
            identity, recording: Fact(at: clock.now(), account: account, message: nil, event: .administered(event)))
    }

    func stored(_ text: String) async throws -> Identity? { try await store.identity(try name(text), in: account) }

    var refusals: [String] {
        get async {
            await store.facts.compactMap { if case .refused(let fact) = $0.event { fact.control } else { nil } }
        }
    }
}

extension AccountID {
    static var unknown: AccountID { preconditionFailure("an account's id in a test is none") }
}

/// A DNS that holds the TXT records it is given, and lets something happen while it is asked.
struct ScriptedDNS: DNSLookup {
    var texts: [String: String] = [:]
    var exchangers: [String: [MXRecord]] = [:]
    /// Names that nobody answers for.
    var silent: Set<String> = []
    var meanwhile: @Sendable () async -> Void = {}

    func txt(_ name: String) async -> Answer<TXTRecord> {
        await meanwhile()
        // Several records of one name are parted by a line end.
        return answer(name, texts[name]?.split(separator: "\n").map { TXTRecord(text: String($0)) })
    }

    func mx(_ name: String) async -> Answer<MXRecord> { answer(name, exchangers[name]) }

    private func answer<Record: Sendable>(_ name: String, _ records: [Record]?) -> Answer<Record> {
        if silent.contains(name) {
            return Answer(records: [], status: .failed(reason: "SERVFAIL"), security: .insecure, timeToLive: 0)
        }
        return Answer(
            records: records ?? [], status: records == nil ? .noName : .found, security: .insecure, timeToLive: 0)
    }

    func addresses(_ name: String) async -> Answer<AddressRecord> {
        Answer(records: [], status: .noName, security: .insecure, timeToLive: 0)
    }

    func tlsa(_ name: String) async -> Answer<TLSARecord> {
        Answer(records: [], status: .noName, security: .insecure, timeToLive: 0)
    }
}
