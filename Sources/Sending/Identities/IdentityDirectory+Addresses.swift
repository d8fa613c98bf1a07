// SPDX-License-Identifier: Apache-2.0

package import Access
import Journal
import Mail

/// Verification of addresses by a mailed link.
extension IdentityDirectory {
    /// Sends the link of an address that is still waiting for it, unless it got one less than a minute ago.
    /// - Parameter caller: who asks, for the record; nil for the account itself.
    /// - Throws: `IdentityFailure.outsideGuardrail`, `SendRefusal` when the account's quota has no room for the mail.
    package func sendLink(
        for identity: Identity, operation: String = "VerifyEmailIdentity", by caller: Caller? = nil
    ) async throws {
        guard case .address(let mailbox) = identity.name, !identity.isVerified, let addresses else { return }
        guard let mail = try await admit(addresses, mailbox, operation, identity.account, caller) else { return }
        let token = identity.verificationToken
        do {
            try await store.change(identity.name, in: identity.account, recording: nil) { current in
                guard current.verificationToken == token, !current.isVerified else { throw IdentitySuperseded() }
                current.lastCheckedAt = mail.at
            }
            try await addresses.send(mail, token: token, principal: Self.principal(caller, identity.account))
        } catch {
            addresses.withdraw(mail)
            guard error is IdentitySuperseded else { throw error }
        }
    }

    /// Somebody followed the link.
    /// - Returns: the name that is verified now; nil for a token that is unknown or older than 24 hours.
    package func confirm(token: String) async throws -> IdentityName? {
        guard let found = try await store.identity(verificationToken: token), case .address = found.name else {
            return nil
        }
        let moment = now()
        let event = Fact.Administered(
            operation: "ConfirmEmailIdentity", principal: found.name.description,
            resource: arn(of: found.name, in: found.account), sourceAddress: "")
        let fact = Fact(at: moment, account: found.account, message: nil, event: .administered(event))
        do {
            try await store.change(found.name, in: found.account, recording: fact) { identity in
                guard identity.verificationToken == token, let mailed = identity.lastCheckedAt,
                    moment - mailed < AddressVerification.lifetime
                else { throw IdentitySuperseded() }
                identity.verification = .success
                identity.lastSuccessAt = moment
            }
        } catch is IdentitySuperseded {
            return nil
        } catch IdentityFailure.notFound {
            return nil
        }
        book.forget(found.name, in: found.account)
        return found.name
    }

    /// The mail that a new identity needs; nil for none, or none now.
    func admittedMail(
        to name: IdentityName, _ operation: String, _ caller: Caller
    ) async throws -> AddressVerification.Admission? {
        guard case .address(let mailbox) = name, mode != .automatic else { return nil }
        guard let addresses else { throw IdentityFailure.addressesCannotBeVerified }
        // One that is there already costs nobody's quota.
        guard try await store.identity(name, in: caller.account) == nil else {
            throw IdentityFailure.alreadyExists(name)
        }
        return try await admit(addresses, mailbox, operation, caller.account, caller)
    }

    private func admit(
        _ addresses: AddressVerification, _ mailbox: Mailbox, _ operation: String, _ account: AccountID,
        _ caller: Caller?
    ) async throws -> AddressVerification.Admission? {
        if let refusal = guardrails.recipientRefusal([mailbox], account: account) {
            try await refuse(refusal, operation, account: account, by: caller)
        }
        do {
            return try addresses.admit(mailbox, account: account, at: now())
        } catch {
            try await record(error.control, "\(operation): \(error.reason)", account: account, by: caller)
            throw error
        }
    }

    /// Records what a guardrail refused, and throws it.
    func refuse(
        _ refusal: Guardrails.Refusal, _ operation: String, account: AccountID, by caller: Caller?
    ) async throws {
        try await record(refusal.guardrail, "\(operation): \(refusal.reason)", account: account, by: caller)
        throw IdentityFailure.outsideGuardrail(refusal)
    }

    private func record(_ control: String, _ reason: String, account: AccountID, by caller: Caller?) async throws {
        let event = Fact.Refused(
            door: caller?.door.rawValue ?? "server", principal: Self.principal(caller, account), control: control,
            reason: reason, sourceAddress: caller?.sourceAddress ?? "", call: caller?.recordedRefusal())
        try await store.record(Fact(at: now(), account: account, message: nil, event: .refused(event)))
    }

    private static func principal(_ caller: Caller?, _ account: AccountID) -> String {
        caller?.principal.arn ?? "arn:aws:iam::\(account):root"
    }
}
