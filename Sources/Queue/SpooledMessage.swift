// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A message as it stands on stable storage: what was accepted and is still owed to somebody.
package struct SpooledMessage: Hashable, Sendable {
    package let id: MessageID
    package let account: AccountID
    package let acceptedAt: Timestamp
    /// After this moment a recipient still waiting gets a bounce.
    package let expiresAt: Timestamp
    package let reversePath: ReversePath
    /// The identity whose key signs: a domain's name, or nil for an address identity without one.
    package let signingDomain: Domain?
    /// Whose identity that is: the sender's own account, or the one that lets it send.
    package let signingAccount: AccountID
    package let content: Content

    package init(
        id: MessageID, account: AccountID, acceptedAt: Timestamp, expiresAt: Timestamp, reversePath: ReversePath,
        signingDomain: Domain?, signingAccount: AccountID? = nil, content: Content
    ) {
        self.id = id
        self.account = account
        self.acceptedAt = acceptedAt
        self.expiresAt = expiresAt
        self.reversePath = reversePath
        self.signingDomain = signingDomain
        self.signingAccount = signingAccount ?? account
        self.content = content
    }
}

/// Header section and body (RFC 5322 §2.1): 7-bit, CRLF line ends only, not dot-stuffed.
package struct Content: Hashable, Sendable {
    /// Complete header section with the empty line that ends it.
    package let header: [UInt8]
    package let body: Body

    package init(header: [UInt8], body: Body) {
        self.header = header
        self.body = body
    }

    package enum Body: Hashable, Sendable {
        case memory([UInt8])
        /// Bytes `offset ..< offset + length` of a synced file that the message owns; it is removed with it.
        case file(path: String, offset: Int, length: Int)
    }

    package var size: Int {
        switch body {
        case .memory(let bytes): header.count + bytes.count
        case .file(_, _, let length): header.count + length
        }
    }
}

/// Some recipients of one message that share a way out and so are tried together.
package struct PendingDelivery: Hashable, Sendable, Identifiable {
    /// Given by the spool when the message is accepted; 0 before.
    package let id: Int64
    package let message: MessageID
    package let account: AccountID
    /// The scheduling key: `capture`, `relay`, or a recipient domain. Limits are per site.
    package let site: String
    package let recipients: [Mailbox]
    /// Tries that have ended.
    package let attempts: Int
    package let dueAt: Timestamp
    package let acceptedAt: Timestamp
    package let expiresAt: Timestamp
    /// The last try's answer, for people who ask why it waits; empty before the first.
    package let lastReply: String

    package init(
        id: Int64 = 0, message: MessageID, account: AccountID, site: String, recipients: [Mailbox], attempts: Int = 0,
        dueAt: Timestamp, acceptedAt: Timestamp, expiresAt: Timestamp, lastReply: String = ""
    ) {
        self.id = id
        self.message = message
        self.account = account
        self.site = site
        self.recipients = recipients
        self.attempts = attempts
        self.dueAt = dueAt
        self.acceptedAt = acceptedAt
        self.expiresAt = expiresAt
        self.lastReply = lastReply
    }
}
