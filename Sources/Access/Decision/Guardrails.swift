// SPDX-License-Identifier: Apache-2.0

package import Mail
package import PolicyLanguage

/// The operator's limits, above every policy: no caller of any API can lift them.
package struct Guardrails: Sendable {
    /// Control 3: identities and From only inside these; empty is no limit.
    package var senderDomains: [Domain] = []
    /// Control 5: who may be written to; empty is no limit.
    package var recipientDomains: [Domain] = []
    /// Control 5 for single accounts, instead of the above.
    package var recipientDomainsByAccount: [AccountID: [Domain]] = [:]
    /// Control 5: where mail may be handed on; empty is no limit.
    package var nextHops: [String] = []
    /// Control 6: `TLSv1.2` or `TLSv1.3`.
    package var minimumTLS: String?
    /// Control 1, statement 10.
    package var requiresMFA = false
    /// Control 1, statement 8, in seconds.
    package var maximumKeyAge: Double?
    /// Statements 6 and 7; empty is no limit.
    package var sourceNetworks: [AddressRange] = []
    /// Control 6: whatever a sender's options say, mail is never delivered in clear.
    package var requiresDeliveryTLS = false
    /// Control 2.
    package var forbidsPublicIdentityPolicies = false

    package init() {}

    /// - Returns: false for a text that is no network.
    package mutating func allowSource(_ text: String) -> Bool {
        guard let range = AddressRange(text) else { return false }
        sourceNetworks.append(range)
        return true
    }

    /// What a guardrail says no with: its name in the configuration, and the sentence.
    package struct Refusal: Hashable, Sendable {
        package let guardrail: String
        package let reason: String
    }

    /// Whether an address lies within the domains: in one of them exactly, for `*@example.com` is the only sound
    /// pattern. Routing tricks never do.
    package func recipientRefusal(_ recipients: [Mailbox], account: AccountID) -> Refusal? {
        let domains = recipientDomainsByAccount[account] ?? recipientDomains
        guard !domains.isEmpty else { return nil }
        for (index, recipient) in recipients.enumerated() {
            if let trick = recipient.routingTrick {
                return Refusal(
                    guardrail: "recipient-domains", reason: "recipient \(index + 1) of \(recipients.count) \(trick)")
            }
            guard domains.contains(recipient.domain) else {
                return Refusal(
                    guardrail: "recipient-domains",
                    reason: "recipient \(index + 1) of \(recipients.count) is outside "
                        + domains.map(\.description).joined(separator: ", "))
            }
        }
        return nil
    }

    /// A sender must lie in one of the domains or beneath it.
    package func senderRefusal(_ domain: Domain) -> Refusal? {
        guard !senderDomains.isEmpty, !senderDomains.contains(where: { domain.isWithin($0) }) else { return nil }
        return Refusal(
            guardrail: "sender-domains",
            reason: "\(domain) is outside \(senderDomains.map(\.description).joined(separator: ", "))")
    }
}

extension Mailbox {
    /// What in the local part could make a relay send the mail elsewhere (RFC 5321 appendix C and older habits).
    package var routingTrick: String? {
        for octet in localPart.utf8 {
            switch octet {
            case UInt8(ascii: "%"), UInt8(ascii: "!"):
                return "holds '\(Character(Unicode.Scalar(octet)))' in its local part, which some relays route by"
            case UInt8(ascii: "@"): return "holds '@' in its local part, which some relays route by"
            case UInt8(ascii: ":"), UInt8(ascii: ","): return "holds a sign of a source route in its local part"
            default: continue
            }
        }
        return nil
    }
}
