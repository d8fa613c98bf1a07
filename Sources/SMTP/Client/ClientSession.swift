// SPDX-License-Identifier: Apache-2.0

package import Mail

/// The client's side of one SMTP session (RFC 5321, 3207, 2920, 1870): replies in, actions out. No I/O, no clock.
///
/// Opening: greeting → EHLO (HELO where that is refused) → STARTTLS where asked for → `ready`.
/// A mail: MAIL, RCPT… and DATA, in one write where the peer offers PIPELINING → content → one outcome a recipient.
/// After a mail the session is `ready` again, or over when the peer said 421 or lost step.
package struct ClientSession {
    package enum Action: Sendable {
        case write([UInt8])
        case startTLS
        /// The session can take a mail.
        case ready
        /// Write the content, dot-stuffed, with its end mark.
        case sendContent
        /// The mail is over; one reply a recipient, in order.
        case finished([Reply])
        /// The session is over before a mail could be tried.
        case failed(Reply)
    }

    package enum TLS: Hashable, Sendable { case none, opportunistic, require }

    package struct Mail: Sendable {
        package let reversePath: ReversePath
        package let recipients: [Mailbox]
        package let size: Int

        package init(reversePath: ReversePath, recipients: [Mailbox], size: Int) {
            self.reversePath = reversePath
            self.recipients = recipients
            self.size = size
        }
    }

    private enum State {
        case greeting, ehlo, helo, startTLS, handshake, ready
        case envelope(Mail, replies: [Reply], expected: Int)
        case dataReply(Mail, replies: [Reply])
        case content(Mail, replies: [Reply])
        case abandoned([Reply])
        case over
    }

    private let hostname: String
    private let tls: TLS
    private var state = State.greeting
    private var capabilities: Set<String> = []
    package private(set) var isSecure: Bool

    package init(hostname: String, tls: TLS, isSecure: Bool = false) {
        self.hostname = hostname
        self.tls = tls
        self.isSecure = isSecure
    }

    package var isReady: Bool { if case .ready = state { true } else { false } }

    package mutating func receive(_ reply: Reply) -> [Action] {
        switch state {
        case .greeting: return reply.code == 220 ? hello() : fail(reply)
        case .ehlo: return receiveEHLO(reply)
        case .helo: return reply.isPositive ? settled() : fail(reply)
        case .startTLS:
            guard reply.code == 220 else { return tls == .require ? fail(reply) : becomeReady() }
            state = .handshake
            return [.startTLS]
        case .envelope(let mail, let replies, let expected): return receiveEnvelope(reply, mail, replies, expected)
        case .dataReply(let mail, let replies): return receiveDataReply(reply, mail, replies)
        case .content(let mail, let replies):
            return finish(mail, replies, final: reply)
        case .abandoned(let replies):
            state = reply.code == 421 ? .over : .ready
            return [.finished(replies)]
        case .handshake, .ready, .over: return fail(Reply(421, .init(4, 5, 0), "The peer spoke out of turn"))
        }
    }

    /// The handshake is done; what was learnt in clear is forgotten (RFC 3207 §4.2).
    package mutating func tlsEstablished() -> [Action] {
        isSecure = true
        capabilities = []
        return hello()
    }

    package mutating func send(_ mail: Mail) -> [Action] {
        guard case .ready = state else { return [.failed(Reply(421, .init(4, 5, 0), "The session is not ready"))] }
        if mail.reversePath.mailbox?.needsSMTPUTF8 == true || mail.recipients.contains(where: \.needsSMTPUTF8),
            !capabilities.contains("SMTPUTF8")
        {
            let reply = Reply(553, .init(5, 6, 7), "The peer does not offer SMTPUTF8")
            return [.finished(mail.recipients.map { _ in reply })]
        }
        state = .envelope(mail, replies: [], expected: mail.recipients.count + 1)
        if capabilities.contains("PIPELINING") {
            return [.write(lines([mailFrom(mail)] + mail.recipients.map { "RCPT TO:<\($0)>" } + ["DATA"]))]
        }
        return [.write(lines([mailFrom(mail)]))]
    }

    package mutating func quit() -> [Action] {
        guard case .ready = state else { return [] }
        state = .over
        return [.write(lines(["QUIT"]))]
    }

    private mutating func hello() -> [Action] {
        state = .ehlo
        return [.write(lines(["EHLO \(hostname)"]))]
    }

    private mutating func receiveEHLO(_ reply: Reply) -> [Action] {
        if reply.code == 500 || reply.code == 502, !isSecure {
            state = .helo
            return [.write(lines(["HELO \(hostname)"]))]
        }
        guard reply.isPositive else { return fail(reply) }
        capabilities = Set(
            reply.lines.dropFirst().prefix(100).compactMap { $0.split(separator: " ").first?.uppercased() })
        return settled()
    }

    // STARTTLS where it is offered and wanted; never in clear where it is required.
    private mutating func settled() -> [Action] {
        if isSecure || tls == .none { return becomeReady() }
        if capabilities.contains("STARTTLS") {
            state = .startTLS
            return [.write(lines(["STARTTLS"]))]
        }
        return tls == .require
            ? fail(Reply(450, .init(4, 7, 10), "TLS is required and the peer does not offer it")) : becomeReady()
    }

    private mutating func becomeReady() -> [Action] {
        state = .ready
        return [.ready]
    }

    private mutating func receiveEnvelope(_ reply: Reply, _ mail: Mail, _ replies: [Reply], _ expected: Int) -> [Action]
    {
        let replies = replies + [reply]
        let pipelined = capabilities.contains("PIPELINING")
        if replies.count == expected {
            state = .dataReply(mail, replies: replies)
            if pipelined { return [] }
            return accepted(replies).isEmpty ? abandon(mail, replies) : [.write(lines(["DATA"]))]
        }
        state = .envelope(mail, replies: replies, expected: expected)
        if pipelined { return [] }
        if replies.count == 1, !reply.isPositive { return abandon(mail, replies) }
        return [.write(lines(["RCPT TO:<\(mail.recipients[replies.count - 1])>"]))]
    }

    private mutating func receiveDataReply(_ reply: Reply, _ mail: Mail, _ replies: [Reply]) -> [Action] {
        if reply.code == 354 {
            // A peer that takes DATA after refusing everybody gets an empty message, which it must not deliver.
            state =
                accepted(replies).isEmpty
                ? .abandoned(outcome(mail, replies, final: nil)) : .content(mail, replies: replies)
            return accepted(replies).isEmpty ? [.write(Array(".\r\n".utf8))] : [.sendContent]
        }
        let final = accepted(replies).isEmpty ? nil : reply
        state = reply.code == 421 ? .over : .ready
        let result = outcome(mail, replies, final: final)
        if reply.code == 421 { return [.finished(result)] }
        state = .abandoned(result)
        return [.write(lines(["RSET"]))]
    }

    private mutating func abandon(_ mail: Mail, _ replies: [Reply]) -> [Action] {
        let result = outcome(mail, replies, final: nil)
        if replies.contains(where: { $0.code == 421 }) {
            state = .over
            return [.finished(result)]
        }
        state = .abandoned(result)
        return [.write(lines(["RSET"]))]
    }

    private mutating func finish(_ mail: Mail, _ replies: [Reply], final: Reply) -> [Action] {
        state = final.code == 421 ? .over : .ready
        return [.finished(outcome(mail, replies, final: final))]
    }

    private func accepted(_ replies: [Reply]) -> [Reply] {
        replies.first?.isPositive == true ? replies.dropFirst().filter(\.isPositive) : []
    }

    /// One reply a recipient: its own where it was refused, the message's where it was not.
    private func outcome(_ mail: Mail, _ replies: [Reply], final: Reply?) -> [Reply] {
        let vague = Reply(451, .init(4, 5, 0), "The session ended early")
        guard let sender = replies.first, sender.isPositive else {
            return mail.recipients.map { _ in replies.first ?? vague }
        }
        return mail.recipients.indices.map { index in
            guard index + 1 < replies.count else { return final ?? vague }
            return replies[index + 1].isPositive ? final ?? vague : replies[index + 1]
        }
    }

    private func mailFrom(_ mail: Mail) -> String {
        var line = "MAIL FROM:\(mail.reversePath)"
        if capabilities.contains("SIZE") { line += " SIZE=\(mail.size)" }
        let isUTF8 = mail.reversePath.mailbox?.needsSMTPUTF8 == true || mail.recipients.contains(where: \.needsSMTPUTF8)
        return isUTF8 ? line + " SMTPUTF8" : line
    }

    private mutating func fail(_ reply: Reply) -> [Action] {
        state = .over
        return [.failed(reply)]
    }

    private func lines(_ lines: [String]) -> [UInt8] { Array(lines.map { $0 + "\r\n" }.joined().utf8) }
}
