// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Reports

extension Reception {
    /// Characters of what a reporter wrote that are kept.
    static let maximumText = 1_000
    /// Delays that are written down of one recipient.
    static let maximumDelays = 10

    /// - Returns: false where it counted for nothing, so that the operator may see it.
    func take(_ report: DSN, _ mail: ReceivedMail) async throws -> Bool {
        let messages = try await messages(of: report.returned.token, prefersEnvelope: true, mail)
        for message in messages {
            try await turns.inTurn(message) { try await record(report, about: message, mail) }
        }
        return !messages.isEmpty
    }

    func take(_ report: ARF, _ mail: ReceivedMail) async throws -> Bool {
        guard report.isComplaint else {
            counts.add(.feedback)
            return true
        }
        guard let message = try await messages(of: report.original.token, prefersEnvelope: false, mail).first else {
            return false
        }
        try await turns.inTurn(message) { try await record(report, about: message, mail) }
        return true
    }

    /// The messages that a report is about: those whose return paths it was sent to, and the one whose header it returns.
    private func messages(
        of token: ReturnPathToken?, prefersEnvelope: Bool, _ mail: ReceivedMail
    ) async throws -> [MessageID] {
        let envelope = mail.envelope.forwardPaths.compactMap { ReturnPathToken($0.mailbox) }
        let tokens = [token].compactMap(\.self)
        for group in prefersEnvelope ? [envelope, tokens] : [tokens, envelope] {
            var found: [MessageID] = []
            for token in group where !found.contains(token.message) {
                do {
                    found.append(try await verified(token).id)
                } catch let refusal as UnbelievedReport {
                    note(refusal.reason, "in a report", token.message, from: mail.peer)
                }
            }
            if !found.isEmpty { return found }
        }
        if envelope.isEmpty, tokens.isEmpty { note(.unsigned, "in a report", nil, from: mail.peer) }
        return []
    }

    // The message is read anew inside its turn: who came before may have written the same.
    private func record(_ report: DSN, about id: MessageID, _ mail: ReceivedMail) async throws {
        guard let message = ReportedMessage(id, try await parts.history.facts(about: id)) else { return }
        let moment = parts.now()
        var events: [Fact.Event] = []
        var kinds: [ReportKind] = []
        for part in report.recipients.prefix(Envelope.maximumRecipients) {
            guard let recipient = message.recipient(of: part) else {
                note(.recipient, "in a delivery report", id, from: mail.peer)
                continue
            }
            let found = outcome(of: part, for: recipient, report)
            let (event, kind) = judge(part.action, found, message, before: events)
            kinds += [kind].compactMap(\.self)
            if kind == nil { note(.excess, "in a delivery report", id, from: mail.peer) }
            events += [event].compactMap(\.self)
        }
        if report.recipients.count > Envelope.maximumRecipients {
            note(.excess, "in a delivery report", id, from: mail.peer)
        }
        try await write(events, about: message, at: moment)
        for kind in kinds { counts.add(kind) }
    }

    private func judge(
        _ action: DSN.Action, _ outcome: Fact.Outcome, _ message: ReportedMessage, before: [Fact.Event]
    ) -> (Fact.Event?, ReportKind?) {
        let known = message.facts.map(\.event) + before
        switch action {
        case .delivered, .relayed, .expanded: return (nil, .delivery)
        case .failed, .delayed:
            // A recipient bounces once; nothing is late after that.
            if known.contains(where: { $0.isBounce(of: outcome.recipients) }) { return (nil, .duplicate) }
            if action == .failed { return (.bounced(outcome), .bounce) }
            let delays = known.compactMap { $0.reportedDelay(of: outcome.recipients) }
            if delays.contains(where: { $0.peer == outcome.peer && $0.reply == outcome.reply }) {
                return (nil, .duplicate)
            }
            return delays.count < Self.maximumDelays ? (.deferred(outcome), .delay) : (nil, nil)
        }
    }

    private func outcome(of part: DSN.Recipient, for recipient: String, _ report: DSN) -> Fact.Outcome {
        let diagnostic = (part.diagnostic ?? "").bounded(to: Self.maximumText)
        let words = diagnostic.isEmpty ? part.status.map { "\($0) without a word" } ?? "without a word" : diagnostic
        // Attempt 0: none of ours.
        return Fact.Outcome(
            recipients: [recipient], attempt: 0, peer: (report.reportingMTA ?? "").bounded(to: 255), reply: words,
            tls: nil, milliseconds: 0, verdict: Fact.Verdict(part.verdict(parts.rules())))
    }

    private func record(_ report: ARF, about id: MessageID, _ mail: ReceivedMail) async throws {
        guard let message = ReportedMessage(id, try await parts.history.facts(about: id)) else { return }
        // What cannot be an address was made unreadable for privacy's sake: it names nobody.
        let named = report.originalRecipients.prefix(Envelope.maximumRecipients).compactMap {
            try? Mailbox(parsing: $0)
        }
        let recipients =
            named.isEmpty
            ? [message.onlyRecipient].compactMap(\.self)
            : named.compactMap { message.recipient($0) }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        guard named.isEmpty || !recipients.isEmpty else { return note(.recipient, "in feedback", id, from: mail.peer) }
        let known = message.facts.map(\.event)
        let fresh = recipients.filter { recipient in !known.contains { $0.isComplaint(of: recipient) } }
        if recipients.isEmpty ? known.contains(where: \.isComplaintOfNobody) : fresh.isEmpty {
            return counts.add(.duplicate)
        }
        let complaint = Fact.Complained(
            recipients: fresh, feedbackType: report.feedbackType.rawValue,
            userAgent: (report.userAgent ?? "").bounded(to: 255),
            arrivedAt: report.arrivalDate.flatMap { ReportDate.parse($0) }?.milliseconds)
        try await write([.complained(complaint)], about: message, at: parts.now())
        counts.add(fresh.isEmpty ? .complaintOfNobody : .complaint)
    }

    private func write(_ events: [Fact.Event], about message: ReportedMessage, at moment: Timestamp) async throws {
        guard !events.isEmpty else { return }
        try await parts.writer.record(
            events.map { Fact(at: moment, account: message.account, message: message.id, event: $0) })
    }
}

extension ReportedMessage {
    /// The recipient that a part of a report is about: as we named it, or as it was called at last.
    fileprivate func recipient(of part: DSN.Recipient) -> String? {
        [part.originalRecipient, part.finalRecipient].lazy.compactMap(\.self)
            .compactMap { try? Mailbox(parsing: $0) }.compactMap { recipient($0) }.first
    }
}

extension Fact.Event {
    fileprivate func isBounce(of recipients: [String]) -> Bool {
        if case .bounced(let outcome) = self {
            recipients.allSatisfy { outcome.recipients.contains($0) }
        } else {
            false
        }
    }

    fileprivate func reportedDelay(of recipients: [String]) -> Fact.Outcome? {
        if case .deferred(let outcome) = self, outcome.attempt == 0, outcome.recipients == recipients {
            outcome
        } else {
            nil
        }
    }

    fileprivate func isComplaint(of recipient: String) -> Bool {
        if case .complained(let complaint) = self { complaint.recipients.contains(recipient) } else { false }
    }

    fileprivate var isComplaintOfNobody: Bool {
        if case .complained(let complaint) = self { complaint.recipients.isEmpty } else { false }
    }
}

extension Fact.Verdict {
    init(_ verdict: ReplyVerdict) {
        self.init(
            type: verdict.bounce.type.rawValue, subType: verdict.bounce.subType.rawValue,
            party: verdict.party.rawValue, delay: verdict.delayType.rawValue, rule: verdict.rule)
    }
}

extension String {
    /// On one line, without control characters, and not longer than `limit` characters.
    func bounded(to limit: Int) -> String {
        let line = String(
            String.UnicodeScalarView(
                unicodeScalars.prefix(limit * 2).map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
        return line.count <= limit ? line : line.prefix(limit) + "…"
    }
}
