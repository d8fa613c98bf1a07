// SPDX-License-Identifier: Apache-2.0

package import Journal
import Mail

/// Reads the journal for hard bounces and complaints and has the suppression list learn them.
///
/// It stands where its cursor says. What it read is learnt before the cursor moves, so a crash in between has it learn
/// the same once more, which changes nothing.
package struct SuppressionReader: Sendable {
    package static let name = "suppression"
    static let pageSize = 1_000

    private let facts: any FactStream
    private let cursors: any CursorStore
    private let list: SuppressionList

    package init(facts: any FactStream, cursors: any CursorStore, list: SuppressionList) {
        self.facts = facts
        self.cursors = cursors
        self.list = list
    }

    /// Reads on from where it stands.
    /// - Returns: whether there may be more.
    package func read() async throws -> Bool {
        let position = try await cursors.position(of: Self.name, in: facts.name)
        let page = try await facts.facts(of: [.bounced, .complained], after: position, limit: Self.pageSize)
        guard page.last > position else { return false }
        for recorded in page.facts { try await learn(recorded.fact) }
        try await cursors.advance(Self.name, in: facts.name, to: page.last)
        return page.isFull
    }

    private func learn(_ fact: Fact) async throws {
        switch fact.event {
        case .bounced(let outcome) where outcome.verdict?.isTheRecipients == true:
            try await learn(.bounce, outcome.recipients, fact)
        case .complained(let complaint) where complaint.subType == nil:
            try await learn(.complaint, complaint.recipients, fact)
        default: return
        }
    }

    private func learn(_ reason: SuppressionReason, _ recipients: [String], _ fact: Fact) async throws {
        let addresses = recipients.compactMap { try? Mailbox(parsing: $0) }
        try await list.learn(reason, addresses, message: fact.message, in: fact.account, at: fact.at)
    }
}

extension Fact.Verdict {
    /// A hard bounce that says something of the address. What came from a list says nothing new.
    fileprivate var isTheRecipients: Bool {
        type == "Permanent" && party == "recipient" && subType != "OnAccountSuppressionList" && subType != "Suppressed"
    }
}
