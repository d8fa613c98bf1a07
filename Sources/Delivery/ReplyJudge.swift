// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail
package import Queue

/// Says what the replies of other servers mean.
package protocol ReplyJudge: Sendable {
    /// - Parameter peer: the host that gave the reply, `mx1.example.com`; empty where it is our own.
    func verdict(of reply: Reply, peer: String) -> Fact.Verdict
    /// What the reply teaches about the way it came by; empty for most.
    func lessons(of reply: Reply, from site: String, peer: String) -> [Lesson]
}

extension Fact.Verdict {
    /// Whether the reply judges our address and not the recipient or the message. Such a reply is never a bounce before
    /// the message's time is over: another address, or another day, may have another answer.
    func isAboutUs(_ reply: Reply) -> Bool {
        guard party == "reputation" || party == "network" else { return false }
        // X.1 and X.4 speak of the way beyond the peer (RFC 3463 §3.2, §3.5): no other address of ours changes that.
        return ![1, 4].contains(reply.enhanced?.subject)
    }
}

/// What the senders' options ask of delivery now.
package protocol SenderOptions: Sendable {
    func terms(of message: SpooledMessage) async throws -> DeliveryTerms
}

extension DeliveryTerms {
    /// The stricter of two: what was promised at acceptance is not loosened by options that changed since.
    func stricter(_ other: DeliveryTerms) -> DeliveryTerms {
        var terms = self
        terms.pool = pool ?? other.pool
        terms.tls = max(tls, other.tls)
        return terms
    }
}
