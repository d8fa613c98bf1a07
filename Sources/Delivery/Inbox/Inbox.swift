// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Where the `capture` route puts mail: an inbox to look at instead of the world.
package protocol Inbox: Sendable {
    /// Durable when it returns. Keeping the same message for the same recipients twice keeps it once.
    func keep(_ message: CapturedMessage) async throws
    /// Newest first, at most `limit`, older than `before` where given; `search` looks in addresses and subject.
    func messages(before: Int64?, limit: Int, search: String?) async throws -> [CapturedSummary]
    func message(_ id: Int64) async throws -> CapturedMessage?
    func deleteAll() async throws
}

/// One captured message, signed as it would have left.
package struct CapturedMessage: Hashable, Sendable {
    package let summary: CapturedSummary
    package let content: [UInt8]

    package init(summary: CapturedSummary, content: [UInt8]) {
        self.summary = summary
        self.content = content
    }
}

/// What a list of captured mail shows.
package struct CapturedSummary: Hashable, Sendable {
    /// Given by the inbox; 0 before.
    package let id: Int64
    package let message: MessageID
    package let account: AccountID
    package let capturedAt: Timestamp
    package let reversePath: String
    package let recipients: [String]
    /// As the header has it, decoded.
    package let from: String
    package let subject: String
    package let size: Int

    package init(
        id: Int64 = 0, message: MessageID, account: AccountID, capturedAt: Timestamp, reversePath: String,
        recipients: [String], from: String, subject: String, size: Int
    ) {
        self.id = id
        self.message = message
        self.account = account
        self.capturedAt = capturedAt
        self.reversePath = reversePath
        self.recipients = recipients
        self.from = from
        self.subject = subject
        self.size = size
    }
}
