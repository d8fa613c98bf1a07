// SPDX-License-Identifier: Apache-2.0

import Authentication
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

    /// What the far side, or we ourselves, said about one recipient.
    struct Answer: Sendable {
        let recipient: Mailbox
        let reply: Reply
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
        guard started < delivery.expiresAt else { return .expired(delivery, at: started) }
        let answers: [Answer]
        do {
            answers = try await send(delivery)
        } catch {
            parts.logger.error(
                "delivery failed inside", metadata: ["message-id": "\(delivery.message)", "error": "\(error)"])
            let reply = Reply(451, .init(4, 3, 0), "Temporary failure inside this server")
            answers = Self.same(reply, for: delivery.recipients)
        }
        let ended = parts.now()
        let retry = parts.retry.next(after: delivery.attempts + 1, at: ended, random: parts.random)
        return .settling(delivery, answers, started: started, ended: ended, retryAt: retry)
    }

    private func send(_ delivery: PendingDelivery) async throws -> [Answer] {
        guard let message = try await parts.spool.message(delivery.message) else {
            throw SpoolFailure.unavailable("the message of a delivery is gone")
        }
        let signature = try await signature(of: message)
        let mail = OutgoingMail(
            reversePath: message.reversePath, recipients: delivery.recipients,
            header: signature + message.content.header, body: message.content.body,
            size: signature.count + message.content.size)
        switch parts.route {
        case .capture: return try await capture(mail, message)
        case .relay(let host, let port, let tls):
            return await send(mail, by: await parts.router.relay(host, port: port, tls: tls))
        case .mx(let port): return await sendToExchangers(mail, port: port)
        }
    }

    private func signature(of message: SpooledMessage) async throws -> [UInt8] {
        // An identity that is gone, or signs no more, does not hold up the mail it once sent.
        guard let domain = message.signingDomain,
            let signer = try await parts.keys.signer(for: domain, in: message.signingAccount)
        else { return [] }
        return try await signing.field(for: message, by: signer, at: parts.now())
    }

    private func sendToExchangers(_ mail: OutgoingMail, port: Int) async -> [Answer] {
        var answers: [Answer] = []
        // One domain, but for mail accepted under another route.
        for domain in Set(mail.recipients.map(\.domain)).sorted() {
            let part = mail.to(mail.recipients.filter { $0.domain == domain })
            answers += await send(part, by: await parts.router.targets(for: domain, port: port))
        }
        return answers
    }

    private func send(_ mail: OutgoingMail, by decision: Router.Decision) async -> [Answer] {
        switch decision {
        case .unreachable(let reply): Self.same(reply, for: mail.recipients)
        case .targets(let targets): await send(mail, to: targets)
        }
    }

    // The next host is asked only while nobody has taken any part of the mail.
    private func send(_ mail: OutgoingMail, to targets: [Target]) async -> [Answer] {
        var failure = ConnectionFailure("No host could be reached")
        for target in targets where !Task.isCancelled {
            do {
                return try await send(mail, to: target)
            } catch let error as ConnectionFailure {
                failure = error
            } catch {
                failure = ConnectionFailure("Connection failed: \(error)")
            }
        }
        let peer = targets.last?.description ?? ""
        return mail.recipients.map { Answer(recipient: $0, reply: failure.reply, peer: peer) }
    }

    private func send(_ mail: OutgoingMail, to target: Target) async throws -> [Answer] {
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
        let connection = lease.connection
        await pool.give(lease, for: target)
        return mail.recipients.enumerated().map { index, recipient in
            // No recipient is forgotten, whatever a transport does.
            let reply = index < replies.count ? replies[index] : Reply(451, .init(4, 3, 0), "No reply was recorded")
            return Answer(recipient: recipient, reply: reply, peer: connection.peer, tls: connection.tls)
        }
    }

    private func capture(_ mail: OutgoingMail, _ message: SpooledMessage) async throws -> [Answer] {
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
        let reply = Reply(250, .init(2, 0, 0), "Captured")
        return mail.recipients.map { Answer(recipient: $0, reply: reply, peer: "capture") }
    }

    private static func same(_ reply: Reply, for recipients: [Mailbox]) -> [Answer] {
        recipients.map { Answer(recipient: $0, reply: reply) }
    }
}
