// SPDX-License-Identifier: Apache-2.0

package import Mail
import NIOCore
package import Queue
package import Receiving

/// What a session of an inbound listener asks of the house.
package protocol InboundService: Sendable {
    /// Whose postmaster `RCPT TO:<postmaster>` means.
    var domain: Domain { get }
    /// - Returns: why nothing is taken for this recipient; nil takes it.
    func admit(_ recipient: Mailbox, from address: String) async -> Reply?
    /// Takes a mail whose recipients were all admitted; what follows from it is durable when this answers 250.
    func receive(_ envelope: Envelope, _ content: DraftContent, from address: String) async -> Reply
    func makeDraft() -> any Draft
}

/// The house itself.
package struct ReceptionService: InboundService {
    private let reception: Reception
    private let drafts: any DraftFactory

    package let domain: Domain

    package init(reception: Reception, domain: Domain, drafts: any DraftFactory) {
        self.reception = reception
        self.domain = domain
        self.drafts = drafts
    }

    package func admit(_ recipient: Mailbox, from address: String) async -> Reply? {
        await reception.admit(recipient, from: address)
    }

    package func receive(_ envelope: Envelope, _ content: DraftContent, from address: String) async -> Reply {
        defer { content.remove() }
        let octets: [UInt8]
        do {
            octets = try content.withPrefix(Reception.maximumSize) { $0 }
        } catch {
            return Reply(451, .init(4, 3, 0), "Temporary service failure")
        }
        return await reception.receive(ReceivedMail(envelope: envelope, content: octets, peer: address))
    }

    package func makeDraft() -> any Draft { drafts.makeDraft() }
}

extension ListenerLimits {
    /// How much the servers of the world may have where they bring reports: little is needed, and nobody has signed in.
    package static var inbound: ListenerLimits {
        var limits = ListenerLimits()
        limits.sessions = 1_000
        limits.sessionsPerAddress = 20
        limits.idleTimeout = .minutes(2)
        limits.contentTimeout = .minutes(5)
        limits.sessionTimeout = .minutes(15)
        return limits
    }
}
