// SPDX-License-Identifier: Apache-2.0

import Journal
import MIME
package import Mail
package import Queue
import Synchronization

/// The mail with a link that shows that an address is its account's own, as SES sends it.
///
/// It is the server's own mail and goes to the one address that was named, unsigned. It passes no policy, for there is no
/// message to decide on; but the operator's list of recipients holds for it (`IdentityDirectory`), it counts as one
/// recipient of the account's quota, and an address gets one a minute at most, whoever asks and however often: SES
/// throttles the call, once a second, and mails each time. The link is good for 24 hours; asking again sends it again.
package struct AddressVerification: Sendable {
    /// Seconds.
    package static let lifetime = 24.0 * 3600
    /// Seconds between two mails to one address.
    package static let interval = 60.0

    private let publicURL: String
    private let hostname: String
    private let region: String
    private let queue: DeliveryQueue
    private let quota: SendingQuota
    private let site: @Sendable (Mailbox) -> String
    private let random: RandomBits
    private let recent = RecentMails()

    package init(
        publicURL: String, settings: GateSettings, queue: DeliveryQueue, quota: SendingQuota,
        random: @escaping RandomBits
    ) {
        self.publicURL = publicURL
        hostname = settings.hostname
        region = settings.region
        site = settings.site
        self.queue = queue
        self.quota = quota
        self.random = random
    }

    /// A mail that may be sent and is counted already.
    struct Admission: Sendable {
        let mailbox: Mailbox
        let account: AccountID
        let at: Timestamp
    }

    /// Takes what one mail to this address costs.
    /// - Returns: nil when the address got one less than a minute ago.
    /// - Throws: `SendRefusal` when the account's quota is used up.
    func admit(_ mailbox: Mailbox, account: AccountID, at moment: Timestamp) throws(SendRefusal) -> Admission? {
        guard recent.note(mailbox, at: moment) else { return nil }
        do {
            try quota.take(1, for: account, at: moment)
        } catch {
            recent.forget(mailbox)
            throw error
        }
        return Admission(mailbox: mailbox, account: account, at: moment)
    }

    /// The mail is not sent after all.
    func withdraw(_ mail: Admission) {
        recent.forget(mail.mailbox)
        quota.giveBack(1, to: mail.account, at: mail.at)
    }

    /// Queues the mail; it is durable when this returns.
    /// - Parameter principal: on whose behalf, for the record.
    func send(_ mail: Admission, token: String, principal: String) async throws {
        let sender = try Mailbox(localPart: "no-reply", domain: try Domain(parsing: hostname))
        let message = try message(from: sender, mail, token: token)
        let delivery = PendingDelivery(of: message, to: [mail.mailbox], at: site(mail.mailbox))
        let accepted = Fact.Accepted(
            door: "server", principal: principal, reversePath: "", from: sender.description,
            recipients: [mail.mailbox.description], identity: "", size: message.content.size, sourceAddress: "")
        let fact = Fact(at: mail.at, account: mail.account, message: message.id, event: .accepted(accepted))
        try await queue.accept(message, [delivery], [fact])
    }

    private func message(from sender: Mailbox, _ mail: Admission, token: String) throws -> SpooledMessage {
        let id = MessageID(region: region, at: mail.at, random: (random(), random()))
        var composer = MessageComposer(from: "Postern <\(sender)>")
        composer.to = [mail.mailbox.description]
        composer.subject = "Email Address Verification Request"
        composer.text = """
            Account \(mail.account) on \(hostname) asks to send mail from this address.

            If you agree, follow this link within 24 hours:

            \(publicURL)/verify?token=\(token)

            If you do not know about this, do nothing.

            """
        composer.headers = [("Auto-Submitted", "auto-generated")]
        let whole = try composer.compose(random: random)
        var (header, offset) = try HeaderSection.parse(whole)
        try header.append(name: "Message-ID", value: "<\(id)@\(hostname)>")
        try header.append(name: "Date", value: mail.at.rfc5322)
        return SpooledMessage(
            id: id, account: mail.account, acceptedAt: mail.at, expiresAt: mail.at + Self.lifetime, reversePath: .null,
            signingDomain: nil, content: Content(header: header.serialized(), body: .memory(Array(whole[offset...]))))
    }
}

/// Which addresses got a mail within the interval. As long as what happens in an interval, and twice that at most.
private final class RecentMails: Sendable {
    private struct State {
        var moments: [Mailbox: Timestamp] = [:]
        var roomBeforeSweep = 1_000
    }

    private let state = Mutex(State())

    /// - Returns: false, and nothing is noted, when the address is noted within the interval already.
    func note(_ mailbox: Mailbox, at moment: Timestamp) -> Bool {
        state.withLock { state in
            if let last = state.moments[mailbox], Self.isRecent(last, at: moment) { return false }
            if state.moments.count >= state.roomBeforeSweep {
                state.moments = state.moments.filter { Self.isRecent($0.value, at: moment) }
                state.roomBeforeSweep = max(1_000, state.moments.count * 2)
            }
            state.moments[mailbox] = moment
            return true
        }
    }

    func forget(_ mailbox: Mailbox) { state.withLock { state in state.moments[mailbox] = nil } }

    // After the clock was set back nobody waits longer than the interval.
    private static func isRecent(_ last: Timestamp, at moment: Timestamp) -> Bool {
        abs(moment - last) < AddressVerification.interval
    }
}
