// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// What the journal knows of one message.
package protocol MessageHistory: Sendable {
    /// Its acceptance, its bounces, its complaints and the delays that reports told of, oldest first; empty where nothing
    /// is known of it.
    func facts(about message: MessageID) async throws -> [Fact]
}

/// Where facts are written that change nothing else.
package protocol FactWriter: Sendable {
    /// Durable when it returns.
    func record(_ facts: [Fact]) async throws
}

/// A message of ours that a report is about: its token was verified.
struct ReportedMessage: Sendable {
    let id: MessageID
    let account: AccountID
    let acceptedAt: Timestamp
    let accepted: Fact.Accepted
    let facts: [Fact]

    /// - Returns: nil where the facts do not say who accepted it and when.
    init?(_ id: MessageID, _ facts: [Fact]) {
        for fact in facts {
            guard case .accepted(let accepted) = fact.event else { continue }
            self.id = id
            account = fact.account
            acceptedAt = fact.at
            self.accepted = accepted
            self.facts = facts
            return
        }
        return nil
    }

    /// The recipient as it was accepted. A server that writes local parts in another case speaks of the same one, where
    /// only one can be meant.
    func recipient(_ mailbox: Mailbox) -> String? {
        let known = accepted.recipients.compactMap { text in (try? Mailbox(parsing: text)).map { (text, $0) } }
        if let same = known.first(where: { $0.1 == mailbox }) { return same.0 }
        let folded = mailbox.localPart.lowercased().utf8
        let alike = known.filter {
            $0.1.domain == mailbox.domain && $0.1.localPart.lowercased().utf8.elementsEqual(folded)
        }
        return alike.count == 1 ? alike[0].0 : nil
    }

    /// The only recipient, where there is only one.
    var onlyRecipient: String? { accepted.recipients.count == 1 ? accepted.recipients.first : nil }
}
