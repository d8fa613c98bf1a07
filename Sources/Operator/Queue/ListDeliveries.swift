// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Queue

/// What waits or is under way, in the order it was accepted.
struct ListDeliveries: Operation {
    static let route = Route.json(prefix: "Postern")
    static let maximumPage = 1_000

    struct Input: Decodable {
        var selection: WireSelection?
        /// The last page's `NextToken`.
        var nextToken: String?
        var maxResults: Int?
    }
    struct Output: Encodable {
        let deliveries: [WireDelivery]
        let nextToken: String?
    }

    let services: QueueServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let selection = try (input.selection ?? WireSelection()).selection(services, for: caller)
        let limit = min(max(input.maxResults ?? 100, 1), Self.maximumPage)
        let after = try input.nextToken.map { text throws(ServiceError) in
            guard let id = Int64(text) else { throw ServiceError("ValidationException", "NextToken is none of ours.") }
            return id
        }
        let found = try await services.desk.list(selection, after: after ?? 0, limit: limit + 1)
        let page = found.prefix(limit)
        var deliveries: [WireDelivery] = []
        for listed in page {
            deliveries.append(WireDelivery(listed, await services.desk.queue.site(of: listed.delivery.destination)))
        }
        return Output(
            deliveries: deliveries, nextToken: found.count > limit ? page.last.map { "\($0.delivery.id)" } : nil)
    }
}

/// A delivery as the operator sees it.
struct WireDelivery: Encodable {
    let deliveryId: Int64
    let messageId: String
    let accountId: String
    let sender: String
    let recipients: [String]
    let destination: String
    /// Nil while it is not known.
    let site: String?
    let pool: String?
    let configurationSet: String?
    let size: Int
    let attempts: Int
    let acceptedAt: Moment
    let dueAt: Moment
    let expiresAt: Moment
    let lastReply: String?
    let heldBy: String?
    let holdReason: String?

    init(_ listed: ListedDelivery, _ site: String?) {
        let delivery = listed.delivery
        deliveryId = delivery.id
        messageId = delivery.message.description
        accountId = delivery.account.description
        sender = listed.sender
        recipients = delivery.recipients.map(\.description)
        destination = delivery.destination
        self.site = site
        pool = delivery.lane.pool?.description
        configurationSet = listed.configurationSet
        size = listed.size
        attempts = delivery.attempts
        acceptedAt = Moment(milliseconds: delivery.acceptedAt.milliseconds)
        dueAt = Moment(milliseconds: delivery.dueAt.milliseconds)
        expiresAt = Moment(milliseconds: delivery.expiresAt.milliseconds)
        lastReply = delivery.lastReply.isEmpty ? nil : delivery.lastReply
        heldBy = delivery.hold?.by
        holdReason = delivery.hold?.reason
    }
}
