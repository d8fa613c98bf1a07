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
    /// What the MX of a MAIL FROM domain has to name.
    package let feedbackHost: Domain
    let addresses: AddressVerification?
    let store: any IdentityStore
    let book: IdentityBook
    let now: Now
    private let random: RandomBits

    package init(
        region: String, mode: VerificationMode, guardrails: Guardrails = Guardrails(), signingHostedZone: Domain?,
        feedbackHost: Domain, addresses: AddressVerification?, store: any IdentityStore, book: IdentityBook,
        now: @escaping Now, random: @escaping RandomBits
    ) {
        self.feedbackHost = feedbackHost
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

    /// Starts verification of a domain or an address. A domain gets its DKIM key here, an address its mail.
    /// - Throws: `IdentityFailure.alreadyExists`, `.outsideGuardrail`, and `.addressesCannotBeVerified` for an address
    ///   that nothing could verify; `SendRefusal` when the account's quota has no room for the mail.
    package func create(
        _ name: IdentityName, tags: [String: String] = [:], configurationSet: String? = nil, operation: String,
        by caller: Caller
    ) async throws -> Identity {
        if let refusal = guardrails.senderRefusal(name.domain) {
            try await refuse(refusal, operation, account: caller.account, by: caller)
        }
        let mail = try await admittedMail(to: name, operation, caller)
        do {
            let identity = try await make(
                name, tags, configurationSet, mailedAt: mail?.at, recording: fact(operation, name, by: caller))
            if let mail {
                try await addresses?.send(mail, token: identity.verificationToken, principal: caller.principal.arn)
            }
            return identity
        } catch {
            if let mail { addresses?.withdraw(mail) }
            throw error
        }
    }

    func make(
        _ name: IdentityName, _ tags: [String: String], _ configurationSet: String?, mailedAt: Timestamp?,
        recording fact: Fact
    ) async throws -> Identity {
        let dkim = if case .domain = name { try await makeKey() } else { DKIMSettings?.none }
        let (automatic, moment) = (mode == .automatic, now())
        var identity = Identity(
            account: fact.account, name: name, createdAt: moment, verification: automatic ? .success : .pending,
            lastCheckedAt: automatic ? moment : mailedAt, lastSuccessAt: automatic ? moment : nil,
            verificationToken: token(length: 44), dkim: dkim, tags: tags)
        identity.configurationSet = configurationSet
        try await store.create(identity, recording: fact)
        book.forget(name, in: fact.account)
        return identity
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
        try await change(name, operation: operation, by: caller) { identity in
            guard identity.dkim != nil else { throw IdentityFailure.notFound(name) }
            identity.dkim?.signingEnabled = enabled
        }
    }

    /// Fixes the configuration set of sends that name none, and of all of delegates'.
    package func setConfigurationSet(
        _ set: String?, of name: IdentityName, operation: String, by caller: Caller
    ) async throws {
        try await change(name, operation: operation, by: caller) { $0.configurationSet = set }
    }

    /// Changes what may change of one identity.
    /// - Throws: `IdentityFailure.notFound`, and what `body` throws.
    func change(
        _ name: IdentityName, operation: String, by caller: Caller, _ body: @escaping IdentityStore.Change
    ) async throws {
        try await store.change(name, in: caller.account, recording: fact(operation, name, by: caller), body)
        book.forget(name, in: caller.account)
    }

    package func arn(of name: IdentityName, in account: AccountID) -> String {
        "arn:aws:ses:\(region):\(account):identity/\(name)"
    }

    func fact(_ operation: String, _ name: IdentityName, by caller: Caller) -> Fact {
        Fact(operation, on: arn(of: name, in: caller.account), by: caller, at: now())
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
