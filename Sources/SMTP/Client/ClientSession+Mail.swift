// SPDX-License-Identifier: Apache-2.0

import Mail

extension ClientSession {
    /// Begins a mail; the session must be ready.
    package mutating func send(_ mail: Mail) -> [Action] {
        guard case .ready(let reset) = state, !mail.recipients.isEmpty else {
            return [.failed(Reply(451, .init(4, 3, 0), "The session is not ready for this mail"))]
        }
        if mail.needsSMTPUTF8, !capabilities.contains("SMTPUTF8") {
            let reply = Reply(553, .init(5, 6, 7), "The peer does not offer SMTPUTF8")
            return [.finished(mail.recipients.map { _ in reply })]
        }
        if mail.requiresTLS, !offersRequireTLS {
            let reply = Reply(550, .init(5, 7, 30), "REQUIRETLS needed: the peer does not offer it")
            return [.finished(mail.recipients.map { _ in reply })]
        }
        let transaction = Transaction(mail: mail)
        state = reset ? .resetting(transaction) : .envelope(transaction)
        let first = reset ? ["RSET"] : [mailFrom(mail)]
        guard isPipelining else { return [.write(Self.lines(first))] }
        let envelope = (reset ? [mailFrom(mail)] : []) + mail.recipients.map(Self.rcptTo) + ["DATA"]
        return [.write(Self.lines(first + envelope))]
    }

    /// All of the content is handed to the connection.
    package mutating func contentSent() {
        if case .sending(let transaction) = state { state = .content(transaction) }
    }

    private var isPipelining: Bool { capabilities.contains("PIPELINING") }

    mutating func receiveReset(_ reply: Reply, _ transaction: Transaction) -> [Action] {
        guard reply.isCompletion else { return lost(.outOfStep(reply)) }
        state = .envelope(transaction)
        return isPipelining ? [] : [.write(Self.lines([mailFrom(transaction.mail)]))]
    }

    mutating func receiveEnvelope(_ reply: Reply, _ transaction: Transaction) -> [Action] {
        guard reply.code < 300 || reply.code >= 400 else { return lost(.outOfStep(reply)) }
        var transaction = transaction
        transaction.receive(reply)
        if transaction.isAnswered {
            if !isPipelining, !transaction.hasRecipients { return abandon(transaction) }
            state = .dataReply(transaction)
            return isPipelining ? [] : [.write(Self.lines(["DATA"]))]
        }
        if !isPipelining, !transaction.hasSender { return abandon(transaction) }
        state = .envelope(transaction)
        return isPipelining ? [] : [.write(Self.lines([Self.rcptTo(transaction.nextRecipient)]))]
    }

    mutating func receiveDataReply(_ reply: Reply, _ transaction: Transaction) -> [Action] {
        switch reply.code {
        case 354 where transaction.hasRecipients:
            state = .sending(transaction)
            return [.sendContent]
        case 354:
            // A peer that takes DATA after refusing everybody is owed an end of data (RFC 2920 §3.1).
            return [.write(Self.lines(["."]))] + end(.finished(transaction.outcome(.outOfStep(reply))))
        case 400...: return abandon(transaction, reply)
        default: return lost(.outOfStep(reply))
        }
    }

    // A peer may refuse content that it has not read to the end; nothing else may follow on this connection.
    mutating func receiveEarly(_ reply: Reply, _ transaction: Transaction) -> [Action] {
        reply.code >= 400 ? end(.finished(transaction.outcome(reply))) : lost(.outOfStep(reply))
    }

    mutating func receiveVerdict(_ reply: Reply, _ transaction: Transaction) -> [Action] {
        guard reply.isCompletion || reply.code >= 400 else { return lost(.outOfStep(reply)) }
        state = .ready(reset: false)
        return [.finished(transaction.outcome(reply))]
    }

    // The outcome is known now; the peer's half of the envelope is cleared when the session is used again.
    private mutating func abandon(_ transaction: Transaction, _ reply: Reply? = nil) -> [Action] {
        state = .ready(reset: true)
        return [.finished(transaction.outcome(reply ?? .outOfStep(Reply(451))))]
    }

    private func mailFrom(_ mail: Mail) -> String {
        var line = "MAIL FROM:\(mail.reversePath)"
        if capabilities.contains("SIZE") { line += " SIZE=\(mail.size)" }
        if mail.requiresTLS { line += " REQUIRETLS" }
        return mail.needsSMTPUTF8 ? line + " SMTPUTF8" : line
    }

    private static func rcptTo(_ recipient: Mailbox) -> String { "RCPT TO:<\(recipient)>" }
}

extension ClientSession.Transaction {
    var hasSender: Bool { replies.first?.isCompletion == true }
    var hasRecipients: Bool { hasSender && replies.dropFirst().contains(where: \.isCompletion) }
    /// MAIL and every RCPT have their replies.
    var isAnswered: Bool { replies.count > mail.recipients.count }
    /// Whose RCPT comes after the replies so far.
    var nextRecipient: Mailbox { mail.recipients[replies.count - 1] }

    // 552 to RCPT is how old servers say "too many recipients", which is temporary (RFC 5321 §4.5.3.1.10); with an
    // enhanced code of its own it means what it says.
    mutating func receive(_ reply: Reply) {
        let isTooMany = reply.code == 552 && [nil, EnhancedStatusCode(5, 5, 3)].contains(reply.enhanced)
        replies.append(
            isTooMany && !replies.isEmpty
                ? Reply(code: 452, enhanced: .init(4, 5, 3), lines: reply.lines) : reply)
    }

    /// One reply a recipient: its own where it was refused, the message's where it was not.
    func outcome(_ final: Reply) -> [Reply] {
        if let sender = replies.first, !sender.isCompletion { return mail.recipients.map { _ in sender } }
        return mail.recipients.indices.map { index in
            guard index + 1 < replies.count, !replies[index + 1].isCompletion else { return final }
            return replies[index + 1]
        }
    }
}
