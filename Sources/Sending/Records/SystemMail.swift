// SPDX-License-Identifier: Apache-2.0

package import Access
import Journal
import MIME
package import Mail
package import Queue

/// The server's own mail, put into the queue as every other: signed where a key is there, tried until its time is over.
///
/// Its accepted fact has the door `system` and no reverse path, so that nobody is told of its bounces.
package struct QueuedSystemMail: SystemMail {
    /// The door of its facts.
    package static let door = "system"

    private let settings: GateSettings
    private let managementAccount: AccountID
    private let guardrails: Guardrails
    private let queue: DeliveryQueue
    private let now: Now
    private let random: RandomBits

    package init(
        settings: GateSettings, managementAccount: AccountID, guardrails: Guardrails, queue: DeliveryQueue,
        now: @escaping Now, random: @escaping RandomBits
    ) {
        self.settings = settings
        self.managementAccount = managementAccount
        self.guardrails = guardrails
        self.queue = queue
        self.now = now
        self.random = random
    }

    @discardableResult
    package func send(_ mail: SystemMessage) async throws -> MessageID {
        if let refusal = guardrails.recipientRefusal([mail.to], account: mail.account) {
            throw SystemMailRefusal(description: "guardrail \(refusal.guardrail): \(refusal.reason)")
        }
        let moment = now()
        let id = MessageID(region: settings.region, at: moment, random: (random(), random()))
        var (header, offset) = try HeaderSection.parse(mail.content)
        header.remove(named: ["Date", "Message-ID"])
        try header.append(name: "Date", value: moment.rfc5322)
        try header.append(name: "Message-ID", value: "<\(id)@\(settings.hostname)>")
        let message = SpooledMessage(
            id: id, account: mail.account, acceptedAt: moment, expiresAt: moment + mail.lifetime,
            reversePath: mail.reversePath, signingDomain: mail.signingDomain, signingAccount: managementAccount,
            content: Content(header: header.serialized(), body: .memory(Array(mail.content[offset...]))))
        let accepted = Fact.Accepted(
            door: Self.door, principal: "", reversePath: mail.reversePath.mailbox?.description ?? "",
            from: header.first("From")?.value ?? "", recipients: [mail.to.description], identity: "",
            size: message.content.size, sourceAddress: "")
        try await queue.accept(
            message, [PendingDelivery(of: message, to: [mail.to], at: settings.site(mail.to))],
            [Fact(at: moment, account: mail.account, message: id, event: .accepted(accepted))])
        return id
    }
}
