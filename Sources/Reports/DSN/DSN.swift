// SPDX-License-Identifier: Apache-2.0

import MIME
package import Mail

/// A delivery status notification: what became of a message, recipient by recipient (RFC 3464 in the multipart/report of
/// RFC 6522; RFC 6533 where addresses are beyond ASCII).
///
/// Anybody can write one. Whether it may touch a suppression list is for the caller to say, who knows the token that the
/// message went out with. Limits: `maximumLength` octets are looked at, `maximumRecipients` recipients are kept.
package struct DSN: Hashable, Sendable {
    package static let maximumLength = 1 << 20
    package static let maximumRecipients = 1_000

    /// What the reporting server did (RFC 3464 §2.3.3).
    package enum Action: String, Sendable {
        case failed, delayed, delivered, relayed, expanded
    }

    package struct Recipient: Hashable, Sendable {
        /// As the sender wrote it (ORCPT), and as the reporting server saw it.
        package var originalRecipient: String?
        package var finalRecipient: String
        package var action: Action
        package var status: EnhancedStatusCode?
        package var remoteMTA: String?
        /// The words of the server that refused, without their type.
        package var diagnostic: String?
        package var lastAttempt: String?

        package init(
            originalRecipient: String? = nil, finalRecipient: String, action: Action, status: EnhancedStatusCode? = nil,
            remoteMTA: String? = nil, diagnostic: String? = nil, lastAttempt: String? = nil
        ) {
            self.originalRecipient = originalRecipient
            self.finalRecipient = finalRecipient
            self.action = action
            self.status = status
            self.remoteMTA = remoteMTA
            self.diagnostic = diagnostic
            self.lastAttempt = lastAttempt
        }

        /// What the failure means.
        package func verdict(_ rules: ReplyRules) -> ReplyVerdict {
            rules.classify(
                ReplyText(status: status, diagnostic: diagnostic),
                peer: remoteMTA.flatMap { try? Domain(parsing: $0.prefix { $0 != " " }) })
        }
    }

    package var reportingMTA: String?
    package var originalEnvelopeID: String?
    package var arrivalDate: String?
    package var recipients: [Recipient]
    /// The fields of the message that came back, where it did.
    package var returned: ReportFields

    package init(
        reportingMTA: String?, originalEnvelopeID: String? = nil, arrivalDate: String? = nil, recipients: [Recipient],
        returned: ReportFields = ReportFields([])
    ) {
        self.reportingMTA = reportingMTA
        self.originalEnvelopeID = originalEnvelopeID
        self.arrivalDate = arrivalDate
        self.recipients = recipients
        self.returned = returned
    }

    /// Reads a message; nil where it is no report of a delivery. It never fails: what is odd is left out.
    package init?(parsing message: [UInt8]) {
        let report = ReportParts(message)
        if let status = report.part("message/delivery-status", "message/global-delivery-status") {
            self.init(status: status, returned: report.returned)
        } else if let plain = PlainTextBounce.parse(report) {
            self = plain
        } else {
            return nil
        }
        guard !recipients.isEmpty else { return nil }
    }

    // delivery-status-content = per-message-fields 1*( CRLF per-recipient-fields ) ; RFC 3464 §2.1
    private init(status: Part, returned: ReportFields) {
        var groups = ReportFields.groups(status.decoded)
        let message = groups.first { $0.first("Final-Recipient") == nil }
        // Some servers write both in one group, others leave the fields of the message out.
        groups = groups.filter { $0.first("Final-Recipient") != nil || $0.first("Original-Recipient") != nil }
        self.init(
            reportingMTA: (message ?? groups.first)?.first("Reporting-MTA").map(TypedValue.name),
            originalEnvelopeID: message?.first("Original-Envelope-Id"),
            arrivalDate: (message ?? groups.first)?.first("Arrival-Date"),
            recipients: groups.prefix(Self.maximumRecipients).compactMap(Recipient.init), returned: returned)
    }
}

extension DSN.Recipient {
    fileprivate init?(_ fields: ReportFields) {
        let original = fields.first("Original-Recipient").map(TypedValue.name)
        guard let final = fields.first("Final-Recipient").map(TypedValue.name) ?? original, !final.isEmpty else {
            return nil
        }
        let status = fields.first("Status").flatMap {
            EnhancedStatusCode(parsing: $0.prefix { $0 != " " && $0 != "(" })
        }
        let action = fields.first("Action").flatMap { DSN.Action(rawValue: $0.prefix { $0.isLetter }.lowercased()) }
        guard let action = action ?? status.map(Self.action) else { return nil }
        self.init(
            originalRecipient: original, finalRecipient: final, action: action, status: status,
            remoteMTA: fields.first("Remote-MTA").map(TypedValue.name),
            diagnostic: fields.first("Diagnostic-Code").map(TypedValue.text),
            lastAttempt: fields.first("Last-Attempt-Date"))
    }

    private static func action(_ status: EnhancedStatusCode) -> DSN.Action {
        switch status.category {
        case 2: .delivered
        case 4: .delayed
        default: .failed
        }
    }
}

/// A message taken apart as far as reports need it.
struct ReportParts {
    let root: Part
    private let leaves: [Part]

    /// Looks at `DSN.maximumLength` octets.
    init(_ message: [UInt8]) {
        root = Part.parse(LineEnds.normalised(Array(message.prefix(DSN.maximumLength))))
        leaves = root.leaves
    }

    func part(_ types: String...) -> Part? { leaves.first { types.contains($0.contentType.value) } }

    /// The text for people: of the first part that is text.
    var text: Part? { leaves.first { $0.contentType.value == "text/plain" } }

    /// The fields of the message that is returned, whole or its header only.
    var returned: ReportFields {
        let types = ["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"]
        guard let part = leaves.first(where: { types.contains($0.contentType.value) }) else { return ReportFields([]) }
        return ReportFields.groups(part.decoded, limit: 1).first ?? ReportFields([])
    }
}
