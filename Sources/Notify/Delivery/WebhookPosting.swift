// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Posts to addresses that strangers chose, never into networks that are closed to them.
package protocol WebhookPosting: Sendable {
    /// - Returns: the answer's status; redirects are not followed.
    func post(
        _ body: [UInt8], headers: [(name: String, value: String)], to address: WebhookAddress
    ) async throws(WebhookFailure) -> Int
}

/// Why there was no answer.
package struct WebhookFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether the address is not to be spoken to at all.
    package let isFinal: Bool

    package init(_ description: String, isFinal: Bool = false) {
        self.description = description
        self.isFinal = isFinal
    }
}

/// A notification as mail: to be composed and queued like all of the house's own.
package struct NoticeMail: Hashable, Sendable {
    /// The topic's.
    package let account: AccountID
    package let to: Mailbox
    /// The name before the sender's address; may be empty.
    package let displayName: String
    package let subject: String
    /// Lines end with LF.
    package let text: String
}
