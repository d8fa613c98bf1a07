// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Journal
import Mail
import Queue

/// Why a message has not gone yet, delivery by delivery: what it waits for, until when, and who set that limit.
struct ExplainDelivery: Operation {
    static let route = Route.json(prefix: "Postern")

    struct Input: Decodable { var messageId: String }
    struct Reason: Encodable {
        let deliveryId: Int64
        let destination: String
        let recipients: [String]
        let attempts: Int
        /// A word for machines: `retry`, `connections`, `warm-up`, …
        let cause: String
        /// The same in a sentence, without the time.
        let explanation: String
        let until: Moment?
        let rule: String?
        /// How many of its line are before it; absent where it is in none.
        let ahead: Int?
        /// What would change it.
        let advice: String
    }
    struct Output: Encodable {
        let messageId: String
        let waiting: [Reason]
    }

    let services: QueueServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let id = try services.messageID(input.messageId)
        let waiting = try await services.desk.explain(id)
        // What has gone is in the journal alone, and another account's mail is not there to be asked about.
        var account = waiting.first?.delivery.account
        if account == nil { account = try await services.desk.timeline(id).first?.account }
        try services.requireSight(of: account, id, by: caller)
        return Output(messageId: id.description, waiting: waiting.map { Reason($0, services.halts.latest) })
    }
}

extension ExplainDelivery.Reason {
    /// - Parameter halt: what stops the whole queue, where an operator did.
    init(_ explained: QueueDesk.Explanation, _ halt: Halts.Halt?) {
        let (delivery, reason) = (explained.delivery, explained.reason)
        deliveryId = delivery.id
        destination = delivery.destination
        recipients = delivery.recipients.map(\.description)
        attempts = delivery.attempts
        cause = reason.word
        until = reason.until.map { Moment(milliseconds: $0.milliseconds) }
        ahead = explained.ahead
        if let halt, reason.cause == .queueOnHold || reason.cause == .nodeDraining {
            explanation = "\(WaitReason(reason.cause).sentence), by \(halt.by): \(halt.reason)"
            rule = nil
        } else {
            explanation = reason.sentence
            rule = reason.rule
        }
        advice = reason.advice
    }
}

extension WaitReason {
    var word: String {
        switch cause {
        case .queueOnHold: "queue-on-hold"
        case .nodeDraining: "node-draining"
        case .held: "held"
        case .retry: "retry"
        case .resolving: "resolving"
        case .siteClosed: "site-closed"
        case .pathClosed: "path-closed"
        case .connections: "connections"
        case .rate: "rate"
        case .warmUp: "warm-up"
        case .noAddress: "no-address"
        case .turn: "turn"
        case .busy: "busy"
        case .unanswered: "unanswered"
        case .beyondWindow: "beyond-window"
        case .inFlight: "under-way"
        case .forgotten: "forgotten"
        case .gone: "gone"
        }
    }

    /// What an operator can do about it.
    var advice: String {
        switch cause {
        case .queueOnHold: "`postern queue resume`, and delivery.hold: false for the next start"
        case .nodeDraining: "`postern queue resume` takes up work again"
        case .held: "`postern queue release` lets it go"
        case .retry: "`postern queue retry` tries at once"
        case .resolving: "look at the domain's DNS, and at resolver.servers, if this lasts"
        case .siteClosed(let site, let closure): Self.advice(site, closure)
        case .pathClosed(let way, let closure): Self.advice(way.site, closure)
        case .connections: rule == "slow-start" ? "nothing: more is allowed as the peer takes mail" : Self.raise
        case .rate: Self.raise
        case .warmUp: "add a warm address to the pool, or `postern queue reroute` to one that is warm"
        case .noAddress: "add an address to the pool (delivery.addresses, PutDedicatedIpInPool), or end its drain"
        case .turn, .beyondWindow: "nothing: it goes when those before it have gone"
        case .busy, .unanswered: "raise delivery.concurrency if this lasts"
        case .inFlight: "nothing: a try is under way"
        case .forgotten: "nothing: the next check brings it back; please report it"
        case .gone: "nothing"
        }
    }

    private static let raise = "raise the limit in delivery.provider-rules, or add an address to the pool"

    private static func advice(_ site: String, _ closure: Closure) -> String {
        let retry = "`postern queue retry --site \(site)` forgets it and tries at once"
        switch closure.kind {
        case .unreachable: return "wait, or once the site is back: \(retry)"
        case .suspended, .blocked: return "see what the reply asks for; \(retry)"
        }
    }
}
