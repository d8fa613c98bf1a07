// SPDX-License-Identifier: Apache-2.0

/// Where delivery failures are sent: the address of `MAIL FROM` (RFC 5321 §4.1.1.2).
package enum ReversePath: Hashable, Sendable, CustomStringConvertible {
    /// `<>`: a message from here is never itself bounced.
    case null
    case mailbox(Mailbox)

    package var mailbox: Mailbox? {
        switch self {
        case .null: nil
        case .mailbox(let mailbox): mailbox
        }
    }

    /// With angle brackets, as on the wire.
    package var description: String { "<\(mailbox?.description ?? "")>" }
}

/// Where a message goes: the address of one `RCPT TO` (RFC 5321 §4.1.1.3).
package struct ForwardPath: Hashable, Sendable, CustomStringConvertible {
    package let mailbox: Mailbox

    package init(_ mailbox: Mailbox) { self.mailbox = mailbox }

    /// With angle brackets, as on the wire.
    package var description: String { "<\(mailbox)>" }
}

/// Sender and recipients of one message as SMTP carries them, never what its header says.
package struct Envelope: Hashable, Sendable {
    /// SES allows 50 recipients a message, To, Cc and Bcc together.
    package static let maximumRecipients = 50

    package var reversePath: ReversePath
    package var forwardPaths: [ForwardPath]

    package init(reversePath: ReversePath, forwardPaths: [ForwardPath]) {
        self.reversePath = reversePath
        self.forwardPaths = forwardPaths
    }
}
