// SPDX-License-Identifier: Apache-2.0

import Access
import Journal
import Mail
import Queue
import Sending
import Testing

/// Return paths that say what they were made of.
struct SpelledReturnPaths: ReturnPaths {
    func returnPath(for message: MessageID, account: AccountID, domain: Domain) -> ReversePath {
        guard let mailbox = try? Mailbox(localPart: "token", domain: domain) else { return .null }
        return .mailbox(mailbox)
    }

    func reportToken(for message: MessageID, account: AccountID) -> String { "token-\(account)" }
}

/// A gate over memory with everything that it asks.
struct GateHouse {
    let spool = MemorySpool()
    let records = MemoryRecords()
    let list = MemorySuppression()
    let identities = MemoryIdentities()
    let clock = ManualClock()
    let account: AccountID
    let access: AccessControl
    let caller: Caller
    let book: IdentityBook
    let accounts: AccountSettings
    let addresses: DedicatedAddresses
    let suppression: SuppressionList
    let sets: ConfigurationSets
    let gate: Gate

    init(
        guardrails: Guardrails = Guardrails(), receivesReports: Bool = false, declared: [DeclaredAddress] = [],
        verified: [String] = ["example.com"], perDay: Int? = nil
    ) async throws {
        account = try Self.account("111122223333")
        access = try await testAccess(account, guardrails: guardrails)
        caller = Caller(
            principal: access.rootPrincipal, accessKeyID: "AKIA", door: .smtp, sourceAddress: "192.0.2.9", tls: nil,
            agent: "x")
        book = IdentityBook(store: identities, now: clock.now)
        accounts = AccountSettings(store: records, region: "us-east-1", now: clock.now)
        addresses = DedicatedAddresses(
            store: records, accounts: accounts, region: "us-east-1", hostname: "mail.example.com", now: clock.now)
        try await addresses.open(declared: declared, accounts: [account])
        suppression = SuppressionList(store: list, accounts: accounts, now: clock.now)
        sets = ConfigurationSets(
            store: records, region: "us-east-1", identities: book, addresses: addresses, now: clock.now)
        gate = Gate(
            settings: GateSettings(
                region: "us-east-1", hostname: "mail.example.com", lifetime: 60,
                bounceDomain: receivesReports ? try Domain(parsing: "bounces.mail.example") : nil,
                site: { $0.domain.description }),
            access: access, identities: book, configurationSets: sets, addresses: addresses, accounts: accounts,
            suppression: suppression, returnPaths: receivesReports ? SpelledReturnPaths() : nil,
            quota: SendingQuota(limits: .init(perDay: perDay)),
            queue: DeliveryQueue(spool: spool, limits: .init(), now: clock.now), now: clock.now, random: { 7 })
        for name in verified { try await put(name, .success) }
    }

    static func account(_ text: String) throws -> AccountID { try #require(AccountID(text)) }

    func put(
        _ text: String, _ verification: VerificationStatus, change: (inout Identity) throws -> Void = { _ in }
    ) async throws {
        var identity = Identity(
            account: account, name: try IdentityName(parsing: text), createdAt: clock.now(),
            verification: verification, verificationToken: text, dkim: nil)
        try change(&identity)
        try await identities.create(identity, recording: fact)
    }

    /// A fact that says nothing.
    var fact: Fact {
        let event = Fact.Administered(operation: "", principal: "", resource: "", sourceAddress: "")
        return Fact(at: clock.now(), account: account, message: nil, event: .administered(event))
    }

    func set(_ name: String, change: (inout ConfigurationSet) -> Void = { _ in }) async throws {
        var set = ConfigurationSet(name: name, createdAt: clock.now())
        change(&set)
        try await sets.create(set, operation: "CreateConfigurationSet", by: caller)
    }

    @discardableResult
    func submit(
        _ text: String = "From: ada@example.com\r\n\r\n", from: String? = "ada@example.com",
        to: [String] = ["bob@example.net"], configurationSet: String? = nil
    ) async throws -> MessageID {
        try await gate.submit(
            Submission(
                caller: caller, action: .sendRawEmail,
                reversePath: try from.map { $0.isEmpty ? .null : .mailbox(try Mailbox(parsing: $0)) },
                recipients: try to.map { try Mailbox(parsing: $0) }, content: .memory(Array(text.utf8)),
                configurationSet: configurationSet))
    }
}
