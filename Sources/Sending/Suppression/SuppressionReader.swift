// SPDX-License-Identifier: Apache-2.0

import Access
package import Journal
package import Mail

/// Reads the journal for hard bounces and complaints and has the suppression list learn them.
///
/// For which reasons, the configuration set says that the message was sent with, where it overrides the account's ("Using
/// configuration set-level suppression", SES developer guide): what the set says now, not then. A set that is gone, or
/// says nothing, leaves it to the account.
///
/// It stands where its cursor says. What it read is learnt before the cursor moves, so a crash in between has it learn
/// the same once more, which changes nothing.
package struct SuppressionReader: Sendable {
    package static let name = "suppression"
    static let pageSize = 1_000

    private let facts: any FactStream
    private let cursors: any CursorStore
    private let list: SuppressionList
    private let sent: Sent

    /// What the reader asks about the mail that came back.
    package struct Sent: Sendable {
        let history: @Sendable (MessageID) async throws -> [Fact]
        let configurationSets: ConfigurationSets
        let identity: @Sendable (IdentityName, AccountID) async throws -> Identity?

        /// - Parameters:
        ///   - identity: one of an account's.
        ///   - history: everything about one message.
        package init(
            configurationSets: ConfigurationSets,
            identity: @escaping @Sendable (IdentityName, AccountID) async throws -> Identity?,
            history: @escaping @Sendable (MessageID) async throws -> [Fact]
        ) {
            self.history = history
            self.configurationSets = configurationSets
            self.identity = identity
        }
    }

    package init(facts: any FactStream, cursors: any CursorStore, list: SuppressionList, sent: Sent) {
        self.sent = sent
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
        try await list.learn(
            reason, addresses, message: fact.message, reasons: try await sent.reasons(for: fact), in: fact.account,
            at: fact.at)
    }
}

extension SuppressionReader.Sent {
    /// The reasons that the message's configuration set wants learnt; nil leaves it to the account.
    func reasons(for fact: Fact) async throws -> [SuppressionReason]? {
        guard let message = fact.message else { return nil }
        for case .accepted(let accepted) in try await history(message).map(\.event) {
            guard let name = accepted.configurationSet else { return nil }
            let owner = try await owner(ofSet: name, accepted) ?? fact.account
            return try await configurationSets.current(name, in: owner)?.suppressedReasons
        }
        return nil
    }

    // The set is the sender's own, but where the owner of the identity has fixed it for all who send with the identity.
    private func owner(ofSet set: String, _ accepted: Fact.Accepted) async throws -> AccountID? {
        let parts = accepted.identity.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, let account = AccountID(String(parts[4])), parts[5].hasPrefix("identity/"),
            let name = try? IdentityName(parsing: String(parts[5].dropFirst("identity/".count))),
            try await identity(name, account)?.configurationSet == set
        else { return nil }
        return account
    }
}

extension Fact.Verdict {
    /// A hard bounce that says something of the address. What came from a list says nothing new.
    fileprivate var isTheRecipients: Bool {
        type == "Permanent" && party == "recipient" && subType != "OnAccountSuppressionList" && subType != "Suppressed"
    }
}
