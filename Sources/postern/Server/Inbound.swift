// SPDX-License-Identifier: Apache-2.0

import Access
import Delivery
import Journal
import Logging
import MIME
import Mail
import Queue
import Receiving
import Reports
import SQLite
import Sending
import Settings

/// What comes back: the keys of return paths, who reads reports, who tells the senders.
struct Inbound: Sendable {
    let keys: ReturnPathKeys
    let secrets: ReturnPathSecrets
    let reception: Reception
    let forwarder: FeedbackForwarder
    let domain: Domain

    /// - Parameters:
    ///   - secrets: `keys` were loaded from it.
    ///   - rules: the reply rules in force at the moment of asking.
    init(
        _ server: Server, _ stores: Stores, keys: ReturnPathKeys, secrets: ReturnPathSecrets, identities: IdentityBook,
        mail: any SystemMail, rules: @escaping @Sendable () -> ReplyRules
    ) {
        let smtp = server.configuration.smtp
        self.keys = keys
        self.secrets = secrets
        domain = smtp.bounceDomain
        reception = Reception(
            .init(
                addresses: ReceptionAddresses(domain: smtp.bounceDomain, feedbackAddresses: smtp.feedbackAddresses),
                keys: keys, history: stores.spool, writer: stores.spool,
                postmaster: InboxPostmaster(
                    inbox: stores.inbox, region: server.configuration.region,
                    account: server.configuration.accountID, random: server.random),
                rules: rules, now: server.now, logger: server.logger))
        forwarder = FeedbackForwarder(
            facts: stores.spool, cursors: stores.records, history: stores.spool,
            forwarding: IdentityFeedback(identities: identities), mail: mail, domain: smtp.bounceDomain,
            hostname: smtp.hostname, now: server.now, random: server.random, logger: server.logger)
    }
}

extension SQLiteSpool: MessageHistory, FactWriter {}

/// Return paths that are signed.
struct SignedReturnPaths: ReturnPaths {
    let keys: ReturnPathKeys

    func returnPath(for message: MessageID, account: AccountID, domain: Domain) -> ReversePath {
        keys.token(for: message, account: account)?.returnPath(at: domain) ?? .null
    }

    func reportToken(for message: MessageID, account: AccountID) -> String {
        keys.token(for: message, account: account)?.description ?? ""
    }
}

/// The attribute of the identity that a message was sent as.
private struct IdentityFeedback: FeedbackForwarding {
    let identities: IdentityBook

    func isForwarded(_ message: Fact.Accepted, of account: AccountID) async throws -> Bool {
        // arn:aws:ses:REGION:OWNER:identity/NAME
        let parts = message.identity.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, let owner = AccountID(String(parts[4])),
            let name = try? IdentityName(parsing: String(parts[5].dropFirst("identity/".count))),
            let identity = try await identities.identity(name, in: owner)
        else { return true }
        return identity.feedbackForwarding
    }
}

/// Mail to the operator lies in the inbox that the console shows.
private struct InboxPostmaster: PostmasterBox {
    let inbox: any Inbox
    let region: String
    let account: AccountID
    let random: RandomBits

    func keep(_ mail: ReceivedMail, at moment: Timestamp) async throws {
        let header = (try? HeaderSection.parse(mail.content).header) ?? HeaderSection()
        let summary = CapturedSummary(
            message: MessageID(region: region, at: moment, random: (random(), random())), account: account,
            capturedAt: moment, reversePath: mail.envelope.reversePath.mailbox?.description ?? "",
            recipients: mail.envelope.forwardPaths.map(\.mailbox.description),
            from: EncodedWord.decode(header.first("From")?.value ?? ""),
            subject: EncodedWord.decode(header.first("Subject")?.value ?? ""), size: mail.content.count)
        try await inbox.keep(CapturedMessage(summary: summary, content: mail.content))
    }
}
