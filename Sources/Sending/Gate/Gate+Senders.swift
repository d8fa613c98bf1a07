// SPDX-License-Identifier: Apache-2.0

import Access
import Mail
import PolicyLanguage

extension Gate {
    /// As what a message may be sent, once that is decided.
    struct Senders {
        /// The ARN of the identity that From stands under.
        let identityARN: String
        /// Whose that identity is.
        let owner: AccountID
        let signingDomain: Domain?
        let configurationSet: String?
    }

    /// One address that the message is sent as, and the identity that decides over it.
    private struct Sender {
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
        var resources = senders.map { sender in
            AccessRequest.Resource(
                sender.arn(in: settings.region), owner: sender.owner, policies: policies(of: sender.identity))
        }
        let (configurationSet, owner) = Self.configurationSet(of: message, submission, senders)
        if let configurationSet {
            // An owner's own set is no resource of a delegate's: the identity's policy let the delegate in.
            if owner == submission.caller.account {
                resources.append(.init(configurationSets.arn(configurationSet, in: owner), owner: owner))
            }
        }
        resources += submission.resources.map { .init($0) }
        try requireUnambiguous(message, submission.caller, resources)
        try requireInsideGuardrails(message, submission.caller)
        var request = AccessRequest(
            caller: submission.caller, action: submission.action.rawValue, resources: resources,
            context: message.conditionContext(apiVersion: submission.apiVersion, \.description))
        if case .denied(let denial) = access.authorize(request) { throw SendRefusal.accessDenied(denial) }
        // A policy may be written for either spelling: an allow-list knows one, a deny-list must not miss the other.
        if message.hasOtherSpellings {
            request = AccessRequest(
                caller: submission.caller, action: submission.action.rawValue, resources: resources,
                context: message.conditionContext(apiVersion: submission.apiVersion, \.spelling))
            if case .denied(let denial) = access.authorize(request) { throw SendRefusal.accessDenied(denial) }
        }
        if let configurationSet, try await configurationSets.find(configurationSet, in: owner) == nil {
            throw SendRefusal.configurationSetMissing(configurationSet)
        }
        let unverified = senders.filter { $0.identity?.isVerified != true }.map(\.mailbox.description)
        guard unverified.isEmpty, let first = senders.first else {
            throw SendRefusal.identitiesNotVerified(unverified, region: settings.region)
        }
        return Senders(
            identityARN: first.arn(in: settings.region), owner: first.owner,
            signingDomain: try await signingDomain(for: first), configurationSet: configurationSet)
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
        for mailbox in message.senders {
            let owner = try owner(of: mailbox, message) ?? submission.caller.account
            senders.append(
                Sender(
                    mailbox: mailbox, owner: owner,
                    identity: try await identities.identity(covering: mailbox, in: owner)))
        }
        return senders
    }

    /// The account whose identity an ARN names for this address; nil without one.
    private func owner(of mailbox: Mailbox, _ message: InspectedMessage) throws -> AccountID? {
        let named = message.authorities
        let arn =
            mailbox == message.from
            ? named.from ?? (mailbox == message.reversePath ? named.source : nil)
            : mailbox == message.reversePath ? named.returnPath ?? named.source : named.from
        guard let arn else { return nil }
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 6, fields[0] == "arn", fields[2] == "ses", String(fields[3]) == settings.region,
            let owner = AccountID(String(fields[4])), fields[5].hasPrefix("identity/"),
            let name = try? IdentityName(parsing: String(fields[5].dropFirst("identity/".count)))
        else { throw SendRefusal.invalidAuthority(arn) }
        // The ARN says whose identity is meant; which of that account's decides, the address itself says.
        guard name.covers(mailbox) else { throw SendRefusal.invalidAuthority(arn) }
        return owner
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
        if let name = message.fromDisplayName, let trick = DisplayName.ambiguity(of: name, beside: message.from) {
            throw .unsafeAddress("the display name of From \(trick)")
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

extension Mailbox {
    /// What makes two readers see two addresses: routing signs, quoting, letters that look like others.
    var ambiguity: String? {
        if let routingTrick { return routingTrick }
        if needsSMTPUTF8 { return "holds letters beyond ASCII, which policies cannot tell from their look-alikes" }
        let isPlain = localPart.unicodeScalars.allSatisfy {
            $0.value > 32 && $0.value < 127 && !"\"\\<>()[];".unicodeScalars.contains($0)
        }
        return isPlain ? nil : "needs quotes, inside which relays disagree"
    }
}

/// What people see instead of an address.
enum DisplayName {
    /// Names that show another address than the one beside them, or hide something.
    static func ambiguity(of name: String, beside mailbox: Mailbox) -> String? {
        for scalar in name.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format: return "holds an invisible sign"
            default: continue
            }
        }
        // Full-width and small signs are folded to what they look like.
        let folded = String(
            String.UnicodeScalarView(name.unicodeScalars.map { ["\u{FF20}", "\u{FE6B}"].contains($0) ? "@" : $0 }))
        guard folded.contains("@"), folded.lowercased() != mailbox.description.lowercased() else { return nil }
        return "holds an '@', as if it were an address"
    }
}
