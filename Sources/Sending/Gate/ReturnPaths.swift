// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Signed addresses of ours that reports about a message come back to (RFC 3464, RFC 5965).
///
/// Only a report that bears what was signed here counts, so that nobody can forge a bounce. Quick and without I/O:
/// the gate asks for one with every message.
package protocol ReturnPaths: Sendable {
    /// What MAIL FROM says: `TOKEN@domain`.
    /// - Parameter domain: where reports are received: the identity's own MAIL FROM domain, or the server's.
    func returnPath(for message: MessageID, account: AccountID, domain: Domain) -> ReversePath
    /// The same token as a header field's value, for reports that lose the envelope. ASCII without spaces.
    func reportToken(for message: MessageID, account: AccountID) -> String
}
