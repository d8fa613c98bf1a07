// SPDX-License-Identifier: Apache-2.0

import Mail

/// The identities of other accounts that a message names for its senders ("Sending authorization", SES developer guide).
///
/// The ARN for From decides over From, the one for Return-Path over the envelope sender. The one for the source stands
/// in for either, where its identity covers the address; a delegate may have bounces sent to an address of its own.
struct Authorities {
    private struct Authority {
        let owner: AccountID
        let identity: IdentityName

        // The ARN says whose identity is meant; which of that account's decides, the address itself says.
        init(_ arn: String, region: String) throws(SendRefusal) {
            let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            guard fields.count == 6, fields[0] == "arn", fields[2] == "ses", String(fields[3]) == region,
                let owner = AccountID(String(fields[4])), fields[5].hasPrefix("identity/"),
                let name = try? IdentityName(parsing: String(fields[5].dropFirst("identity/".count)))
            else { throw .invalidAuthority(arn) }
            self.owner = owner
            identity = name
        }
    }

    private let source: Authority?
    private let from: Authority?
    private let returnPath: Authority?
    private let named: SendingAuthorities

    /// - Throws: for an ARN that is none, or of another region, and for a source that covers nobody.
    init(_ named: SendingAuthorities, region: String, for senders: [Mailbox]) throws(SendRefusal) {
        self.named = named
        source = if let arn = named.source { try Authority(arn, region: region) } else { nil }
        from = if let arn = named.from { try Authority(arn, region: region) } else { nil }
        returnPath = if let arn = named.returnPath { try Authority(arn, region: region) } else { nil }
        if let source, !senders.contains(where: { source.identity.covers($0) }) {
            throw .invalidAuthority(named.source ?? "")
        }
    }

    /// Whose identity is meant for this sender; nil for the caller's own.
    func owner(of mailbox: Mailbox, in message: InspectedMessage) throws(SendRefusal) -> AccountID? {
        if mailbox == message.from, let from {
            guard from.identity.covers(mailbox) else { throw .invalidAuthority(named.from ?? "") }
            return from.owner
        }
        if mailbox == message.reversePath, mailbox != message.from, let returnPath {
            guard returnPath.identity.covers(mailbox) else { throw .invalidAuthority(named.returnPath ?? "") }
            return returnPath.owner
        }
        return [source, from].compactMap(\.self).first { $0.identity.covers(mailbox) }?.owner
    }
}
