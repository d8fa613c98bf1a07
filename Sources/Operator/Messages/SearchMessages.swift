// SPDX-License-Identifier: Apache-2.0

import AWSAccess
package import AWSWire
import Access
import Journal
import Mail

/// Messages by who they are from and to, their tags, their time and what became of them, the newest first.
///
/// Without a time it is about the last day; a message that is asked for by its id may be of any time.
struct SearchMessages: Operation {
    static let route = Route.json(prefix: "Postern")
    static let usualPage = 100
    /// Tags of one question.
    static let mostTags = 10

    struct Input: Decodable {
        struct Tag: Decodable {
            let name: String
            let value: String
        }
        var accountId: String?
        var messageId: String?
        /// An address, or a domain as `@example.com`.
        var recipient: String?
        var sender: String?
        var tags: [Tag]?
        /// Each is true of some recipient.
        var outcomes: [String]?
        /// Epoch seconds; both included.
        var startTime: Double?
        var endTime: Double?
        var maxResults: Int?
        /// The last page's `NextToken`.
        var nextToken: String?
    }

    let services: QueueServices

    func run(_ input: Input, as context: RequestContext) async throws -> FoundMessages {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let query = try query(input, for: caller)
        do {
            let page = try await services.messages.find(query)
            return FoundMessages(
                messages: page.messages.compactMap { .init($0) }, nextToken: page.next?.description,
                startTime: Moment(milliseconds: query.from.milliseconds),
                endTime: Moment(milliseconds: query.to.milliseconds), behind: try await services.messages.behind())
        } catch let failure as MessageSearchFailure {
            throw Self.invalid(failure.message)
        }
    }

    private func query(_ input: Input, for caller: Caller) throws -> MessageQuery {
        let now = services.now()
        let to = try Self.moment(input.endTime) ?? now
        let usual = input.messageId == nil ? to + -MessageQuery.usualRange : Timestamp(milliseconds: 0)
        let from = try Self.moment(input.startTime) ?? usual
        guard from <= to else { throw Self.invalid("StartTime is after EndTime.") }
        let asked = try input.accountId.map { try WireSelection.account($0) }
        var query = MessageQuery(
            account: try services.account(asked, for: caller), from: from, to: to,
            limit: min(max(input.maxResults ?? Self.usualPage, 1), MessageQuery.largestPage))
        query.id = try input.messageId.map { try services.messageID($0) }
        query.recipient = try input.recipient.map { try Self.correspondent($0) }
        query.sender = try input.sender.map { try Self.correspondent($0) }
        query.tags = (input.tags ?? []).map { .init(name: $0.name, value: $0.value) }
        query.outcomes = Set(try (input.outcomes ?? []).map { try Self.outcome($0) })
        query.before = try input.nextToken.map { try services.messageID($0) }
        guard query.tags.count <= Self.mostTags else {
            throw Self.invalid("At most \(Self.mostTags) tags may be named.")
        }
        return query
    }

    private static func moment(_ seconds: Double?) throws -> Timestamp? {
        guard let seconds else { return nil }
        guard (0...1e11).contains(seconds) else { throw invalid("StartTime and EndTime are seconds since 1970.") }
        return Timestamp(milliseconds: Int64((seconds * 1_000).rounded()))
    }

    private static func correspondent(_ text: String) throws -> Correspondent {
        guard let found = try? Correspondent(parsing: text) else {
            throw invalid("'\(text.prefix(320))' is no address, and no domain such as @example.com.")
        }
        return found
    }

    private static func outcome(_ text: String) throws -> Fact.Event.Kind {
        guard let kind = Fact.Event.Kind(rawValue: text), MessageQuery.outcomes.contains(kind) else {
            let known = MessageQuery.outcomes.map(\.rawValue).joined(separator: ", ")
            throw invalid("'\(text.prefix(100))' is no outcome: \(known) are.")
        }
        return kind
    }

    private static func invalid(_ why: String) -> ServiceError { ServiceError("ValidationException", why) }
}

/// What `SearchMessages` answers.
package struct FoundMessages: Codable, Sendable {
    package struct Tag: Codable, Sendable {
        package let name: String
        package let value: String
    }

    package struct Message: Codable, Sendable {
        package let messageId: String
        package let accountId: String
        package let at: Moment
        /// By its header; empty where it could not be rendered.
        package let sender: String
        package let recipients: [String]
        /// What is true of some recipient by now: none while all wait for their first try.
        package let outcomes: [String]
        package let configurationSet: String?
        package let tags: [Tag]
        package let size: Int?
    }

    package let messages: [Message]
    /// There is more to look through. A page may be short, or empty, and have one: it looked through as much as one
    /// call may.
    package let nextToken: String?
    package let startTime: Moment
    package let endTime: Moment
    /// Facts that the search does not know of yet: it follows a second behind.
    package let behind: Int64
}

extension FoundMessages.Message {
    init?(_ found: FoundMessage) {
        messageId = found.id.description
        accountId = found.first.account.description
        at = Moment(milliseconds: found.first.at.milliseconds)
        outcomes = MessageQuery.outcomes.filter(found.outcomes.contains).map(\.rawValue)
        switch found.first.event {
        case .accepted(let event):
            (sender, recipients, configurationSet, size) = (
                event.from, event.recipients, event.configurationSet, event.size
            )
            tags = event.tags.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: $0.value) }
        case .renderingFailed(let event):
            (sender, recipients, configurationSet, size, tags) = ("", event.recipients, nil, nil, [])
        default: return nil
        }
    }
}
