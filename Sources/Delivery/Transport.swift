// SPDX-License-Identifier: Apache-2.0

package import Mail
package import Queue
package import SMTP

/// Opens SMTP connections to other servers.
package protocol Transport: Sendable {
    /// A session that meets the target's requirement and can take a mail.
    /// - Throws: `ConnectionFailure`; nothing of any message was sent.
    func open(_ target: Target, patience: Patience) async throws -> any Connection
}

/// How long a peer is waited for until its session is ready.
package enum Patience: Hashable, Sendable {
    /// As long as RFC 5321 §4.5.3.2 asks for.
    case full
    /// For a path on which nobody has answered lately and that has not been found dead; once it has, its tries have `full`.
    case brief
}

/// One open SMTP session that takes one mail at a time.
package protocol Connection: AnyObject, Sendable {
    /// `mx1.example.com [192.0.2.1]:25`.
    var peer: String { get }
    /// The address it leaves from, as the socket has it; empty where that is not known.
    var localAddress: String { get }
    var security: SessionSecurity { get }
    /// Whether the peer takes mail that must stay under TLS (RFC 8689).
    var offersRequireTLS: Bool { get }
    /// What was said until the session was ready.
    var opening: Transcript { get }
    /// Whether another mail may be tried.
    var isUsable: Bool { get }
    /// Sends a mail.
    /// - Throws: `ConnectionFailure` when the session was gone before the peer took any part of this mail.
    func send(_ mail: OutgoingMail) async throws -> SentMail
    func close()
}

/// How a session is protected.
package struct SessionSecurity: Hashable, Sendable {
    /// `TLSv1.3`, or nil in clear.
    package var version: String?
    /// `TLS_AES_256_GCM_SHA384`; nil where it is not known.
    package var cipher: String?
    /// What was found of the certificate; nil in clear.
    package var certificate: TLSVerdict?
    /// The same by a policy that is only tested (RFC 8461 §5.2); nil for none.
    package var tested: TLSVerdict?
    /// Why TLS was given up and the session is in clear; nil where it was not offered.
    package var givenUp: TLSFailure?

    package init(
        version: String? = nil, cipher: String? = nil, certificate: TLSVerdict? = nil, tested: TLSVerdict? = nil,
        givenUp: TLSFailure? = nil
    ) {
        self.version = version
        self.cipher = cipher
        self.certificate = certificate
        self.tested = tested
        self.givenUp = givenUp
    }

    package static let clear = SessionSecurity()
}

/// What the peer said to a mail.
package struct SentMail: Sendable {
    /// One a recipient, in order; a lost connection is a 4yz for each that was not refused before.
    package let replies: [Reply]
    package let transcript: Transcript

    package init(replies: [Reply], transcript: Transcript = Transcript()) {
        self.replies = replies
        self.transcript = transcript
    }
}

/// A mail ready for the wire.
package struct OutgoingMail: Sendable {
    /// What MAIL FROM says.
    package let returnPath: ReversePath
    package let recipients: [Mailbox]
    /// Signature and header section.
    package let header: [UInt8]
    package let body: Content.Body
    package let size: Int
    /// MAIL FROM says REQUIRETLS.
    package let requiresTLS: Bool

    package init(
        returnPath: ReversePath, recipients: [Mailbox], header: [UInt8], body: Content.Body, size: Int,
        requiresTLS: Bool = false
    ) {
        self.returnPath = returnPath
        self.recipients = recipients
        self.header = header
        self.body = body
        self.size = size
        self.requiresTLS = requiresTLS
    }

    /// The same for some of the recipients.
    func to(_ recipients: [Mailbox]) -> OutgoingMail {
        OutgoingMail(
            returnPath: returnPath, recipients: recipients, header: header, body: body, size: size,
            requiresTLS: requiresTLS)
    }
}
