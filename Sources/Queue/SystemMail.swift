// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Mail of the server itself: notices of bounces and complaints, reports about TLS. It passes no policy and takes nothing
/// from a quota, but the operator's list of recipients holds for it; who uses it bounds how often.
package protocol SystemMail: Sendable {
    /// Queues one mail; it is durable when this returns.
    /// - Throws: `SyntaxError` for a header that cannot be written, `SpoolFailure`.
    @discardableResult
    func send(_ mail: SystemMessage) async throws -> MessageID
}

/// The operator's limits forbid mail to this recipient; to try again ends nothing.
package struct SystemMailRefusal: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// One mail of the server's own.
package struct SystemMessage: Sendable {
    /// Whom it concerns: the facts about it are that account's.
    package var account: AccountID
    package var to: Mailbox
    /// Header section and body, 7-bit, CRLF line ends; Date and Message-ID are given to it.
    package var content: [UInt8]
    package var reversePath: ReversePath
    /// The identity of the management account whose key signs, where it has one (RFC 8460 §3 asks for it).
    package var signingDomain: Domain?
    /// Seconds after which it is given up.
    package var lifetime: Double

    package init(
        account: AccountID, to: Mailbox, content: [UInt8], reversePath: ReversePath = .null,
        signingDomain: Domain? = nil, lifetime: Double = 86_400
    ) {
        self.account = account
        self.to = to
        self.content = content
        self.reversePath = reversePath
        self.signingDomain = signingDomain
        self.lifetime = lifetime
    }
}
