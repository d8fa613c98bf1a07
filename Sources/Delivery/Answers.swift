// SPDX-License-Identifier: Apache-2.0

import Mail
import SMTP

/// What some recipients of a mail were answered, by one way; from the far side or from ourselves.
struct Answers: Sendable {
    /// One reply each, in order.
    let recipients: [Mailbox]
    let replies: [Reply]
    var way = Way()

    /// By which way, and what was seen there.
    struct Way: Sendable {
        /// `mx1.example.com [192.0.2.1]:25`; empty where nobody answered.
        var peer = ""
        /// The host's name.
        var host = ""
        /// The address it left from; nil where nothing was sent.
        var address: String?
        var tls: String?
        var cipher: String?
        var certificate: String?
        var tlsPolicy: String?
        var transcript: [String] = []
        /// What the peer said where the reply is ours.
        var said: Reply?
        /// What the try showed of the path.
        var result = PathResult.untried
    }

    enum PathResult: Sendable { case open, unreachable, untried }

    init(_ recipients: [Mailbox], _ replies: [Reply], _ way: Way) {
        self.recipients = recipients
        self.replies = replies
        self.way = way
    }

    /// The same reply for all of them.
    init(_ recipients: [Mailbox], all reply: Reply, _ way: Way = Way()) {
        self.init(recipients, recipients.map { _ in reply }, way)
    }

    var isTaken: Bool { replies.contains(where: \.isDelivery) }

    /// The recipients by reply, in the order in which the replies first came.
    var groups: [(reply: Reply, recipients: [Mailbox])] {
        guard let first = replies.first else { return [] }
        if replies.allSatisfy({ $0 == first }) { return [(first, recipients)] }
        var order: [Reply] = []
        var groups: [Reply: [Mailbox]] = [:]
        for (recipient, reply) in zip(recipients, replies) {
            if groups[reply] == nil { order.append(reply) }
            groups[reply, default: []].append(recipient)
        }
        return order.map { ($0, groups[$0, default: []]) }
    }
}

extension Reply {
    /// 2yz; a 3yz in this place is no answer.
    var isDelivery: Bool { (200..<300).contains(code) }
}
