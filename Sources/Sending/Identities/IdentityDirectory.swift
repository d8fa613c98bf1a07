// SPDX-License-Identifier: Apache-2.0

package import Access
import Authentication
import Journal
package import Mail

/// Creating, looking at and deleting identities, for whichever API asks.
package struct IdentityDirectory: Sendable {
    package let region: String
    package let mode: VerificationMode
    let guardrails: Guardrails
    /// Where the operator serves the records that Easy DKIM's CNAMEs point to; nil when customers publish the key itself.
    package let signingHostedZone: Domain?
    private let addresses: AddressVerification?
    private let store: any IdentityStore
    private let book: IdentityBook
    private let now: Now
    private let random: RandomBits

    package init(
        region: String, mode: VerificationMode, guardrails: Guardrails = Guardrails(), signingHostedZone: Domain?,
        addresses: AddressVerification?, store: any IdentityStore,
        book: IdentityBook,
        now: @escaping Now, random: @escaping RandomBits
    ) {
        self.region = region
        self.mode = mode
        self.guardrails = guardrails
        self.signingHostedZone = signingHostedZone
        self.addresses = addresses
        self.store = store
        self.book = book
        self.now = now
        self.random = random
    }

    /// Starts verification of a domain or an address. A domain gets its DKIM key here.
    /// - Throws: `IdentityFailure.alreadyExists`, and `.addressesCannotBeVerified` for an address that nothing could verify.
    package func create(
        _ name: IdentityName, tags: [String: String] = [:], configurationSet: String? = nil, operation: String,
        by caller: Caller
    ) async throws -> Identity {
        if let refusal = guardrails.senderRefusal(name.domain) {
            try await store.record(refused(operation, refusal, by: caller))
            throw IdentityFailure.outsideGuardrail(refusal)
        }
        let dkim = if case .domain = name { try await makeKey() } else { DKIMSettings?.none }
        let automatic = mode == .automatic
        if case .address = name, !automatic, addresses == nil { throw IdentityFailure.addressesCannotBeVerified }
        var identity = Identity(
            account: caller.account, name: name, createdAt: now(), verification: automatic ? .success : .pending,
            lastCheckedAt: automatic ? now() : nil, lastSuccessAt: automatic ? now() : nil,
            verificationToken: token(length: 44), dkim: dkim, tags: tags)
        identity.configurationSet = configurationSet
        try await store.create(identity, recording: fact(operation, name, by: caller))
        book.forget(name, in: caller.account)
        try await sendLink(for: identity)
        return identity
    }

    /// Sends the link of an address that is still waiting for it.
    package func sendLink(for identity: Identity) async throws {
        guard case .address(let mailbox) = identity.name, !identity.isVerified, let addresses else { return }
        var sent = identity
        sent.lastCheckedAt = now()
        try await store.update(sent, recording: nil)
        try await addresses.send(to: mailbox, token: identity.verificationToken, account: identity.account, at: now())
    }

    /// Somebody followed the link.
    /// - Returns: the name that is verified now; nil for a token that is unknown or older than 24 hours.
    package func confirm(token: String) async throws -> IdentityName? {
        guard var identity = try await store.identity(verificationToken: token), case .address = identity.name,
            let sent = identity.lastCheckedAt, now() - sent < AddressVerification.lifetime
        else { return nil }
        identity.verification = .success
        identity.lastSuccessAt = now()
        let event = Fact.Administered(
            operation: "ConfirmEmailIdentity", principal: identity.name.description,
            resource: arn(of: identity.name, in: identity.account), sourceAddress: "")
        try await store.update(
            identity, recording: Fact(at: now(), account: identity.account, message: nil, event: .administered(event)))
        book.forget(identity.name, in: identity.account)
        return identity.name
    }

    package func identity(_ name: IdentityName, in account: AccountID) async throws -> Identity? {
        try await store.identity(name, in: account)
    }

    package func identities(in account: AccountID, after: String?, limit: Int) async throws -> [Identity] {
        try await store.identities(in: account, after: after, limit: limit)
    }

    /// - Returns: whether there was one.
    package func delete(_ name: IdentityName, operation: String, by caller: Caller) async throws -> Bool {
        let existed = try await store.delete(name, in: caller.account, recording: fact(operation, name, by: caller))
        book.forget(name, in: caller.account)
        return existed
    }

    /// Turns signing with the identity's own key on or off.
    /// - Throws: `IdentityFailure.notFound` where there is no identity with a key of that name.
    package func setSigning(_ enabled: Bool, of name: IdentityName, operation: String, by caller: Caller) async throws {
        guard var identity = try await store.identity(name, in: caller.account), identity.dkim != nil else {
            throw IdentityFailure.notFound(name)
        }
        identity.dkim?.signingEnabled = enabled
        try await store.update(identity, recording: fact(operation, name, by: caller))
        book.forget(name, in: caller.account)
    }

    /// Fixes the configuration set of sends that name none, and of all of delegates'.
    package func setConfigurationSet(
        _ set: String?, of name: IdentityName, operation: String, by caller: Caller
    ) async throws {
        try await change(name, operation: operation, by: caller) { $0.configurationSet = set }
    }

    /// Changes what may change of one identity.
    func change(
        _ name: IdentityName, operation: String, by caller: Caller, _ body: (inout Identity) throws -> Void
    ) async throws {
        guard var identity = try await store.identity(name, in: caller.account) else {
            throw IdentityFailure.notFound(name)
        }
        try body(&identity)
        try await store.update(identity, recording: fact(operation, name, by: caller))
        book.forget(name, in: caller.account)
    }

    private func refused(_ operation: String, _ refusal: Guardrails.Refusal, by caller: Caller) -> Fact {
        let event = Fact.Refused(
            door: caller.door.rawValue, principal: caller.principal.arn, control: refusal.guardrail,
            reason: "\(operation): \(refusal.reason)", sourceAddress: caller.sourceAddress)
        return Fact(at: now(), account: caller.account, message: nil, event: .refused(event))
    }

    package func arn(of name: IdentityName, in account: AccountID) -> String {
        "arn:aws:ses:\(region):\(account):identity/\(name)"
    }

    private func fact(_ operation: String, _ name: IdentityName, by caller: Caller) -> Fact {
        let event = Fact.Administered(
            operation: operation, principal: caller.principal.arn, resource: arn(of: name, in: caller.account),
            sourceAddress: caller.sourceAddress)
        return Fact(at: now(), account: caller.account, message: nil, event: .administered(event))
    }

    // Generating takes a tenth of a second of pure computing: not on a thread that others wait for.
    private func makeKey() async throws -> DKIMSettings {
        let pair = try await Task.detached(priority: .utility) { try DKIMKey.generate() }.value
        let tokens = (0..<3).map { _ in token(length: 32) }
        let automatic = mode == .automatic
        return DKIMSettings(
            signingEnabled: true, status: automatic ? .success : .pending, tokens: tokens,
            verifiedToken: automatic ? tokens[0] : nil, privateKey: SecretBytes(pair.privateKeyPKCS8),
            publicKey: pair.publicKeySPKI)
    }

    private func token(length: Int) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")
        return String((0..<length).map { _ in alphabet[Int(random() % 32)] })
    }
}

/// How an identity comes to count as verified.
package enum VerificationMode: Hashable, Sendable {
    /// By the DNS, as SES does it.
    case dns
    /// At once: captured mail goes nowhere, so nothing is at stake; or the operator said so.
    case automatic
}
