// SPDX-License-Identifier: Apache-2.0

package import Mail

/// The client's side of one SMTP session (RFC 5321, 3207, 2920, 1870): events in, actions out. No I/O, no clock.
///
/// - `opening`: greeting → EHLO (HELO where that is refused) → STARTTLS where asked for → `ready`.
/// - `resetting`, `envelope`, `dataReply`, `sending`, `content`: one mail, in this order; MAIL, RCPT… and DATA go in
///   one write where the peer offers PIPELINING. Each ends in `finished` and leads back to `ready`, or to `over`.
/// - `quitting`: QUIT is written; its answer ends the session.
/// - `over`: what still comes is ignored.
///
/// A peer that says 421, loses step or says what no server may say ends the session, and what it had not refused for
/// good by then is deferred: a doubtful answer is neither a delivery nor a bounce.
package struct ClientSession {
    package enum Action: Sendable {
        case write([UInt8])
        case startTLS
        /// The session can take a mail.
        case ready
        /// Write the content, dot-stuffed, with its end mark; then tell `contentSent()`.
        case sendContent
        /// The mail is over; one reply a recipient, in order.
        case finished([Reply])
        /// The session is over before a mail could be tried; where one was handed in, the peer took no part of it.
        case failed(Reply)
        /// Close the connection.
        case close
    }

    package enum TLS: Hashable, Sendable { case none, opportunistic, require }

    /// A mail as the session needs to know it.
    package struct Mail: Sendable {
        package let reversePath: ReversePath
        package let recipients: [Mailbox]
        /// Octets of the content before dot-stuffing (RFC 1870 §3).
        package let size: Int

        package init(reversePath: ReversePath, recipients: [Mailbox], size: Int) {
            self.reversePath = reversePath
            self.recipients = recipients
            self.size = size
        }

        var needsSMTPUTF8: Bool {
            reversePath.mailbox?.needsSMTPUTF8 == true || recipients.contains(where: \.needsSMTPUTF8)
        }
    }

    enum Opening { case greeting, ehlo, helo, startTLS, handshake }

    /// A mail under way: the replies to MAIL and to each RCPT so far.
    struct Transaction {
        let mail: Mail
        var replies: [Reply] = []
    }

    enum State {
        case opening(Opening)
        /// `reset`: the peer still holds an envelope that came to nothing.
        case ready(reset: Bool)
        case resetting(Transaction)
        case envelope(Transaction)
        case dataReply(Transaction)
        case sending(Transaction)
        case content(Transaction)
        case quitting
        case over
    }

    private let hostname: String
    private let tls: TLS
    let timeouts: Timeouts
    var state = State.opening(.greeting)
    private(set) var capabilities: Set<String> = []
    package private(set) var isSecure: Bool

    /// - Parameter isSecure: TLS was there before the first octet.
    package init(hostname: String, tls: TLS, isSecure: Bool = false, timeouts: Timeouts = Timeouts()) {
        self.hostname = hostname
        self.tls = tls
        self.isSecure = isSecure
        self.timeouts = timeouts
    }

    package var isReady: Bool { if case .ready = state { true } else { false } }
    package var isHandshaking: Bool { if case .opening(.handshake) = state { true } else { false } }
    /// Content may be written.
    package var isSending: Bool { if case .sending = state { true } else { false } }

    /// - Parameter hasMore: octets after this reply have come in already.
    package mutating func receive(_ reply: Reply, hasMore: Bool = false) -> [Action] {
        if case .over = state { return [] }
        if case .quitting = state { return end() }
        if reply.code == 421 { return lost(reply) }
        switch state {
        case .opening(let step): return receiveOpening(reply, step, hasMore: hasMore)
        case .resetting(let transaction): return receiveReset(reply, transaction)
        case .envelope(let transaction): return receiveEnvelope(reply, transaction)
        case .dataReply(let transaction): return receiveDataReply(reply, transaction)
        case .sending(let transaction): return receiveEarly(reply, transaction)
        case .content(let transaction): return receiveVerdict(reply, transaction)
        case .ready, .quitting, .over: return lost(.outOfStep(reply))
        }
    }

    /// The handshake is done; what was learnt in clear is forgotten (RFC 3207 §4.2).
    package mutating func tlsEstablished() -> [Action] {
        guard isHandshaking else { return [] }
        isSecure = true
        return hello()
    }

    /// The connection is gone, or no good any more: closed, silent for too long, not speaking SMTP.
    /// - Parameter reply: what to say of the recipients that had no answer of their own.
    package mutating func lost(_ reply: Reply) -> [Action] {
        let before = state
        switch before {
        case .over: return []
        case .quitting: return end()
        case .opening, .ready, .resetting: return end(.failed(reply))
        case .envelope(let transaction) where transaction.replies.isEmpty: return end(.failed(reply))
        case .envelope(let transaction), .dataReply(let transaction), .sending(let transaction),
            .content(let transaction):
            return end(.finished(transaction.outcome(reply)))
        }
    }

    /// Says good-bye, where there is nothing under way; otherwise just leaves.
    package mutating func quit() -> [Action] {
        guard case .ready = state else {
            return lost(Reply(451, .init(4, 4, 2), "The session was given up")) + [.close]
        }
        state = .quitting
        return [.write(Self.lines(["QUIT"]))]
    }

    /// No further action will come; the connection is closed before anybody hears the result and might use it again.
    mutating func end(_ result: Action? = nil) -> [Action] {
        state = .over
        return [.close] + [result].compactMap(\.self)
    }
}

// MARK: - Opening

extension ClientSession {
    private mutating func receiveOpening(_ reply: Reply, _ step: Opening, hasMore: Bool) -> [Action] {
        switch step {
        case .greeting: return reply.code == 220 ? hello() : end(.failed(reply))
        case .ehlo: return receiveEHLO(reply)
        case .helo: return reply.isCompletion ? settled() : end(.failed(reply))
        case .startTLS: return receiveSTARTTLS(reply, hasMore: hasMore)
        case .handshake: return lost(.outOfStep(reply))
        }
    }

    private mutating func hello() -> [Action] {
        capabilities = []
        state = .opening(.ehlo)
        return [.write(Self.lines(["EHLO \(hostname)"]))]
    }

    // A server that knows no EHLO says 500 or 502; some say 501, 504 or 550 (RFC 5321 §3.2).
    private mutating func receiveEHLO(_ reply: Reply) -> [Action] {
        if reply.isPermanent {
            state = .opening(.helo)
            return [.write(Self.lines(["HELO \(hostname)"]))]
        }
        guard reply.isCompletion else { return end(.failed(reply)) }
        capabilities = Set(reply.lines.dropFirst().compactMap { $0.split(separator: " ").first?.uppercased() })
        return settled()
    }

    // STARTTLS where it is offered and wanted; never in clear where it is required.
    private mutating func settled() -> [Action] {
        if isSecure || tls == .none { return becomeReady() }
        if capabilities.contains("STARTTLS") {
            state = .opening(.startTLS)
            return [.write(Self.lines(["STARTTLS"]))]
        }
        return tls == .require
            ? end(.failed(Reply(450, .init(4, 7, 10), "TLS is required and the peer does not offer it")))
            : becomeReady()
    }

    // What came in clear after the 220 would be taken for an answer under TLS: response injection.
    private mutating func receiveSTARTTLS(_ reply: Reply, hasMore: Bool) -> [Action] {
        guard reply.code == 220 else { return tls == .require ? end(.failed(reply)) : becomeReady() }
        guard !hasMore else {
            return end(.failed(Reply(451, .init(4, 7, 5), "The peer spoke between STARTTLS and the handshake")))
        }
        state = .opening(.handshake)
        return [.startTLS]
    }

    private mutating func becomeReady() -> [Action] {
        state = .ready(reset: false)
        return [.ready]
    }

    static func lines(_ lines: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.reduce(0) { $0 + $1.utf8.count + 2 })
        for line in lines {
            bytes.append(contentsOf: line.utf8)
            bytes.append(13)
            bytes.append(10)
        }
        return bytes
    }
}

extension Reply {
    /// 2yz: done. `isPositive` holds 3yz too, which asks for more and is right after DATA alone.
    var isCompletion: Bool { (200..<300).contains(code) }

    static func outOfStep(_ reply: Reply) -> Reply { Reply(451, .init(4, 5, 0), "The peer lost step: \(reply)") }
}
