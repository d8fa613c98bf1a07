// SPDX-License-Identifier: Apache-2.0

import Authentication
package import Logging
import MIME
package import Mail
package import Queue

/// One try at one delivery: sign, find the way, send, and say for each recipient what came of it.
///
/// Options and keys are read again at each try. What goes wrong inside us is temporary, always.
package struct Attempt: Sendable {
    package struct Parts: Sendable {
        package var route: Route
        package var router: Router
        package var directory: MXDirectory
        package var transport: any Transport
        package var posture: any SessionPosture
        package var inbox: any Inbox
        package var keys: any SigningKeys
        package var options: any SenderOptions
        package var judge: any ReplyJudge
        package var spool: any Spool
        package var retry: RetrySchedule
        package var now: Now
        package var random: RandomBits
        package var logger: Logger

        package init(
            route: Route, router: Router, directory: MXDirectory, transport: any Transport,
            posture: any SessionPosture, inbox: any Inbox, keys: any SigningKeys, options: any SenderOptions,
            judge: any ReplyJudge, spool: any Spool, retry: RetrySchedule, now: @escaping Now,
            random: @escaping RandomBits, logger: Logger
        ) {
            self.route = route
            self.router = router
            self.directory = directory
            self.transport = transport
            self.posture = posture
            self.inbox = inbox
            self.keys = keys
            self.options = options
            self.judge = judge
            self.spool = spool
            self.retry = retry
            self.now = now
            self.random = random
            self.logger = logger
        }
    }

    let parts: Parts
    let pool: ConnectionPool
    private let signing = SigningPool()

    package init(_ parts: Parts) {
        self.parts = parts
        pool = ConnectionPool(transport: parts.transport, now: parts.now)
    }

    /// Closes sessions that nobody used for a while.
    package func closeIdle(all: Bool = false) { pool.sweep(all: all) }

    /// Addresses that nothing leaves from any more: sessions from there are kept no longer than their mail.
    package func setDrained(_ addresses: Set<String>) { pool.setDrained(addresses) }

    package func run(_ assignment: Assignment) async -> (Settlement, PathReport) {
        let delivery = assignment.delivery
        let started = parts.now()
        guard started < delivery.expiresAt else {
            return (.expiry(of: delivery, at: started), PathReport(result: .untried, sent: 0))
        }
        guard delivery.destination != SimulatorAddress.destination else {
            return (MailboxSimulator.settlement(of: delivery, at: started), PathReport(result: .open, sent: 0))
        }
        let answers: [Answers]
        do {
            let (message, terms) = try await order(delivery)
            // Whoever rerouted it by hand has decided already.
            if let pool = terms.pool, pool != delivery.lane.pool, delivery.lane.pool == message.terms.pool {
                return (.move(of: delivery, to: pool), PathReport(result: .untried, sent: 0))
            }
            answers = try await send(message, terms, assignment, started: started)
        } catch {
            parts.logger.error(
                "delivery failed inside", metadata: ["message-id": "\(delivery.message)", "error": "\(error)"])
            let reply = Reply(451, .init(4, 3, 0), "Temporary failure inside this server")
            answers = [Answers(delivery.recipients, all: reply)]
        }
        let ended = parts.now()
        let retry = parts.retry.next(after: delivery.attempts + 1, at: ended, random: parts.random)
        var outcomes = Outcomes(assignment, judge: parts.judge, started: started, ended: ended, retryAt: retry)
        for answer in answers { outcomes.add(answer) }
        return (outcomes.settlement, Self.report(answers, outcomes.lessons))
    }

    private static func report(_ answers: [Answers], _ lessons: [Lesson]) -> PathReport {
        let failed = answers.first { $0.way.result == .unreachable }
        let result: PathReport.Result =
            if answers.contains(where: { $0.way.result == .open }) {
                .open
            } else if let reply = failed?.replies.first {
                .unreachable(reply: Outcomes.words(reply))
            } else {
                .untried
            }
        return PathReport(result: result, sent: answers.count(where: \.isTaken), lessons: lessons)
    }

    /// What is to be sent, and what its sender asks of that now.
    private func order(_ delivery: PendingDelivery) async throws -> (SpooledMessage, DeliveryTerms) {
        guard let message = try await parts.spool.message(delivery.message) else {
            throw SpoolFailure.unavailable("the message of a delivery is gone")
        }
        return (message, try await parts.options.terms(of: message))
    }

    private func send(
        _ message: SpooledMessage, _ terms: DeliveryTerms, _ assignment: Assignment, started: Timestamp
    ) async throws -> [Answers] {
        let delivery = assignment.delivery
        guard assignment.egress.pool == delivery.lane.pool else {
            throw SpoolFailure.unavailable("the way that was assigned is not of the delivery's pool")
        }
        let demand = max(message.terms.tls, terms.tls)
        let signature = try await signature(of: message)
        let mail = OutgoingMail(
            returnPath: message.returnPath, recipients: delivery.recipients,
            header: signature + message.content.header, body: message.content.body,
            size: signature.count + message.content.size, requiresTLS: demand == .requireTLS)
        let trip = Trip(assignment: assignment, demand: demand, started: started)
        switch parts.route {
        case .capture: return [try await capture(mail, message)]
        case .relay(let host, let port, let tls): return await send(mail, byRelay: host, port, tls, trip)
        case .mx(let port): return await send(mail, toExchangersAt: port, trip)
        }
    }

    private func signature(of message: SpooledMessage) async throws -> [UInt8] {
        // An identity that is gone, or signs no more, does not hold up the mail it once sent.
        guard let domain = message.signingDomain,
            let signer = try await parts.keys.signer(for: domain, in: message.signingAccount)
        else { return [] }
        return try await signing.field(for: message, by: signer, at: parts.now())
    }
}

// MARK: - Capture

extension Attempt {
    private func capture(_ mail: OutgoingMail, _ message: SpooledMessage) async throws -> Answers {
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
        var way = Answers.Way()
        way.peer = "capture"
        way.result = .open
        return Answers(mail.recipients, all: Reply(250, .init(2, 0, 0), "Captured"), way)
    }
}
