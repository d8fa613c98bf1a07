// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Takes an address onto the account's list.
struct PutSuppressedDestination: Operation {
    static let route = Route.rest("PUT", "/v2/email/suppression/addresses")

    struct Input: Decodable {
        var emailAddress: String
        var reason: String
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let address = try Mailbox(suppressed: input.emailAddress)
        let reason: SuppressionReason? = try WireEnum.value(input.reason, of: "reason")
        try await services.suppression.put(address, reason ?? .bounce, operation: Self.name, by: caller)
        return Empty()
    }
}

/// One entry of the account's list.
struct GetSuppressedDestination: Operation {
    static let route = Route.rest("GET", "/v2/email/suppression/addresses/{EmailAddress}")

    struct Input: Decodable { var emailAddress: String }
    struct Attributes: Encodable {
        let messageId: String?
        let feedbackId: String?
    }
    struct Destination: Encodable {
        let emailAddress: String
        let reason: String
        let lastUpdateTime: Moment
        let attributes: Attributes?
    }
    struct Output: Encodable { let suppressedDestination: Destination }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let address = try Mailbox(suppressed: input.emailAddress)
        guard let found = try await services.suppression.find(address, in: caller.account) else {
            throw ServiceError.notSuppressed(address)
        }
        let isLearnt = found.message != nil || found.feedback != nil
        return Output(
            suppressedDestination: Destination(
                emailAddress: found.address.description, reason: found.reason.rawValue,
                lastUpdateTime: Moment(milliseconds: found.updatedAt.milliseconds),
                attributes: isLearnt
                    ? Attributes(messageId: found.message?.description, feedbackId: found.feedback) : nil))
    }
}

/// Takes an address off the account's list.
struct DeleteSuppressedDestination: Operation {
    static let route = Route.rest("DELETE", "/v2/email/suppression/addresses/{EmailAddress}")

    let services: SESv2Services

    func run(_ input: GetSuppressedDestination.Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let address = try Mailbox(suppressed: input.emailAddress)
        guard try await services.suppression.delete(address, operation: Self.name, by: caller) else {
            throw ServiceError.notSuppressed(address)
        }
        return Empty()
    }
}

/// The account's list, oldest change first.
struct ListSuppressedDestinations: Operation {
    static let route = Route.rest("GET", "/v2/email/suppression/addresses")
    private static let maximumPage = 1_000

    struct Input: Decodable {
        /// A parameter that is sent once for each reason.
        var reason: UntagResource.Keys?
        var startDate: QueryDate?
        var endDate: QueryDate?
        var nextToken: String?
        var pageSize: Number?
    }
    struct Summary: Encodable {
        let emailAddress: String
        let reason: String
        let lastUpdateTime: Moment
    }
    struct Output: Encodable {
        let suppressedDestinationSummaries: [Summary]
        let nextToken: String?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let size = input.pageSize?.value ?? Self.maximumPage
        guard (1...Self.maximumPage).contains(size) else {
            throw ServiceError("BadRequestException", "PageSize must be 1 to \(Self.maximumPage).")
        }
        var selection = SuppressionSelection(account: caller.account)
        let reasons = try WireEnum.reasons(input.reason?.names ?? [])
        selection.reason = reasons.count == 1 ? reasons[0] : nil
        selection.from = input.startDate?.moment
        selection.to = input.endDate?.moment
        selection.after = try input.nextToken.map { try SuppressionSelection.Place(token: $0) }
        let found = try await services.suppression.list(selection, limit: size + 1)
        let page = found.prefix(size)
        return Output(
            suppressedDestinationSummaries: page.map {
                Summary(
                    emailAddress: $0.address.description, reason: $0.reason.rawValue,
                    lastUpdateTime: Moment(milliseconds: $0.updatedAt.milliseconds))
            }, nextToken: found.count > size ? page.last.map { SuppressionSelection.Place(of: $0).token } : nil)
    }
}

/// Says what puts addresses onto the account's list, and which of its entries count.
struct PutAccountSuppressionAttributes: Operation {
    static let route = Route.rest("PUT", "/v2/email/account/suppression")

    struct Input: Decodable {
        var suppressedReasons: [String]?
        var validationAttributes: SendEmail.Unsupported?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        guard input.validationAttributes == nil else { throw ServiceError.unavailable("ValidationAttributes") }
        let reasons = try WireEnum.reasons(input.suppressedReasons ?? [])
        try await services.accounts.change(operation: Self.name, by: caller) { $0.suppressedReasons = reasons }
        return Empty()
    }
}

extension Mailbox {
    fileprivate init(suppressed text: String) throws(ServiceError) {
        do {
            try self.init(parsing: text)
        } catch {
            throw ServiceError("BadRequestException", "Invalid email address <\(text.prefix(320))>: \(error).")
        }
    }
}

extension ServiceError {
    fileprivate static func notSuppressed(_ address: Mailbox) -> ServiceError {
        ServiceError(
            "NotFoundException", "Email address \(address) does not exist on your suppression list.", status: 404)
    }
}
