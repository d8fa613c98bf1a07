// SPDX-License-Identifier: Apache-2.0

import MIME
package import Mail

/// A feedback report: a recipient's provider tells that the recipient complained (RFC 5965; RFC 6591 for auth-failure).
///
/// Anybody can write one: who sent it and which message it is about is for the caller to check. Limits are those of
/// `DSN`; at most `maximumRecipients` original recipients are kept.
package struct ARF: Hashable, Sendable {
    package static let maximumRecipients = 100

    /// SES's `complaintFeedbackType` has the same words.
    package enum FeedbackType: String, Sendable {
        case abuse, fraud, virus, other
        case notSpam = "not-spam"
        case authFailure = "auth-failure"
    }

    package var feedbackType: FeedbackType
    package var userAgent: String?
    package var originalMailFrom: String?
    package var originalRecipients: [String]
    /// As written.
    package var arrivalDate: String?
    package var sourceIP: String?
    package var reportingMTA: String?
    package var originalEnvelopeID: String?
    package var reportedDomains: [String]
    /// The fields of the message that somebody complained about.
    package var original: ReportFields

    package init(
        feedbackType: FeedbackType, userAgent: String? = nil, originalMailFrom: String? = nil,
        originalRecipients: [String] = [], arrivalDate: String? = nil, sourceIP: String? = nil,
        reportingMTA: String? = nil, originalEnvelopeID: String? = nil, reportedDomains: [String] = [],
        original: ReportFields = ReportFields([])
    ) {
        self.feedbackType = feedbackType
        self.userAgent = userAgent
        self.originalMailFrom = originalMailFrom
        self.originalRecipients = originalRecipients
        self.arrivalDate = arrivalDate
        self.sourceIP = sourceIP
        self.reportingMTA = reportingMTA
        self.originalEnvelopeID = originalEnvelopeID
        self.reportedDomains = reportedDomains
        self.original = original
    }

    /// Reads a message; nil where it is no feedback report. A type that RFC 5965 does not know is `other`, as its §7.3
    /// asks.
    package init?(parsing message: [UInt8]) {
        let report = ReportParts(message)
        guard let part = report.part("message/feedback-report"),
            let fields = ReportFields.groups(part.decoded, limit: 1).first, let type = fields.first("Feedback-Type")
        else { return nil }
        self.init(
            feedbackType: FeedbackType(rawValue: type.lowercased()) ?? .other, userAgent: fields.first("User-Agent"),
            originalMailFrom: fields.first("Original-Mail-From").map(TypedValue.name),
            originalRecipients: fields.all("Original-Rcpt-To").prefix(Self.maximumRecipients).map(TypedValue.name),
            arrivalDate: fields.first("Arrival-Date") ?? fields.first("Received-Date"),
            sourceIP: fields.first("Source-IP"), reportingMTA: fields.first("Reporting-MTA").map(TypedValue.name),
            originalEnvelopeID: fields.first("Original-Envelope-Id"), reportedDomains: fields.all("Reported-Domain"),
            original: report.returned)
    }

    /// Writes the report as a message of 7-bit lines.
    /// - Parameter originalHeader: the header section of the message it is about.
    /// - Throws: `SyntaxError` where a value cannot stand in a field.
    package func compose(_ letterhead: DSN.Letterhead, originalHeader: [UInt8], random: RandomBits) throws(SyntaxError)
        -> [UInt8]
    {
        var header = HeaderSection()
        try header.append(name: "From", value: "<\(letterhead.from)>")
        try header.append(name: "To", value: letterhead.to.description)
        try header.append(name: "Subject", value: "Feedback report: \(feedbackType.rawValue)")
        try header.append(name: "Date", value: letterhead.date.rfc5322)
        try header.append(name: "Message-ID", value: "<\(letterhead.messageID)>")
        try header.append(name: "Auto-Submitted", value: "auto-generated")
        let writer = ReportWriter(type: "feedback-report", random: random)
        try header.append(name: "MIME-Version", value: "1.0")
        try header.append(name: "Content-Type", value: writer.contentType)
        let text = "This is a feedback report (\(feedbackType.rawValue)) about a message that you sent."
        return header.serialized()
            + writer.body(
                text: text, report: try feedbackFields(), reportType: "message/feedback-report",
                returnedHeader: originalHeader)
    }

    private func feedbackFields() throws(SyntaxError) -> [UInt8] {
        var fields = HeaderSection()
        try fields.append(name: "Feedback-Type", value: feedbackType.rawValue)
        try fields.append(name: "User-Agent", value: ReportWriter.ascii(userAgent ?? "Postern"))
        try fields.append(name: "Version", value: "1")
        if let originalMailFrom {
            try fields.append(name: "Original-Mail-From", value: "<\(ReportWriter.ascii(originalMailFrom))>")
        }
        for recipient in originalRecipients {
            try fields.append(name: "Original-Rcpt-To", value: "<\(ReportWriter.ascii(recipient))>")
        }
        let single = [
            ("Original-Envelope-Id", originalEnvelopeID), ("Arrival-Date", arrivalDate), ("Source-IP", sourceIP),
            ("Reporting-MTA", reportingMTA.map { "dns; " + $0 }),
        ]
        for (name, value) in single {
            if let value { try fields.append(name: name, value: ReportWriter.ascii(value)) }
        }
        for domain in reportedDomains {
            try fields.append(name: "Reported-Domain", value: ReportWriter.ascii(domain))
        }
        return fields.serialized()
    }
}
