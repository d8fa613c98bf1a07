// SPDX-License-Identifier: Apache-2.0

package import Mail
package import Queue

/// Opens SMTP connections to other servers.
package protocol Transport: Sendable {
    /// - Throws: `ConnectionFailure`; nothing of any message was sent.
    func open(_ target: Target) async throws -> any Connection
}

/// One open SMTP session that takes one mail at a time.
package protocol Connection: AnyObject, Sendable {
    /// `mx1.example.com [192.0.2.1]:25`.
    var peer: String { get }
    /// `TLSv1.3`, or nil in clear.
    var tls: String? { get }
    /// Whether another mail may be tried.
    var isUsable: Bool { get }
    /// Sends a mail.
    /// - Returns: one reply a recipient; a lost connection is a 4yz for each.
    /// - Throws: `ConnectionFailure` when the session was gone before the peer took any part of this mail.
    func send(_ mail: OutgoingMail) async throws -> [Reply]
    func close()
}

/// A mail ready for the wire.
package struct OutgoingMail: Sendable {
    package let reversePath: ReversePath
    package let recipients: [Mailbox]
    /// Signature and header section.
    package let header: [UInt8]
    package let body: Content.Body
    package let size: Int

    package init(reversePath: ReversePath, recipients: [Mailbox], header: [UInt8], body: Content.Body, size: Int) {
        self.reversePath = reversePath
        self.recipients = recipients
        self.header = header
        self.body = body
        self.size = size
    }

    /// The same for some of the recipients.
    func to(_ recipients: [Mailbox]) -> OutgoingMail {
        OutgoingMail(reversePath: reversePath, recipients: recipients, header: header, body: body, size: size)
    }
}

/// Why there is no session; always temporary.
package struct ConnectionFailure: Error, Hashable, Sendable {
    package let reply: Reply

    package init(_ text: String) { reply = Reply(451, .init(4, 4, 1), text) }
    package init(reply: Reply) {
        // What a greeting or EHLO refuses is the host's no, not the recipient's (RFC 5321 §3.1): try again, or elsewhere.
        self.reply = reply.isPermanent ? Reply(451, .init(4, 4, 0), "The host refused the session: \(reply)") : reply
    }
}
