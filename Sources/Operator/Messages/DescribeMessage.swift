// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Journal
import Mail
import Queue

/// A message's story: accepted, each try with what the peer said and how it was protected, how it ended, and what was
/// learned of it afterwards.
struct DescribeMessage: Operation {
    static let route = Route.json(prefix: "Postern")

    struct Input: Decodable { var messageId: String }

    let services: QueueServices

    func run(_ input: Input, as context: RequestContext) async throws -> MessageStory {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let id = try services.messageID(input.messageId)
        let deliveries = try await services.desk.spool.deliveries(of: id)
        let facts = try await services.messages.story(of: id)
        let account = facts.first?.account ?? deliveries.first?.account
        try services.requireSight(of: account, id, by: caller)
        return MessageStory(
            messageId: id.description, accountId: account?.description ?? "",
            steps: facts.map { MessageStory.Step($0) }, waiting: deliveries.reduce(0) { $0 + $1.recipients.count })
    }
}
