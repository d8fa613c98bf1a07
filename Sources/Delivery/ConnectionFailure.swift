// SPDX-License-Identifier: Apache-2.0

package import Mail
import Reports
package import SMTP

/// Why there is no session; temporary, unless all the hosts of a domain fail a demand that nobody may loosen.
package struct ConnectionFailure: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The host was not spoken to, or it broke off.
        case unreachable
        /// The host said no to the session.
        case refused
        /// The session cannot be protected as it must be.
        case insecure(TLSFailure)
        /// This machine cannot do it; no other host will do better.
        case ours
    }

    package let kind: Kind
    package let reply: Reply
    /// The peer's own words, where it said no; `reply` may soften them.
    package let said: Reply?
    /// What was said until then.
    package var transcript = Transcript()

    package init(_ text: String, kind: Kind = .unreachable) {
        self.kind = kind
        reply = Reply(451, .init(4, 4, 1), text)
        said = nil
    }

    /// What a peer said, or we of it, before there was a session.
    package init(reply: Reply) {
        // What a greeting or EHLO refuses is the host's no, not the recipient's (RFC 5321 §3.1): try again, or elsewhere.
        self.reply = reply.isPermanent ? Reply(451, .init(4, 4, 0), "The host refused the session: \(reply)") : reply
        said = reply
        kind = .refused
    }

    package init(_ failure: TLSFailure, with host: String) {
        kind = .insecure(failure)
        reply = Reply(451, .init(4, 7, 5), "TLS with \(host) failed: \(failure.words)")
        said = nil
    }

    package init(reply: Reply, kind: Kind) {
        self.reply = reply
        self.kind = kind
        said = nil
    }
}

extension ConnectionFailure {
    /// A session that the peer left, or would leave, in clear.
    package static func insecure(_ reply: Reply, at host: String) -> ConnectionFailure {
        let failure = TLSFailure(.starttlsNotSupported, reply.lines.joined(separator: " "))
        let temporary = reply.isPermanent ? Reply(454, .init(4, 7, 0), "The host refused STARTTLS: \(reply)") : reply
        return ConnectionFailure(reply: temporary, kind: .insecure(failure))
    }
}

extension TLSFailure {
    /// A handshake that came to nothing for no reason that is known better.
    package static func handshake(_ words: String) -> TLSFailure { TLSFailure(.validationFailure, words) }
}
