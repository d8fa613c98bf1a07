// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Why an address is on the list.
package enum SuppressionReason: String, Hashable, Sendable, Codable, CaseIterable {
    case bounce = "BOUNCE"
    case complaint = "COMPLAINT"
}

/// An address that an account does not write to any more.
///
/// The domain is canonical; the local part keeps its case and counts with it, as on SES: the owner of a domain alone knows
/// whether two spellings are one mailbox.
package struct SuppressedDestination: Hashable, Sendable {
    package let account: AccountID
    package let address: Mailbox
    package var reason: SuppressionReason
    package var updatedAt: Timestamp
    /// The message whose bounce or complaint put it there; nil for what somebody put there by hand.
    package var message: MessageID?
    /// The report's id.
    package var feedback: String?

    package init(
        account: AccountID, address: Mailbox, reason: SuppressionReason, updatedAt: Timestamp,
        message: MessageID? = nil, feedback: String? = nil
    ) {
        self.account = account
        self.address = address
        self.reason = reason
        self.updatedAt = updatedAt
        self.message = message
        self.feedback = feedback
    }
}
