// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Queue
import SMTP

/// A try's answers as facts, with each recipient in exactly one, and what is left to be tried again.
struct Outcomes {
    /// Characters of a reply that are written down; a peer may send 100 lines of 2,048 octets.
    static let maximumReplyLength = 1_000

    let assignment: Assignment
    let judge: any ReplyJudge
    let started: Timestamp
    let ended: Timestamp
    let dueAt: Timestamp

    private(set) var facts: [Fact] = []
    private(set) var waiting: [Mailbox] = []
    private(set) var lastReply = ""
    private(set) var lessons: [Lesson] = []

    init(
        _ assignment: Assignment, judge: any ReplyJudge, started: Timestamp, ended: Timestamp, retryAt: Timestamp
    ) {
        self.assignment = assignment
        self.judge = judge
        self.started = started
        self.ended = ended
        dueAt = min(retryAt, assignment.delivery.expiresAt)
    }

    private var delivery: PendingDelivery { assignment.delivery }

    mutating func add(_ answers: Answers) {
        for (reply, recipients) in answers.groups {
            var outcome = outcome(answers.way, reply, recipients)
            if reply.isDelivery {
                append(.delivered(outcome))
                continue
            }
            let said = answers.way.said ?? reply
            let verdict = judge.verdict(of: said, peer: answers.way.host)
            outcome.verdict = verdict
            if answers.way.result != .untried {
                lessons += judge.lessons(of: said, from: assignment.site, peer: answers.way.host)
            }
            // 4yz is to be tried again, and so is what is neither a yes nor a no, or is said of our address.
            if reply.isPermanent, answers.way.result == .untried || !verdict.isAboutUs(reply) {
                append(.bounced(outcome))
            } else {
                outcome.next = dueAt.milliseconds
                if DelayNotice.isDue(delivery, nextDue: dueAt) { outcome.expires = delivery.expiresAt.milliseconds }
                append(.deferred(outcome))
                if waiting.isEmpty { lastReply = Self.words(reply) }
                waiting += recipients
            }
        }
    }

    var settlement: Settlement {
        let retry =
            waiting.isEmpty
            ? nil : Settlement.Retry(recipients: waiting, dueAt: dueAt, lastReply: lastReply)
        return Settlement(delivery: delivery, retry: retry, facts: facts)
    }

    private mutating func append(_ event: Fact.Event) {
        facts.append(Fact(at: ended, account: delivery.account, message: delivery.message, event: event))
    }

    private func outcome(_ way: Answers.Way, _ reply: Reply, _ recipients: [Mailbox]) -> Fact.Outcome {
        Fact.Outcome(
            recipients: recipients.map(\.description), attempt: delivery.attempts + 1, peer: way.peer,
            reply: Self.words(reply), tls: way.tls, milliseconds: Int((ended - started) * 1000),
            address: way.address, site: assignment.site, cipher: way.cipher, certificate: way.certificate,
            tlsPolicy: way.tlsPolicy, replies: way.transcript.isEmpty ? nil : way.transcript)
    }

    static func words(_ reply: Reply) -> String {
        let text = reply.description
        return text.utf8.count <= maximumReplyLength ? text : text.prefix(maximumReplyLength) + "…"
    }
}
