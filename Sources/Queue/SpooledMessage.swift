// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A message as it stands on stable storage: what was accepted and is still owed to somebody.
package struct SpooledMessage: Hashable, Sendable {
    package let id: MessageID
    package let account: AccountID
    package let acceptedAt: Timestamp
    /// After this moment a recipient still waiting gets a bounce.
    package let expiresAt: Timestamp
    /// Who hears of failures: the sender's own address.
    package let reversePath: ReversePath
    /// What MAIL FROM says: a signed address of ours where reports come back to us, else `reversePath`.
    package let returnPath: ReversePath
    /// The identity whose key signs: a domain's name, or nil for an address identity without one.
    package let signingDomain: Domain?
    /// Whose identity that is: the sender's own account, or the one that lets it send.
    package let signingAccount: AccountID
    package let terms: DeliveryTerms
    package let content: Content

    package init(
        id: MessageID, account: AccountID, acceptedAt: Timestamp, expiresAt: Timestamp, reversePath: ReversePath,
        returnPath: ReversePath? = nil, signingDomain: Domain?, signingAccount: AccountID? = nil,
        terms: DeliveryTerms = DeliveryTerms(), content: Content
    ) {
        self.id = id
        self.account = account
        self.acceptedAt = acceptedAt
        self.expiresAt = expiresAt
        self.reversePath = reversePath
        self.returnPath = returnPath ?? reversePath
        self.signingDomain = signingDomain
        self.signingAccount = signingAccount ?? account
        self.terms = terms
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
