// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Journal
import Mail
import Queue

/// A message's story: accepted, each try with what the peer said and how it was protected, and how it ended.
struct DescribeMessage: Operation {
    static let route = Route.json(prefix: "Postern")

    struct Input: Decodable { var messageId: String }
    struct Step: Encodable {
        let at: Moment
        /// `accepted`, `deferred`, `delivered`, `bounced`, `complained`, or the operation that an operator asked for.
        let event: String
        let recipients: [String]
        let detail: String
        let attempt: Int?
        let peer: String?
        let address: String?
        let site: String?
        let tls: String?
        let cipher: String?
        let certificate: String?
        let tlsPolicy: String?
        let bounceType: String?
        let bounceSubType: String?
        let rule: String?
        let next: Moment?
        let milliseconds: Int?
        let transcript: [String]?
    }
    struct Output: Encodable {
        let messageId: String
        let accountId: String
        let steps: [Step]
        let waiting: Int
    }

    let services: QueueServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let id = try services.messageID(input.messageId)
        let deliveries = try await services.desk.spool.deliveries(of: id)
        let facts = try await services.desk.timeline(id)
        let account = facts.first?.account ?? deliveries.first?.account
        try services.requireSight(of: account, id, by: caller)
        return Output(
            messageId: id.description, accountId: account?.description ?? "", steps: facts.map { Step($0) },
            waiting: deliveries.reduce(0) { $0 + $1.recipients.count })
    }
}

extension DescribeMessage.Step {
    init(_ fact: Fact) {
        switch fact.event {
        case .accepted(let event):
            self.init(
                fact, "accepted", event.recipients,
                "by \(event.door) from \(event.sourceAddress) as \(event.principal), \(event.size) octets")
        case .delivered(let outcome): self.init(fact, "delivered", outcome)
        case .deferred(let outcome): self.init(fact, "deferred", outcome)
        case .bounced(let outcome): self.init(fact, "bounced", outcome)
        case .complained(let event):
            self.init(fact, "complained", event.recipients, "\(event.feedbackType), reported by \(event.userAgent)")
        case .refused(let event): self.init(fact, "refused", [], "\(event.control): \(event.reason)")
        case .renderingFailed(let event):
            self.init(fact, "renderingFailed", event.recipients, "\(event.template): \(event.reason)")
        case .warned(let event): self.init(fact, "warned", [], "\(event.control): \(event.reason)")
        case .administered(let event):
            self.init(
                fact, event.operation, [], "by \(event.principal)" + (event.reason.map { ": \($0)" } ?? ""))
        // Neither is about a message.
        case .called(let event): self.init(fact, event.call.name, [], "by \(event.principal)")
        case .signedIn(let event): self.init(fact, event.call.name, [], event.failure ?? "let in")
        }
    }

    private init(_ fact: Fact, _ event: String, _ recipients: [String], _ detail: String) {
        at = Moment(milliseconds: fact.at.milliseconds)
        self.event = event
        self.recipients = recipients
        self.detail = detail
        (attempt, peer, address, site, tls, cipher, certificate) = (nil, nil, nil, nil, nil, nil, nil)
        (tlsPolicy, bounceType, bounceSubType, rule, next, milliseconds, transcript) = (
            nil, nil, nil, nil, nil, nil, nil
        )
    }

    private init(_ fact: Fact, _ event: String, _ outcome: Fact.Outcome) {
        at = Moment(milliseconds: fact.at.milliseconds)
        self.event = event
        recipients = outcome.recipients
        detail = outcome.reply
        attempt = outcome.attempt
        peer = outcome.peer.isEmpty ? nil : outcome.peer
        address = outcome.address
        site = outcome.site
        tls = outcome.tls
        cipher = outcome.cipher
        certificate = outcome.certificate
        tlsPolicy = outcome.tlsPolicy
        bounceType = event == "bounced" ? outcome.verdict?.type : nil
        bounceSubType = event == "bounced" ? outcome.verdict?.subType : nil
        rule = outcome.verdict?.rule
        next = outcome.next.map { Moment(milliseconds: $0) }
        milliseconds = outcome.milliseconds
        transcript = outcome.replies
    }
}
