// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Logging
package import Mail
package import Queue
import Synchronization

/// Whether a sender is told of bounces and complaints by mail: an attribute of the identity, on unless it was switched
/// off ("Receiving Amazon SES notifications through email", SES developer guide).
package protocol FeedbackForwarding: Sendable {
    func isForwarded(_ message: Fact.Accepted, of account: AccountID) async throws -> Bool
}

/// Reads the journal and mails each bounce and complaint to whoever sent the message.
///
/// Notices go to the sender's own reverse path, from nobody: a notice that cannot be delivered ends there. There are none
/// about the server's own mail, none about mail from nobody, and none about what happened more than a day ago, so that
/// neither a first start nor a long stop ends in a flood. An address gets 500 an hour at most; what is beyond is counted
/// and not sent. The cursor moves behind a page's notices: a crash in between may have some of them sent twice.
package final class FeedbackForwarder: Sendable {
    package static let name = "feedback-forwarding"
    /// Seconds after which a fact is old news.
    static let newsTime = 86_400.0
    static let pageSize = 1_000

    private let facts: any FactStream
    private let cursors: any CursorStore
    private let history: any MessageHistory
    private let forwarding: any FeedbackForwarding
    private let mail: any SystemMail
    private let notice: FeedbackNotice
    private let now: Now
    private let log: BoundedLog
    private let rate = FeedbackRate()
    private let counts = Mutex((sent: 0, leftOut: 0))

    /// - Parameters:
    ///   - domain: notices come from `MAILER-DAEMON` there.
    ///   - hostname: the server's own name, and the right side of its Message-IDs.
    package init(
        facts: any FactStream, cursors: any CursorStore, history: any MessageHistory,
        forwarding: any FeedbackForwarding, mail: any SystemMail, domain: Domain, hostname: String, now: @escaping Now,
        random: @escaping RandomBits, logger: Logger
    ) {
        self.facts = facts
        self.cursors = cursors
        self.history = history
        self.forwarding = forwarding
        self.mail = mail
        notice = FeedbackNotice(domain: domain, hostname: hostname, random: random)
        self.now = now
        log = BoundedLog(logger, now: now)
    }

    /// Notices since the start.
    package var sent: Int { counts.withLock { $0.sent } }
    /// Notices that were not sent: their address got too many, or may get none.
    package var leftOut: Int { counts.withLock { $0.leftOut } }

    /// Reads on from where it stands.
    /// - Returns: whether there may be more.
    package func read() async throws -> Bool {
        let position = try await cursors.position(of: Self.name, in: facts.name)
        let page = try await facts.facts(of: [.bounced, .complained], after: position, limit: Self.pageSize)
        for recorded in page.facts { try await forward(recorded.fact) }
        if page.last > position { try await cursors.advance(Self.name, in: facts.name, to: page.last) }
        return page.isFull
    }

    private func forward(_ fact: Fact) async throws {
        guard let id = fact.message, now() - fact.at <= Self.newsTime,
            let message = ReportedMessage(id, try await history.facts(about: id)),
            let sender = try? Mailbox(parsing: message.accepted.reversePath),
            try await forwarding.isForwarded(message.accepted, of: message.account)
        else { return }
        guard rate.take(sender, at: now()) else { return counts.withLock { $0.leftOut += 1 } }
        do {
            guard let notice = try notice.compose(fact.event, about: message, to: sender, at: now()) else { return }
            try await mail.send(notice)
            counts.withLock { $0.sent += 1 }
        } catch let error where error is SyntaxError || error is SystemMailRefusal {
            // An address beyond ASCII has no place in a notice, or the operator forbids it; to try again ends nothing.
            counts.withLock { $0.leftOut += 1 }
            log.notice("a notice of feedback is not sent", ["message-id": "\(id)", "error": "\(error)"])
        }
    }
}

/// Who got how many notices within the hour. Bounded: past its capacity it starts afresh.
private final class FeedbackRate: Sendable {
    private static let perHour = 500
    private static let capacity = 100_000

    private let hour = Mutex<(number: Int64, counts: [Mailbox: Int])>((0, [:]))

    func take(_ mailbox: Mailbox, at moment: Timestamp) -> Bool {
        let number = moment.seconds / 3600
        return hour.withLock { hour in
            if hour.number != number || hour.counts.count >= Self.capacity { hour = (number, [:]) }
            hour.counts[mailbox, default: 0] += 1
            return hour.counts[mailbox, default: 0] <= Self.perHour
        }
    }
}
