// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Queue
import Reports

/// Writes what a sender is mailed about a bounce (RFC 3464) or a complaint (RFC 5965).
struct FeedbackNotice: Sendable {
    /// Characters of a reply that go into a field: words are not broken, and a line has 998 octets.
    private static let maximumReply = 400

    /// Notices come from `MAILER-DAEMON` here.
    let domain: Domain
    /// The server's own name, and the right side of its Message-IDs.
    let hostname: String
    let random: RandomBits

    /// - Returns: nil where there is nothing to tell.
    func compose(
        _ event: Fact.Event, about message: ReportedMessage, to sender: Mailbox, at moment: Timestamp
    ) throws(SyntaxError) -> SystemMessage? {
        let letterhead = DSN.Letterhead(
            from: try Mailbox(localPart: "MAILER-DAEMON", domain: domain), to: sender, date: moment,
            messageID: "notice@\(hostname)")
        let content: [UInt8]
        switch event {
        case .bounced(let outcome):
            content = try report(outcome, message).compose(
                letterhead, returnedHeader: header(of: message), random: random)
        case .complained(let complaint):
            content = try report(complaint, message).compose(
                letterhead, originalHeader: header(of: message), random: random)
        default: return nil
        }
        return SystemMessage(account: message.account, to: sender, content: content)
    }

    private func report(_ outcome: Fact.Outcome, _ message: ReportedMessage) -> DSN {
        let status = outcome.reply.split(separator: " ").prefix(2).lazy
            .compactMap { EnhancedStatusCode(parsing: $0) }.first
        let recipients = outcome.recipients.map { recipient in
            DSN.Recipient(
                finalRecipient: recipient, action: .failed, status: status,
                remoteMTA: outcome.peer.split(separator: " ").first.map(String.init),
                diagnostic: outcome.reply.bounded(to: Self.maximumReply))
        }
        return DSN(reportingMTA: hostname, arrivalDate: message.acceptedAt.rfc5322, recipients: recipients)
    }

    private func report(_ complaint: Fact.Complained, _ message: ReportedMessage) -> ARF {
        ARF(
            feedbackType: ARF.FeedbackType(rawValue: complaint.feedbackType) ?? .other, userAgent: "Postern/1",
            originalMailFrom: message.accepted.reversePath, originalRecipients: complaint.recipients,
            arrivalDate: message.acceptedAt.rfc5322, reportingMTA: hostname)
    }

    // The content may be gone by now; what the journal keeps of it tells which message it was.
    private func header(of message: ReportedMessage) -> [UInt8] {
        let fields = [
            "Message-ID: <\(message.id)@\(hostname)>", "Date: \(message.acceptedAt.rfc5322)",
            "From: \(message.accepted.from.bounded(to: 254))",
        ]
        return Array(fields.map { $0 + "\r\n" }.joined().utf8)
    }
}
