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
    let settings: GateSettings
    let access: AccessControl
    let identities: IdentityBook
    let configurationSets: Shelf<ConfigurationSet>
    private let quota: SendingQuota
    private let queue: DeliveryQueue
    private let now: Now
    private let random: RandomBits

    package init(
        settings: GateSettings, access: AccessControl, identities: IdentityBook,
        configurationSets: Shelf<ConfigurationSet>, quota: SendingQuota, queue: DeliveryQueue, now: @escaping Now,
        random: @escaping RandomBits
    ) {
        self.settings = settings
        self.access = access
        self.identities = identities
        self.configurationSets = configurationSets
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

    /// Decides over a message without admitting it; a refusal is recorded.
    package func examine(_ submission: Submission) async throws {
        do {
            _ = try await decide(submission)
        } catch let refusal as SendRefusal {
            try await queue.record([fact(of: refusal, for: submission.caller)])
            throw refusal
        }
    }

    /// Decides over a message whose template could not be filled, and drops it if it would have been sent.
    package func fail(
        _ submission: Submission, rendering template: String, because reason: String
    ) async throws -> MessageID {
        do {
            let (message, _) = try await decide(submission)
            let id = MessageID(region: settings.region, at: now(), random: (random(), random()))
            let event = Fact.RenderingFailed(
                template: template, reason: reason, recipients: message.recipients.map(\.description))
            try await queue.record([
                Fact(at: now(), account: submission.caller.account, message: id, event: .renderingFailed(event))
            ])
            return id
        } catch let refusal as SendRefusal {
            try await queue.record([fact(of: refusal, for: submission.caller)])
            throw refusal
        }
    }

    private func decide(_ submission: Submission) async throws -> (InspectedMessage, Senders) {
        let message = try InspectedMessage(submission)
        return (message, try await authorizedSenders(of: message, for: submission))
    }

    private func admit(_ submission: Submission) async throws -> MessageID {
        let (message, senders) = try await decide(submission)
        let acceptedAt = now()
        let id = MessageID(region: settings.region, at: acceptedAt, random: (random(), random()))
        let content = try message.outgoingContent(
            id: id, acceptedAt: acceptedAt, hostname: settings.hostname, with: submission.caller.protocolName)
        let spooled = SpooledMessage(
            id: id, account: submission.caller.account, acceptedAt: acceptedAt,
            expiresAt: acceptedAt + settings.lifetime, reversePath: .mailbox(message.reversePath),
            signingDomain: senders.signingDomain, signingAccount: senders.owner, content: content)
        let accepted = accepted(message, submission, senders, id: id, size: content.size, at: acceptedAt)
        let (account, count) = (submission.caller.account, message.recipients.count)
        try quota.take(count, for: account, at: acceptedAt)
        do {
            try await queue.accept(spooled, deliveries(of: spooled, to: message.recipients), [accepted])
        } catch {
            quota.giveBack(count, to: account, at: acceptedAt)
            throw error
        }
        return id
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
        _ message: InspectedMessage, _ submission: Submission, _ senders: Senders, id: MessageID, size: Int,
        at: Timestamp
    ) -> Fact {
        let caller = submission.caller
        let event = Fact.Accepted(
            door: caller.door.rawValue, principal: caller.principal.arn, reversePath: message.reversePath.description,
            from: message.from.description, recipients: message.recipients.map(\.description),
            identity: senders.identityARN,
            size: size, sourceAddress: caller.sourceAddress, configurationSet: senders.configurationSet,
            tags: message.tags)
        return Fact(at: at, account: caller.account, message: id, event: .accepted(event))
    }

    private func fact(of refusal: SendRefusal, for caller: Caller) -> Fact {
        let event = Fact.Refused(
            door: caller.door.rawValue, principal: caller.principal.arn, control: refusal.control,
            reason: refusal.reason, sourceAddress: caller.sourceAddress)
        return Fact(at: now(), account: caller.account, message: nil, event: .refused(event))
    }
}

extension Caller {
    /// As Received says it (RFC 3848).
    fileprivate var protocolName: String {
        switch door {
        case .smtp: "ESMTPSA"
        case .trusted: tls == nil ? "ESMTP" : "ESMTPS"
        case .api, .console: tls == nil ? "HTTP" : "HTTPS"
        }
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
