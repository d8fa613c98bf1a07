// SPDX-License-Identifier: Apache-2.0

package import Logging
package import Mail
package import Reports

/// Mail that comes to us: reports about what we sent, and nothing else (RFC 3464, RFC 5965).
///
/// A recipient is taken when it is a return path that was signed here, or an address of the operator's. Everybody else is
/// refused at RCPT, so that nobody relays through us and nobody is sent a bounce by us. A report counts only for a message
/// whose token it bears and only for recipients of that message: a co-recipient of the same message is the only stranger
/// who can say anything of another's address. What it says is a fact, durable before the sender gets its 250; what is not
/// believed is counted and gets its 250 all the same: refusing would hand an honest server a bounce that it cannot return,
/// and would tell a forger which part was wrong.
package struct Reception: Sendable {
    /// Octets of an inbound mail; servers that bounce cut what they return.
    package static let maximumSize = 1 << 20
    package static let maximumRecipients = 10

    package struct Parts: Sendable {
        package var addresses: ReceptionAddresses
        package var keys: ReturnPathKeys
        package var history: any MessageHistory
        package var writer: any FactWriter
        package var postmaster: any PostmasterBox
        /// The rules in force at the moment of asking.
        package var rules: @Sendable () -> ReplyRules
        package var now: Now
        package var logger: Logger

        package init(
            addresses: ReceptionAddresses, keys: ReturnPathKeys, history: any MessageHistory, writer: any FactWriter,
            postmaster: any PostmasterBox, rules: @escaping @Sendable () -> ReplyRules, now: @escaping Now,
            logger: Logger
        ) {
            self.addresses = addresses
            self.keys = keys
            self.history = history
            self.writer = writer
            self.postmaster = postmaster
            self.rules = rules
            self.now = now
            self.logger = logger
        }
    }

    package let counts = ReportCounts()
    let parts: Parts
    let turns = MessageTurns()
    let log: BoundedLog
    private let desk: PostmasterDesk

    package init(_ parts: Parts) {
        self.parts = parts
        log = BoundedLog(parts.logger, now: parts.now)
        desk = PostmasterDesk(parts.postmaster, now: parts.now)
    }

    /// - Returns: why nothing is taken for this recipient; nil takes it.
    package func admit(_ recipient: Mailbox, from address: String) async -> Reply? {
        if parts.addresses.takes(recipient) { return nil }
        guard let token = ReturnPathToken(recipient) else {
            return Reply(550, .init(5, 7, 1), "This server takes reports about its own mail only")
        }
        do {
            _ = try await verified(token)
            return nil
        } catch let refusal as UnbelievedReport {
            note(refusal.reason, "at RCPT", token.message, from: address)
            return Reply(550, .init(5, 7, 1), "This return path is not, or no longer, in use")
        } catch {
            counts.add(.failure)
            parts.logger.error("a return path could not be looked up", metadata: ["error": "\(error)"])
            return Reply(451, .init(4, 3, 0), "Temporary service failure")
        }
    }

    /// Takes a mail in, after each of its recipients was admitted.
    package func receive(_ mail: ReceivedMail) async -> Reply {
        do {
            return try await take(mail, InboundReport(reading: mail))
        } catch {
            counts.add(.failure)
            parts.logger.error("a report was not kept", metadata: ["error": "\(error)"])
            return Reply(451, .init(4, 3, 0), "Temporary service failure")
        }
    }

    private func take(_ mail: ReceivedMail, _ report: InboundReport) async throws -> Reply {
        switch report {
        case .delivery(let report):
            if try await take(report, mail) { return Self.taken }
        case .feedback(let report):
            if try await take(report, mail) { return Self.taken }
        case .automatic:
            counts.add(.autoReply)
            return Self.taken
        case .other: break
        }
        return try await takeOther(mail)
    }

    // What is no report that counts: for the operator if it was sent there, else for nobody.
    private func takeOther(_ mail: ReceivedMail) async throws -> Reply {
        if mail.envelope.forwardPaths.contains(where: { parts.addresses.isOperators($0.mailbox) }) {
            guard try await desk.keep(mail) else {
                return Reply(451, .init(4, 7, 1), "Too much mail for the postmaster, try again later")
            }
            counts.add(.postmaster)
            return Self.taken
        }
        counts.add(.unreadable)
        log.notice("a mail that is no report", ["from": "\(mail.envelope.reversePath)", "peer": mail.peer])
        guard mail.envelope.reversePath == .null else {
            return Reply(550, .init(5, 7, 1), "This address takes reports about mail only; nobody reads it")
        }
        return Self.taken
    }

    static let taken = Reply(250, .init(2, 0, 0), "Ok")

    /// The message of a token.
    /// - Throws: `UnbelievedReport`, or what kept the journal from being read.
    func verified(_ token: ReturnPathToken) async throws -> ReportedMessage {
        let facts = try await parts.history.facts(about: token.message)
        guard let message = ReportedMessage(token.message, facts) else { throw UnbelievedReport(reason: .unknown) }
        guard parts.keys.verifies(token, account: message.account) else { throw UnbelievedReport(reason: .forged) }
        guard parts.now() - message.acceptedAt <= ReturnPathKeys.reportTime else {
            throw UnbelievedReport(reason: .expired)
        }
        return message
    }

    func note(_ refusal: ReportRefusal, _ what: String, _ message: MessageID?, from peer: String) {
        counts.add(refusal)
        log.notice(
            "a report that does not count",
            [
                "reason": refusal.rawValue, "what": what, "message-id": message?.description ?? "", "peer": peer,
            ])
    }
}

/// Why a report counts for nothing.
struct UnbelievedReport: Error {
    let reason: ReportRefusal
}

/// A mail as the inbound listener hands it over.
package struct ReceivedMail: Sendable {
    package let envelope: Envelope
    package let content: [UInt8]
    /// The address it came from.
    package let peer: String

    package init(envelope: Envelope, content: [UInt8], peer: String) {
        self.envelope = envelope
        self.content = content
        self.peer = peer
    }
}
