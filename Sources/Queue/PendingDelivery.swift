// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Some recipients of one message that share a way out and so are tried together.
package struct PendingDelivery: Hashable, Sendable, Identifiable {
    /// Given by the spool when the message is accepted; 0 before.
    package let id: Int64
    package let message: MessageID
    package let lane: Lane
    package let recipients: [Mailbox]
    /// Tries that have ended.
    package let attempts: Int
    package let dueAt: Timestamp
    package let acceptedAt: Timestamp
    package let expiresAt: Timestamp
    /// The last try's answer, for people who ask why it waits; empty before the first.
    package let lastReply: String
    /// Nil where nobody holds it.
    package let hold: Hold?

    package init(
        id: Int64 = 0, message: MessageID, lane: Lane, recipients: [Mailbox], attempts: Int = 0, dueAt: Timestamp,
        acceptedAt: Timestamp, expiresAt: Timestamp, lastReply: String = "", hold: Hold? = nil
    ) {
        self.id = id
        self.message = message
        self.lane = lane
        self.recipients = recipients
        self.attempts = attempts
        self.dueAt = dueAt
        self.acceptedAt = acceptedAt
        self.expiresAt = expiresAt
        self.lastReply = lastReply
        self.hold = hold
    }

    /// What is owed of a message that was just accepted.
    package init(of message: SpooledMessage, to recipients: [Mailbox], at destination: String) {
        self.init(
            message: message.id, lane: Lane(of: message, to: destination), recipients: recipients,
            dueAt: message.acceptedAt, acceptedAt: message.acceptedAt, expiresAt: message.expiresAt)
    }

    /// As the spool numbered it.
    package func numbered(_ id: Int64) -> PendingDelivery {
        PendingDelivery(
            id: id, message: message, lane: lane, recipients: recipients, attempts: attempts, dueAt: dueAt,
            acceptedAt: acceptedAt, expiresAt: expiresAt, lastReply: lastReply, hold: hold)
    }

    package var account: AccountID { lane.account }
    /// `capture`, `relay`, or the recipients' domain.
    package var destination: String { lane.destination }
}
