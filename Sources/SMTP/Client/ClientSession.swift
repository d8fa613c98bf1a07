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
        /// The session is over before a mail could be tried: it cannot be protected as it must be.
        case insecure(Reply)
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
        /// Every hop must keep it under TLS to a proven host (RFC 8689).
        package let requiresTLS: Bool

        package init(reversePath: ReversePath, recipients: [Mailbox], size: Int, requiresTLS: Bool = false) {
            self.reversePath = reversePath
            self.recipients = recipients
            self.size = size
            self.requiresTLS = requiresTLS
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

    let hostname: String
    let tls: TLS
    let timeouts: Timeouts
    var state = State.opening(.greeting)
    var capabilities: Set<String> = []
    package private(set) var isSecure: Bool
    private var transcript = Transcript()

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

    /// Whether mail that must stay under TLS may be handed to this peer (RFC 8689 §2).
    package var offersRequireTLS: Bool { isSecure && capabilities.contains("REQUIRETLS") }

    /// What was said since the last call.
    package mutating func takeTranscript() -> Transcript {
        defer { transcript = Transcript() }
        return transcript
    }

    /// - Parameters:
    ///   - hasMore: octets after this reply have come in already.
    ///   - milliseconds: when it came, for the transcript.
    package mutating func receive(_ reply: Reply, hasMore: Bool = false, at milliseconds: Int = 0) -> [Action] {
        if case .over = state { return [] }
        transcript.record(reply, to: awaited, at: milliseconds)
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

    /// What the next reply answers.
    private var awaited: Transcript.Step {
        switch state {
        case .opening(.greeting): .greeting
        case .opening(.ehlo): .ehlo
        case .opening(.helo): .helo
        case .opening(.startTLS): .startTLS
        case .resetting: .reset
        case .envelope(let transaction): transaction.replies.isEmpty ? .mail : .recipient(transaction.replies.count)
        case .dataReply: .data
        case .sending, .content: .content
        case .quitting: .quit
        case .opening(.handshake), .ready, .over: .unasked
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

extension Reply {
    /// 2yz: done. `isPositive` holds 3yz too, which asks for more and is right after DATA alone.
    var isCompletion: Bool { (200..<300).contains(code) }

    static func outOfStep(_ reply: Reply) -> Reply { Reply(451, .init(4, 5, 0), "The peer lost step: \(reply)") }
}
