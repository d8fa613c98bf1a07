// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Queue

extension Settlement {
    /// Characters of a reply that are written down; a peer may send 100 lines of 2,048 octets.
    static let maximumReplyLength = 1_000

    /// What a key's recipients have in common; they share a fact.
    private struct Common: Hashable {
        let reply: Reply
        let peer: String
        let tls: String?
    }

    /// A try's answers as facts, with each recipient in exactly one, and the rest to try again: 4yz, and what is neither
    /// a yes nor a no.
    static func settling(
        _ delivery: PendingDelivery, _ answers: [Attempt.Answer], started: Timestamp, ended: Timestamp,
        retryAt: Timestamp
    ) -> Settlement {
        let dueAt = min(retryAt, delivery.expiresAt)
        var order: [Common] = []
        var groups: [Common: [Mailbox]] = [:]
        for answer in answers {
            let common = Common(reply: answer.reply, peer: answer.peer, tls: answer.tls)
            if groups[common] == nil { order.append(common) }
            groups[common, default: []].append(answer.recipient)
        }
        let facts = order.map { common in
            let outcome = Fact.Outcome(
                recipients: groups[common, default: []].map(\.description), attempt: delivery.attempts + 1,
                peer: common.peer, reply: words(common.reply), tls: common.tls,
                milliseconds: Int((ended - started) * 1000),
                next: common.reply.isFinal ? nil : dueAt.milliseconds)
            return fact(delivery, event(outcome, common.reply), at: ended)
        }
        let waiting = answers.filter { !$0.reply.isFinal }
        let retry = waiting.first.map {
            Retry(recipients: waiting.map(\.recipient), dueAt: dueAt, lastReply: words($0.reply))
        }
        return Settlement(delivery: delivery, retry: retry, facts: facts)
    }

    /// A delivery whose time is over before it was tried again.
    static func expired(_ delivery: PendingDelivery, at moment: Timestamp) -> Settlement {
        let last = delivery.lastReply.isEmpty ? "never tried" : "last reply: \(delivery.lastReply)"
        let outcome = Fact.Outcome(
            recipients: delivery.recipients.map(\.description), attempt: delivery.attempts, peer: "",
            reply: "554 4.4.7 Message expired: unable to deliver in time, \(last)", tls: nil, milliseconds: 0)
        return Settlement(delivery: delivery, retry: nil, facts: [fact(delivery, .bounced(outcome), at: moment)])
    }

    private static func event(_ outcome: Fact.Outcome, _ reply: Reply) -> Fact.Event {
        if reply.isDelivery { return .delivered(outcome) }
        return reply.isPermanent ? .bounced(outcome) : .deferred(outcome)
    }

    private static func fact(_ delivery: PendingDelivery, _ event: Fact.Event, at moment: Timestamp) -> Fact {
        Fact(at: moment, account: delivery.account, message: delivery.message, event: event)
    }

    private static func words(_ reply: Reply) -> String {
        let text = reply.description
        return text.utf8.count <= maximumReplyLength ? text : text.prefix(maximumReplyLength) + "…"
    }
}

extension Reply {
    /// 2yz; a 3yz in this place is no answer.
    fileprivate var isDelivery: Bool { (200..<300).contains(code) }
    fileprivate var isFinal: Bool { isDelivery || isPermanent }
}
