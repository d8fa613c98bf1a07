// SPDX-License-Identifier: Apache-2.0

import MIME
package import Mail

extension DSN {
    /// What a report needs beside its own facts to become a message.
    package struct Letterhead: Sendable {
        /// The address the report comes from; its envelope sender is always null (RFC 3464 §2).
        package let from: Mailbox
        package let to: Mailbox
        package let date: Timestamp
        /// Without angle brackets.
        package let messageID: String

        package init(from: Mailbox, to: Mailbox, date: Timestamp, messageID: String) {
            self.from = from
            self.to = to
            self.date = date
            self.messageID = messageID
        }
    }

    /// Writes the report as a message of 7-bit lines, to be sent from the null reverse-path.
    /// - Parameters:
    ///   - returnedHeader: the header section of the message it is about, as it stands; 8-bit octets are encoded.
    ///   - random: makes the boundary.
    /// - Throws: `SyntaxError` where a value cannot stand in a field.
    package func compose(_ letterhead: Letterhead, returnedHeader: [UInt8], random: RandomBits) throws(SyntaxError)
        -> [UInt8]
    {
        let isDelay = recipients.allSatisfy { $0.action == .delayed }
        var header = HeaderSection()
        try header.append(name: "From", value: "Mail Delivery System <\(letterhead.from)>")
        try header.append(name: "To", value: letterhead.to.description)
        try header.append(name: "Subject", value: "Delivery Status Notification (\(isDelay ? "Delay" : "Failure"))")
        try header.append(name: "Date", value: letterhead.date.rfc5322)
        try header.append(name: "Message-ID", value: "<\(letterhead.messageID)>")
        try header.append(name: "Auto-Submitted", value: isDelay ? "auto-generated" : "auto-replied")
        let writer = ReportWriter(type: "delivery-status", random: random)
        try header.append(name: "MIME-Version", value: "1.0")
        try header.append(name: "Content-Type", value: writer.contentType)
        return header.serialized()
            + writer.body(
                text: words(isDelay: isDelay), report: try statusFields(), reportType: "message/delivery-status",
                returnedHeader: returnedHeader)
    }

    private func words(isDelay: Bool) -> String {
        let opening =
            isDelay
            ? "Your message has not been delivered yet to the following recipients. No action is needed: it is tried again."
            : "Your message could not be delivered to the following recipients."
        let lines = recipients.map { recipient in
            let reason = recipient.diagnostic ?? recipient.status?.description ?? "no reason was given"
            return "  \(recipient.finalRecipient)\r\n    \(reason)"
        }
        return ([opening, ""] + lines).joined(separator: "\r\n")
    }

    private func statusFields() throws(SyntaxError) -> [UInt8] {
        var message = HeaderSection()
        if let reportingMTA {
            try message.append(name: "Reporting-MTA", value: "dns; " + ReportWriter.ascii(reportingMTA))
        }
        if let originalEnvelopeID { try message.append(name: "Original-Envelope-Id", value: originalEnvelopeID) }
        if let arrivalDate { try message.append(name: "Arrival-Date", value: arrivalDate) }
        var octets = message.serialized()
        for recipient in recipients {
            var fields = HeaderSection()
            if let original = recipient.originalRecipient {
                try fields.append(name: "Original-Recipient", value: ReportWriter.address(original))
            }
            try fields.append(name: "Final-Recipient", value: ReportWriter.address(recipient.finalRecipient))
            try fields.append(name: "Action", value: recipient.action.rawValue)
            let status = recipient.status ?? EnhancedStatusCode(recipient.action == .delayed ? 4 : 5, 0, 0)
            try fields.append(name: "Status", value: status.description)
            if let remote = recipient.remoteMTA {
                try fields.append(name: "Remote-MTA", value: "dns; " + ReportWriter.ascii(remote))
            }
            if let words = recipient.diagnostic {
                try fields.append(name: "Diagnostic-Code", value: "smtp; " + ReportWriter.ascii(words))
            }
            if let last = recipient.lastAttempt { try fields.append(name: "Last-Attempt-Date", value: last) }
            octets += fields.serialized()
        }
        return octets
    }
}

/// Puts the three parts of a multipart/report together (RFC 6522 §3).
struct ReportWriter {
    private let boundary: String
    private let type: String

    init(type: String, random: RandomBits) {
        self.type = type
        boundary = "=_report_" + String(random(), radix: 36) + String(random(), radix: 36)
    }

    var contentType: String { "multipart/report; report-type=\(type); boundary=\"\(boundary)\"" }

    func body(text: String, report: [UInt8], reportType: String, returnedHeader: [UInt8]) -> [UInt8] {
        let words = QuotedPrintable.encode(Array((text + "\r\n").utf8))
        let header = LineEnds.normalised(returnedHeader)
        let encodes = header.contains { $0 > 127 }
        return part("Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable", words)
            + part("Content-Type: \(reportType)", report)
            + part(
                "Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: \(encodes ? "quoted-printable" : "7bit")",
                encodes ? QuotedPrintable.encode(header) : header)
            + Array("--\(boundary)--\r\n".utf8)
    }

    private func part(_ header: String, _ body: [UInt8]) -> [UInt8] {
        Array("--\(boundary)\r\n\(header)\r\n\r\n".utf8) + body + [13, 10]
    }

    /// An address with its type; beyond ASCII as RFC 6533 §3 writes it in seven bits.
    static func address(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 > 127 }) else { return "rfc822; " + ascii(text) }
        let escaped = text.unicodeScalars.map { scalar in
            scalar.isASCII && scalar != "\\"
                ? String(scalar) : "\\x{\(String(scalar.value, radix: 16, uppercase: true))}"
        }
        return "utf-8; " + ascii(escaped.joined())
    }

    /// What a peer said, made fit for a field.
    static func ascii(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { (32...126).contains($0.value) ? $0 : "?" }))
    }
}
