// SPDX-License-Identifier: Apache-2.0

import Journal
import MIME
package import Mail
package import Queue

/// The mail with a link that shows that an address is its account's own, as SES sends it.
///
/// It is the server's own mail: it passes no gate, is not signed, and goes to the one address that was named. The link
/// is good for 24 hours; asking again sends it again.
package struct AddressVerification: Sendable {
    /// Seconds.
    package static let lifetime = 24.0 * 3600

    private let publicURL: String
    private let hostname: String
    private let region: String
    private let queue: DeliveryQueue
    private let site: @Sendable (Mailbox) -> String
    private let random: RandomBits

    package init(
        publicURL: String, settings: GateSettings, queue: DeliveryQueue, random: @escaping RandomBits
    ) {
        self.publicURL = publicURL
        hostname = settings.hostname
        region = settings.region
        site = settings.site
        self.queue = queue
        self.random = random
    }

    /// Queues the mail; it is durable when this returns.
    func send(to mailbox: Mailbox, token: String, account: AccountID, at moment: Timestamp) async throws {
        let id = MessageID(region: region, at: moment, random: (random(), random()))
        let sender = try Mailbox(localPart: "no-reply", domain: try Domain(parsing: hostname))
        var composer = MessageComposer(from: "Postern <\(sender)>")
        composer.to = [mailbox.description]
        composer.subject = "Email Address Verification Request"
        composer.text = """
            Account \(account) on \(hostname) asks to send mail from this address.

            If you agree, follow this link within 24 hours:

            \(publicURL)/verify?token=\(token)

            If you do not know about this, do nothing.

            """
        composer.headers = [("Auto-Submitted", "auto-generated")]
        let whole = try composer.compose(random: random)
        var (header, offset) = try HeaderSection.parse(whole)
        try header.append(name: "Message-ID", value: "<\(id)@\(hostname)>")
        try header.append(name: "Date", value: moment.rfc5322)
        let message = SpooledMessage(
            id: id, account: account, acceptedAt: moment, expiresAt: moment + Self.lifetime, reversePath: .null,
            signingDomain: nil, content: Content(header: header.serialized(), body: .memory(Array(whole[offset...]))))
        let delivery = PendingDelivery(
            message: id, account: account, site: site(mailbox), recipients: [mailbox], dueAt: moment,
            acceptedAt: moment,
            expiresAt: message.expiresAt)
        let accepted = Fact.Accepted(
            door: "server", principal: "arn:aws:iam::\(account):root", reversePath: "", from: sender.description,
            recipients: [mailbox.description], identity: "", size: message.content.size, sourceAddress: "")
        try await queue.accept(
            message, [delivery], [Fact(at: moment, account: account, message: id, event: .accepted(accepted))])
    }
}
