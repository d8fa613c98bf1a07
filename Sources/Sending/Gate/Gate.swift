// SPDX-License-Identifier: Apache-2.0

package import Access
import Journal
package import Mail
package import Queue

/// The only code that may admit mail, whichever door it came in by.
///
/// In this order: the message is parsed, strictly; the policy engine is asked, with addresses taken from what was
/// parsed; the identities must be verified; the quota must last; then message, envelope and fact go to stable
/// storage together. Nothing is answered before that. Whatever is refused is recorded with its reason.
package struct Gate: Sendable {
    private let settings: GateSettings
    private let access: AccessControl
    private let identities: IdentityBook
    private let quota: SendingQuota
    private let queue: DeliveryQueue
    private let now: Now
    private let random: RandomBits

    package init(
        settings: GateSettings, access: AccessControl, identities: IdentityBook, quota: SendingQuota,
        queue: DeliveryQueue, now: @escaping Now, random: @escaping RandomBits
    ) {
        self.settings = settings
        self.access = access
        self.identities = identities
        self.quota = quota
        self.queue = queue
        self.now = now
        self.random = random
    }

    /// Admits one message.
    /// - Returns: its id, once it is on stable storage.
    /// - Throws: `SendRefusal` for a reasoned no, `SpoolFailure` when it could not be stored; in both cases nothing was.
    package func submit(_ submission: Submission) async throws -> MessageID {
        do {
            return try await admit(submission)
        } catch {
            submission.content.remove()
            guard let refusal = error as? SendRefusal else { throw error }
            // A refusal that cannot be recorded becomes a temporary failure: no unseen attempts.
            try await queue.record([fact(of: refusal, for: submission.caller)])
            throw refusal
        }
    }

    private func admit(_ submission: Submission) async throws -> MessageID {
        let message = try InspectedMessage(submission)
        let senders = try await authorizedSenders(of: message, for: submission)
        try requireNoConfigurationSet(message, submission)
        let acceptedAt = now()
        try quota.take(message.recipients.count, for: submission.caller.account, at: acceptedAt)
        let id = MessageID(region: settings.region, at: acceptedAt, random: (random(), random()))
        let content = try message.outgoingContent(id: id, acceptedAt: acceptedAt, hostname: settings.hostname)
        let spooled = SpooledMessage(
            id: id, account: submission.caller.account, acceptedAt: acceptedAt,
            expiresAt: acceptedAt + settings.lifetime, reversePath: .mailbox(message.reversePath),
            signingDomain: senders.signingDomain, content: content)
        let accepted = accepted(
            message, submission, identity: senders.identity, id: id, size: content.size, at: acceptedAt)
        try await queue.accept(spooled, deliveries(of: spooled, to: message.recipients), [accepted])
        return id
    }

    private struct Senders {
        let identity: String
        let signingDomain: Domain?
    }

    // IAM first, then verification, as SES does: a caller who may not send learns nothing about identities.
    private func authorizedSenders(of message: InspectedMessage, for submission: Submission) async throws -> Senders {
        let account = submission.caller.account
        var found: [(Mailbox, Identity?)] = []
        for mailbox in message.senders {
            found.append((mailbox, try await identities.identity(covering: mailbox, in: account)))
        }
        let arns = found.map { mailbox, identity in
            "arn:aws:ses:\(settings.region):\(account):identity/\(identity?.name.description ?? mailbox.description)"
        }
        let request = AccessRequest(
            caller: submission.caller, action: submission.action.rawValue, resources: arns,
            context: message.conditionContext(apiVersion: "2"))
        if case .denied(let denial) = access.authorize(request) { throw SendRefusal.accessDenied(denial) }
        let unverified = found.filter { $0.1?.isVerified != true }.map(\.0.description)
        guard unverified.isEmpty else {
            throw SendRefusal.identitiesNotVerified(unverified, region: settings.region)
        }
        return Senders(
            identity: found.first?.1?.name.description ?? "",
            signingDomain: try await signingDomain(for: message.from, identity: found.first?.1, in: account))
    }

    // An address identity is signed with the key of its domain, where the account has that domain too.
    private func signingDomain(for from: Mailbox, identity: Identity?, in account: AccountID) async throws -> Domain? {
        let domain =
            identity?.dkim == nil ? try await identities.domainIdentity(covering: from.domain, in: account) : identity
        guard let domain, let dkim = domain.dkim, dkim.signingEnabled, dkim.verifiedToken != nil else { return nil }
        return domain.name.domain
    }

    private func requireNoConfigurationSet(_ message: InspectedMessage, _ submission: Submission) throws(SendRefusal) {
        if let name = submission.configurationSet ?? message.configurationSetHeader {
            throw .configurationSetMissing(name)
        }
    }

    private func deliveries(of message: SpooledMessage, to recipients: [Mailbox]) -> [PendingDelivery] {
        var order: [String] = []
        var groups: [String: [Mailbox]] = [:]
        for recipient in recipients {
            let site = settings.site(recipient)
            if groups[site] == nil { order.append(site) }
            groups[site, default: []].append(recipient)
        }
        return order.map { site in
            PendingDelivery(
                message: message.id, account: message.account, site: site, recipients: groups[site] ?? [],
                dueAt: message.acceptedAt, acceptedAt: message.acceptedAt, expiresAt: message.expiresAt)
        }
    }

    private func accepted(
        _ message: InspectedMessage, _ submission: Submission, identity: String, id: MessageID, size: Int, at: Timestamp
    ) -> Fact {
        let caller = submission.caller
        let event = Fact.Accepted(
            door: caller.door.rawValue, principal: caller.principal.arn, reversePath: message.reversePath.description,
            from: message.from.description, recipients: message.recipients.map(\.description), identity: identity,
            size: size, sourceAddress: caller.sourceAddress, tags: message.tags)
        return Fact(at: at, account: caller.account, message: id, event: .accepted(event))
    }

    private func fact(of refusal: SendRefusal, for caller: Caller) -> Fact {
        let event = Fact.Refused(
            door: caller.door.rawValue, principal: caller.principal.arn, control: refusal.control,
            reason: refusal.reason, sourceAddress: caller.sourceAddress)
        return Fact(at: now(), account: caller.account, message: nil, event: .refused(event))
    }
}

/// What the gate has to know of the server it stands in.
package struct GateSettings: Sendable {
    package let region: String
    /// Right side of Message-ID.
    package let hostname: String
    /// Seconds after which a recipient still waiting gets a bounce; SES: 50,400 (14 hours).
    package let lifetime: Double
    /// The scheduling key of a recipient: who is tried together (see `PendingDelivery.site`).
    package let site: @Sendable (Mailbox) -> String

    package init(region: String, hostname: String, lifetime: Double, site: @escaping @Sendable (Mailbox) -> String) {
        self.region = region
        self.hostname = hostname
        self.lifetime = lifetime
        self.site = site
    }
}
