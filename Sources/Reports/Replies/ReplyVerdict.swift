// SPDX-License-Identifier: Apache-2.0

/// Who or what a refusal is about: where somebody must look to mend it.
package enum ReplyParty: String, CaseIterable, Sendable {
    /// This address cannot receive: it is unknown, closed, full.
    case recipient
    /// This message is not wanted: spam, a virus, its size, its form.
    case content
    /// Our address or domain is not trusted: listed, blocked, too fast.
    case reputation
    /// Our names do not prove themselves: SPF, DKIM, DMARC, the name of our address, the sender's domain.
    case authentication
    /// Their server is unwell, or makes everybody wait.
    case peer
    /// The way there: DNS, connections, TLS, time that ran out.
    case network
}

/// Why a message is late: `delayType` of a DeliveryDelay event ("Contents of event data", SES developer guide).
package enum DelayType: String, CaseIterable, Sendable {
    case internalFailure = "InternalFailure"
    case general = "General"
    case mailboxFull = "MailboxFull"
    case spamDetected = "SpamDetected"
    case recipientServerError = "RecipientServerError"
    case ipFailure = "IPFailure"
    case transientCommunicationFailure = "TransientCommunicationFailure"
    case hostNameLookupUnavailable = "BYOIPHostNameLookupUnavailable"
    case undetermined = "Undetermined"

    /// What a refusal means while the message is still tried, where its rule does not say.
    package init(_ bounce: BounceClass, _ party: ReplyParty) {
        self =
            switch (bounce, party) {
            case (.undetermined, _): .undetermined
            case (.mailboxFull, _): .mailboxFull
            case (.contentRejected, .content): .spamDetected
            case (_, .reputation): .ipFailure
            case (_, .peer): .recipientServerError
            case (_, .network): .transientCommunicationFailure
            case (_, .recipient), (_, .content), (_, .authentication): .general
            }
    }
}

/// What a refusal means.
package struct ReplyVerdict: Hashable, Sendable {
    package let bounce: BounceClass
    package let party: ReplyParty
    package let delayType: DelayType
    /// The name of the rule that said so; "none" where no rule did.
    package let rule: String

    package init(bounce: BounceClass, party: ReplyParty, delayType: DelayType? = nil, rule: String) {
        self.bounce = bounce
        self.party = party
        self.delayType = delayType ?? DelayType(bounce, party)
        self.rule = rule
    }

    /// Whether the address is to be written to the suppression list: only where the recipient itself is at fault for
    /// good. What is wrong with us, with the way or with their server never takes an address from a sender.
    package var suppresses: Bool { bounce.type == .permanent && party == .recipient }
}
