// SPDX-License-Identifier: Apache-2.0

import Authentication
import Journal
package import Logging
import MIME
package import Mail
package import Queue

/// One try at one delivery: sign, find the way, send, and say for each recipient what came of it.
///
/// Options and keys are read at each try. What goes wrong inside us is temporary, always.
package struct Attempt: Sendable {
    package struct Parts: Sendable {
        package var route: Route
        package var router: Router
        package var transport: any Transport
        package var inbox: any Inbox
        package var keys: any SigningKeys
        package var spool: any Spool
        package var retry: RetrySchedule
        package var now: Now
        package var random: RandomBits
        package var logger: Logger

        package init(
            route: Route, router: Router, transport: any Transport, inbox: any Inbox, keys: any SigningKeys,
            spool: any Spool, retry: RetrySchedule, now: @escaping Now, random: @escaping RandomBits, logger: Logger
        ) {
            self.route = route
            self.router = router
            self.transport = transport
            self.inbox = inbox
            self.keys = keys
            self.spool = spool
            self.retry = retry
            self.now = now
            self.random = random
            self.logger = logger
        }
    }

    /// What the far side, or we ourselves, said about each recipient.
    struct Result {
        var replies: [(recipient: Mailbox, reply: Reply)]
        var peer = ""
        var tls: String?
    }

    private let parts: Parts
    private let pool: ConnectionPool
    private let signing = SigningPool()

    package init(_ parts: Parts) {
        self.parts = parts
        pool = ConnectionPool(transport: parts.transport, now: parts.now)
    }

    /// Closes sessions that nobody used for a while.
    package func closeIdle(all: Bool = false) async { await pool.sweep(all: all) }

    package func run(_ delivery: PendingDelivery) async -> Settlement {
        let started = parts.now()
        guard started < delivery.expiresAt else { return expired(delivery, at: started) }
        let result: Result
        do {
            result = try await send(delivery)
        } catch {
            parts.logger.error(
                "delivery failed inside", metadata: ["message-id": "\(delivery.message)", "error": "\(error)"])
            result = same(Reply(451, .init(4, 3, 0), "Temporary failure inside this server"), for: delivery.recipients)
        }
        return settlement(of: delivery, result, started: started)
    }

    private func send(_ delivery: PendingDelivery) async throws -> Result {
        guard let message = try await parts.spool.message(delivery.message) else {
            throw SpoolFailure.unavailable("the message of a delivery is gone")
        }
        var header = message.content.header
        if let domain = message.signingDomain {
            // An identity that is gone, or signs no more, does not hold up the mail it once sent.
            if let signer = try await parts.keys.signer(for: domain, in: message.account) {
                header = try await signing.sign(message.content, with: signer, at: parts.now())
            }
        }
        let size = header.count - message.content.header.count + message.content.size
        let mail = OutgoingMail(
            reversePath: message.reversePath, recipients: delivery.recipients, header: header,
            body: message.content.body,
            size: size)
        switch parts.route {
        case .capture: return try await capture(mail, message)
        case .relay(let host, let port, let tls):
            return await send(mail, to: await parts.router.relay(host, port: port, tls: tls))
        case .mx(let port): return await sendToExchangers(mail, port: port)
        }
    }

    private func sendToExchangers(_ mail: OutgoingMail, port: Int) async -> Result {
        var all = Result(replies: [])
        // One domain, but for mail accepted under another route.
        for domain in Set(mail.recipients.map(\.domain)).sorted() {
            let recipients = mail.recipients.filter { $0.domain == domain }
            let part = OutgoingMail(
                reversePath: mail.reversePath, recipients: recipients, header: mail.header, body: mail.body,
                size: mail.size)
            switch await parts.router.targets(for: domain, port: port) {
            case .unreachable(let reply): all.replies += same(reply, for: recipients).replies
            case .targets(let targets):
                let result = await send(part, to: targets)
                all.replies += result.replies
                (all.peer, all.tls) = (result.peer, result.tls)
            }
        }
        return all
    }

    private func send(_ mail: OutgoingMail, to targets: [Target]) async -> Result {
        var failure = ConnectionFailure("No host could be reached")
        for target in targets {
            do {
                return try await send(mail, to: target)
            } catch let error as ConnectionFailure {
                failure = error
            } catch {
                failure = ConnectionFailure("Connection failed")
            }
        }
        var result = same(failure.reply, for: mail.recipients)
        result.peer = targets.last.map { "\($0.host):\($0.port)" } ?? ""
        return result
    }

    private func send(_ mail: OutgoingMail, to target: Target) async throws -> Result {
        var lease = try await pool.take(target)
        let replies: [Reply]
        do {
            replies = try await lease.connection.send(mail)
        } catch  where lease.isReused {
            // A kept session may have been closed by the peer meanwhile; nothing was sent over it yet.
            lease.connection.close()
            lease = try await pool.take(target, fresh: true)
            replies = try await lease.connection.send(mail)
        }
        let result = Result(
            replies: Array(zip(mail.recipients, replies)), peer: lease.connection.peer, tls: lease.connection.tls)
        await pool.give(lease, for: target)
        return result
    }

    private func capture(_ mail: OutgoingMail, _ message: SpooledMessage) async throws -> Result {
        var content = mail.header
        switch mail.body {
        case .memory(let bytes): content += bytes
        case .file(let path, let offset, let length):
            try MappedFile(path: path).withBytes { content += $0[offset..<offset + length] }
        }
        let header = try HeaderSection.parse(message.content.header).header
        try await parts.inbox.keep(
            CapturedMessage(
                summary: CapturedSummary(
                    message: message.id, account: message.account, capturedAt: parts.now(),
                    reversePath: message.reversePath.mailbox?.description ?? "",
                    recipients: mail.recipients.map(\.description),
                    from: EncodedWord.decode(header.first("From")?.value ?? ""),
                    subject: EncodedWord.decode(header.first("Subject")?.value ?? ""), size: content.count),
                content: content))
        var result = same(Reply(250, .init(2, 0, 0), "Captured"), for: mail.recipients)
        result.peer = "capture"
        return result
    }

    private func same(_ reply: Reply, for recipients: [Mailbox]) -> Result {
        Result(replies: recipients.map { ($0, reply) })
    }

    private func expired(_ delivery: PendingDelivery, at moment: Timestamp) -> Settlement {
        let last = delivery.lastReply.isEmpty ? "never tried" : "last reply: \(delivery.lastReply)"
        let outcome = Fact.Outcome(
            recipients: delivery.recipients.map(\.description), attempt: delivery.attempts, peer: "",
            reply: "554 4.4.7 Message expired: unable to deliver in time, \(last)", tls: nil, milliseconds: 0)
        return Settlement(delivery: delivery, retry: nil, facts: [fact(delivery, .bounced(outcome), at: moment)])
    }
}

extension Attempt {
    // Recipients with the same reply share a fact; each is in exactly one.
    private func settlement(of delivery: PendingDelivery, _ result: Result, started: Timestamp) -> Settlement {
        let ended = parts.now()
        let waiting = result.replies.filter { !$0.reply.isPositive && !$0.reply.isPermanent }
        let dueAt = min(
            parts.retry.next(after: delivery.attempts + 1, at: ended, random: parts.random), delivery.expiresAt)
        var facts: [Fact] = []
        var seen: Set<Reply> = []
        for (_, reply) in result.replies where seen.insert(reply).inserted {
            let outcome = Fact.Outcome(
                recipients: result.replies.filter { $0.reply == reply }.map(\.recipient.description),
                attempt: delivery.attempts + 1, peer: result.peer, reply: reply.description, tls: result.tls,
                milliseconds: Int((ended - started) * 1000),
                next: reply.isPositive || reply.isPermanent ? nil : dueAt.milliseconds)
            let event: Fact.Event =
                reply.isPositive
                ? .delivered(outcome)
                : reply.isPermanent ? .bounced(outcome) : .deferred(outcome)
            facts.append(fact(delivery, event, at: ended))
        }
        let retry = waiting.first.map { first in
            Settlement.Retry(recipients: waiting.map(\.recipient), dueAt: dueAt, lastReply: first.reply.description)
        }
        return Settlement(delivery: delivery, retry: retry, facts: facts)
    }

    private func fact(_ delivery: PendingDelivery, _ event: Fact.Event, at moment: Timestamp) -> Fact {
        Fact(at: moment, account: delivery.account, message: delivery.message, event: event)
    }
}
