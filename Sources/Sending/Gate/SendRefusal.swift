// SPDX-License-Identifier: Apache-2.0

package import Access
package import Mail

/// Why the gate turned a message away. Each door owns one switch from here to its own protocol.
package enum SendRefusal: Error, Hashable, Sendable {
    /// IAM's no.
    case accessDenied(AccessDenial)
    /// The operator's no.
    case guardrail(Guardrails.Refusal)
    /// An address, or a name beside one, that could mean two things while somebody's senders or recipients are restricted.
    case unsafeAddress(String)
    /// An identity's ARN that is none, or of another region.
    case invalidAuthority(String)
    /// None of the account's verified identities covers these addresses.
    case identitiesNotVerified([String], region: String)
    /// The message has no From field.
    case missingFrom
    /// A field that may stand once stands twice.
    case duplicateHeader(String)
    /// An address in the envelope or the header that is none.
    case invalidAddress(String, SyntaxError)
    /// From must hold exactly one mailbox: nobody could say which of several was authorised.
    case severalFromAddresses
    /// The message cannot be parsed: bare line ends, header too long, too many parts.
    case malformedMessage(String)
    case noRecipients
    case tooManyRecipients(limit: Int)
    case messageTooLarge(limit: Int)
    /// More than a hundred Received fields (RFC 5321 §6.3).
    case mailLoop
    case configurationSetMissing(String)
    /// The set's pool is not there any more.
    case sendingPoolMissing(String)
    /// The account takes no sends.
    case accountPaused(AccountID)
    /// The configuration set takes none.
    case configurationSetPaused(String)
    /// The identity's MAIL FROM domain is not verified, and its owner wants such mail refused.
    case mailFromNotVerified(Domain)
    case dailyQuotaExceeded
    case sendingRateExceeded
    /// The records of mail that was taken wait for this sink, and there is no room for more of them.
    case recordsUnshipped(sink: String)

    /// Which control said no, for the record.
    package var control: String {
        switch self {
        case .accessDenied(let denial): denial.control
        case .guardrail(let refusal): refusal.guardrail
        case .unsafeAddress: "address-guard"
        case .invalidAuthority: "sending-authorization"
        case .identitiesNotVerified: "identity-verification"
        case .missingFrom, .duplicateHeader, .invalidAddress, .severalFromAddresses, .malformedMessage: "message-syntax"
        case .noRecipients, .tooManyRecipients: "recipients"
        case .messageTooLarge: "message-size"
        case .mailLoop: "mail-loop"
        case .configurationSetMissing, .sendingPoolMissing: "configuration-set"
        case .accountPaused, .configurationSetPaused: "sending-pause"
        case .mailFromNotVerified: "mail-from"
        case .dailyQuotaExceeded, .sendingRateExceeded: "quota"
        case .recordsUnshipped: "record-budget"
        }
    }

    /// What is wrong and, where that helps, what to do; the same words at every door.
    package var reason: String {
        switch self {
        case .accessDenied(let denial): denial.message
        case .guardrail(let refusal): "guardrail \(refusal.guardrail): \(refusal.reason)"
        case .unsafeAddress(let why): why
        case .invalidAuthority(let text): "Invalid identity ARN <\(text.prefix(200))>"
        case .identitiesNotVerified(let names, let region):
            "Email address is not verified. The following identities failed the check in region "
                + "\(region.uppercased()): \(names.joined(separator: ", "))"
        case .missingFrom: "Missing required header 'From'."
        case .duplicateHeader(let name): "Duplicate header '\(name)'."
        case .invalidAddress(let text, let error): Self.describe(text, error)
        case .severalFromAddresses: "Header 'From' must hold exactly one address."
        case .malformedMessage(let why): why
        case .noRecipients: "Missing required destination: name at least one recipient."
        case .tooManyRecipients(let limit): "Recipient count exceeds \(limit)."
        case .messageTooLarge(let limit): "Message length is more than \(limit) bytes long."
        case .mailLoop: "Too many Received headers: the message is in a loop."
        case .configurationSetMissing(let name): "Configuration set <\(name)> does not exist."
        case .sendingPoolMissing(let name): "SendingPool <\(name.prefix(100))> doesn't exist"
        case .accountPaused(let account): "Sending is paused for account \(account)."
        case .configurationSetPaused(let name): "Sending is paused for configuration set <\(name)>."
        case .mailFromNotVerified(let domain): "The MAIL FROM domain <\(domain)> is not verified."
        case .dailyQuotaExceeded: "Daily message quota exceeded"
        case .sendingRateExceeded: "Maximum sending rate exceeded."
        case .recordsUnshipped(let sink):
            "No mail is taken until the records of earlier mail have reached the sink \(sink): its budget is used up."
        }
    }

    // SES's own sentence for the commonest mistake, an address without a domain.
    private static func describe(_ text: String, _ error: SyntaxError) -> String {
        text.contains("@") ? "Invalid address '\(printable(text))': \(error)." : "Missing final '@domain'"
    }

    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.prefix(200).map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) })
    }
}
