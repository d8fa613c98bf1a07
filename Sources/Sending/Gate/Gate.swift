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
    let configurationSets: ConfigurationSets
    let addresses: DedicatedAddresses
    let accounts: AccountSettings
    private let suppression: SuppressionList
    /// Nil: reports go to the senders themselves.
    private let returnPaths: (any ReturnPaths)?
    private let quota: SendingQuota
    private let fullSink: @Sendable () -> String?
    private let queue: DeliveryQueue
    private let observe: @Sendable (Admission) -> Void
    let now: Now
    private let random: RandomBits

    /// - Parameters:
    ///   - fullSink: whose records must be shipped before more mail is taken; asked for each message.
    ///   - observe: told of each message that was admitted.
    package init(
        settings: GateSettings, access: AccessControl, identities: IdentityBook,
        configurationSets: ConfigurationSets, addresses: DedicatedAddresses, accounts: AccountSettings,
        suppression: SuppressionList, returnPaths: (any ReturnPaths)? = nil, quota: SendingQuota, queue: DeliveryQueue,
        fullSink: @escaping @Sendable () -> String? = { nil },
        observe: @escaping @Sendable (Admission) -> Void = { _ in }, now: @escaping Now,
        random: @escaping RandomBits
    ) {
        self.fullSink = fullSink
        self.observe = observe
        self.addresses = addresses
        self.accounts = accounts
        self.suppression = suppression
        self.returnPaths = returnPaths
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
        let start = ContinuousClock.now
        do {
            let (id, recipients) = try await admit(submission)
            observe(
                Admission(
                    message: id, account: submission.caller.account, recipients: recipients,
                    seconds: (ContinuousClock.now - start) / .seconds(1)))
            return id
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
                template: template, reason: reason, recipients: message.recipients.map(\.description),
                sourceAddress: submission.caller.sourceAddress, call: submission.caller.recordedSend())
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

    /// - Returns: its id, and how many recipients it is really sent to.
    private func admit(_ submission: Submission) async throws -> (MessageID, Int) {
        if let sink = fullSink() { throw SendRefusal.recordsUnshipped(sink: sink) }
        let (message, senders) = try await decide(submission)
        let (account, count) = (submission.caller.account, message.recipients.count)
        let suppressed = try await suppression.suppressed(
            among: message.recipients, in: account, reasons: senders.configurationSet?.suppressedReasons)
        let spooled = try spooled(message, submission, senders)
        var facts = [accepted(message, submission, senders, spooled)]
        if !suppressed.isEmpty { facts.append(bounced(message.recipients.filter { suppressed[$0] != nil }, spooled)) }
        let due = message.recipients.filter { suppressed[$0] == nil }
        let free = message.recipients.count { SimulatorAddress($0) != nil }
        try quota.take(count, free: free, for: account, at: spooled.acceptedAt)
        do {
            if due.isEmpty {
                // A message that is owed to nobody is not stored.
                try await queue.record(facts)
                submission.content.remove()
            } else {
                try await queue.accept(spooled, deliveries(of: spooled, to: due), facts)
            }
        } catch {
            quota.giveBack(count, free: free, to: account, at: spooled.acceptedAt)
            throw error
        }
        return (spooled.id, due.count { SimulatorAddress($0) == nil })
    }

    private func spooled(
        _ message: InspectedMessage, _ submission: Submission, _ senders: Senders
    ) throws -> SpooledMessage {
        let (acceptedAt, account) = (now(), submission.caller.account)
        let id = MessageID(region: settings.region, at: acceptedAt, random: (random(), random()))
        let content = try message.outgoingContent(
            id: id, acceptedAt: acceptedAt, hostname: settings.hostname, with: submission.caller.protocolName,
            reportToken: returnPaths?.reportToken(for: id, account: account))
        let domain = senders.mailFromDomain ?? settings.bounceDomain
        let lifetime = senders.configurationSet?.delivery.maximumSeconds.map(Double.init) ?? settings.lifetime
        return SpooledMessage(
            id: id, account: account, acceptedAt: acceptedAt, expiresAt: acceptedAt + lifetime,
            reversePath: .mailbox(message.reversePath),
            returnPath: domain.flatMap { returnPaths?.returnPath(for: id, account: account, domain: $0) },
            signingDomain: senders.signingDomain, signingAccount: senders.owner, terms: senders.terms, content: content)
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
            PendingDelivery(of: message, to: groups[site] ?? [], at: site)
        }
    }
}

/// A message that the gate admitted, for whoever counts.
package struct Admission: Hashable, Sendable {
    package let message: MessageID
    package let account: AccountID
    /// To whom it is really sent: without the mailbox simulator's and those on a suppression list.
    package let recipients: Int
    /// From the moment it was here whole until it was on stable storage.
    package let seconds: Double
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
    /// Where reports come back to, for identities without a MAIL FROM domain; nil where none are received.
    package let bounceDomain: Domain?

    package init(
        region: String, hostname: String, lifetime: Double, bounceDomain: Domain? = nil,
        site: @escaping @Sendable (Mailbox) -> String
    ) {
        self.bounceDomain = bounceDomain
        self.region = region
        self.hostname = hostname
        self.lifetime = lifetime
        self.site = site
    }
}
