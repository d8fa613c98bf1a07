// SPDX-License-Identifier: Apache-2.0

import Access
import Mail
import PolicyLanguage
import Queue

extension Gate {
    /// As what a message may be sent, once that is decided.
    struct Senders {
        /// The ARN of the identity that From stands under.
        let identityARN: String
        /// Whose that identity is.
        let owner: AccountID
        let signingDomain: Domain?
        let configurationSet: ConfigurationSet?
        /// The domain of MAIL FROM; nil for the server's own.
        let mailFromDomain: Domain?
        let terms: DeliveryTerms
    }

    /// One address that the message is sent as, and the identity that decides over it.
    struct Sender {
        let mailbox: Mailbox
        let owner: AccountID
        let identity: Identity?

        func arn(in region: String) -> String {
            "arn:aws:ses:\(region):\(owner):identity/\(identity?.name.description ?? mailbox.description)"
        }
    }

    // The operator first, then IAM, then verification, as SES does: a caller who may not send learns nothing about
    // identities.
    func authorizedSenders(of message: InspectedMessage, for submission: Submission) async throws -> Senders {
        let senders = try await senders(of: message, for: submission)
        let identities = senders.map { sender in
            AccessRequest.Resource(
                sender.arn(in: settings.region), owner: sender.owner, policies: policies(of: sender.identity),
                tags: sender.identity?.tags ?? [:])
        }
        var others: [AccessRequest.Resource] = []
        let (configurationSet, owner) = Self.configurationSet(of: message, submission, senders)
        let set =
            if let configurationSet { try await configurationSets.current(configurationSet, in: owner) } else {
                ConfigurationSet?.none
            }
        // An owner's own set is no resource of a delegate's: the identity's policy let the delegate in.
        if let configurationSet, owner == submission.caller.account {
            others.append(
                .init(configurationSets.arn(configurationSet, in: owner), owner: owner, tags: set?.tags ?? [:]))
        }
        others += submission.resources
        try requireUnambiguous(message, submission.caller, identities + others)
        try requireInsideGuardrails(message, submission.caller)
        for (sender, identity) in zip(senders, identities) {
            let resources = sender.mailbox == message.from ? [identity] + others : [identity]
            for conditions in message.conditions(sentBy: sender.mailbox, apiVersion: submission.apiVersion) {
                let request = AccessRequest(
                    caller: submission.caller, action: submission.action.rawValue, resources: resources,
                    context: conditions.keys, countsOnlyExplicit: conditions.countsOnlyExplicit)
                if case .denied(let denial) = access.authorize(request) { throw SendRefusal.accessDenied(denial) }
            }
        }
        if let configurationSet, set == nil { throw SendRefusal.configurationSetMissing(configurationSet) }
        let unverified = senders.filter { $0.identity?.isVerified != true }.map(\.mailbox.description)
        guard unverified.isEmpty, let first = senders.first else {
            throw SendRefusal.identitiesNotVerified(unverified, region: settings.region)
        }
        try await requireSending(set, for: submission.caller.account)
        return Senders(
            identityARN: first.arn(in: settings.region), owner: first.owner,
            signingDomain: try await signingDomain(for: first), configurationSet: set,
            mailFromDomain: try await mailFromDomain(for: first), terms: try terms(set, of: owner, sentBy: first))
    }

    /// The set a message is sent with, and whose it is. A delegate's choice counts only where the owner of the identity
    /// has fixed none: TLS and the way out are the owner's to decide.
    private static func configurationSet(
        of message: InspectedMessage, _ submission: Submission, _ senders: [Sender]
    ) -> (String?, AccountID) {
        let account = submission.caller.account
        let identity = senders.first?.identity
        if let owner = identity?.account, owner != account, let fixed = identity?.configurationSet {
            return (fixed, owner)
        }
        let own = identity?.account == account ? identity?.configurationSet : nil
        return (submission.configurationSet ?? message.configurationSetHeader ?? own, account)
    }

    private func senders(of message: InspectedMessage, for submission: Submission) async throws -> [Sender] {
        var senders: [Sender] = []
        let authorities = try Authorities(message.authorities, region: settings.region, for: message.senders)
        for mailbox in message.senders {
            let owner = try authorities.owner(of: mailbox, in: message) ?? submission.caller.account
            senders.append(
                Sender(
                    mailbox: mailbox, owner: owner,
                    identity: try await identities.identity(covering: mailbox, in: owner)))
        }
        return senders
    }

    private func policies(of identity: Identity?) -> [NamedPolicy] {
        guard let identity else { return [] }
        return identity.policies.sorted { $0.key < $1.key }.map { name, text in
            access.named("\(name) on \(identity.name)", text, as: .resource)
        }
    }

    // An address identity is signed with the key of its domain, where the account has that domain too.
    private func signingDomain(for sender: Sender) async throws -> Domain? {
        let domain =
            sender.identity?.dkim == nil
            ? try await identities.domainIdentity(covering: sender.mailbox.domain, in: sender.owner) : sender.identity
        guard let domain, let dkim = domain.dkim, dkim.signingEnabled, dkim.verifiedToken != nil else { return nil }
        return domain.name.domain
    }

    // MARK: Above and before the policies

    private func requireInsideGuardrails(_ message: InspectedMessage, _ caller: Caller) throws(SendRefusal) {
        for sender in message.senders {
            if let refusal = access.guardrails.senderRefusal(sender.domain) { throw .guardrail(refusal) }
        }
        if let refusal = access.guardrails.recipientRefusal(message.recipients, account: caller.account) {
            throw .guardrail(refusal)
        }
    }

    /// No pattern over addresses is worth anything while an address can mean two things.
    private func requireUnambiguous(
        _ message: InspectedMessage, _ caller: Caller, _ resources: [AccessRequest.Resource]
    ) throws(SendRefusal) {
        let restrictions = access.restrictions(on: caller, resources)
        if restrictions.contains(.recipients) {
            for (index, recipient) in message.recipients.enumerated() {
                if let trick = recipient.ambiguity {
                    throw .unsafeAddress("recipient \(index + 1) of \(message.recipients.count) \(trick)")
                }
            }
        }
        guard restrictions.contains(.senders) else { return }
        for sender in message.senders {
            if let trick = sender.ambiguity { throw .unsafeAddress("the sender's address \(trick)") }
        }
        if message.authorsHoldComments {
            throw .unsafeAddress("a comment stands in From or Sender, which some programs show as a name")
        }
        for author in message.authors {
            if let name = author.name, let trick = DisplayName.ambiguity(of: name, beside: author.mailbox) {
                throw .unsafeAddress(
                    "the display name of \(author.mailbox == message.from ? "From" : "Sender") \(trick)")
            }
        }
    }
}

extension IdentityName {
    func covers(_ mailbox: Mailbox) -> Bool {
        switch self {
        case .domain(let domain): mailbox.domain.isWithin(domain)
        case .address(let address): address == mailbox || address == mailbox.withoutLabel
        }
    }
}
