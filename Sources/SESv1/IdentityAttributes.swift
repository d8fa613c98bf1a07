// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Gives an identity a MAIL FROM domain of its own, or takes it away.
struct SetIdentityMailFromDomain: Operation {
    static let route = Route.query(service: "ses")

    private enum Behavior: String, CaseIterable {
        case useDefaultValue = "UseDefaultValue"
        case rejectMessage = "RejectMessage"
    }

    struct Input: Decodable {
        var identity: String
        var mailFromDomain: String?
        var behaviorOnMXFailure: String?
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let name = try IdentityName(wire: input.identity)
        let behavior = try input.behaviorOnMXFailure.map {
            try WireEnum.value($0, Behavior.self, of: "behaviorOnMXFailure")
        }
        do {
            try await services.identities.setMailFrom(
                try Self.domain(input.mailFromDomain), behavior == .rejectMessage ? .rejectMessage : .useDefaultValue,
                of: name, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(identity: error)
        }
        return Empty()
    }

    private static func domain(_ text: String?) throws(ServiceError) -> Domain? {
        guard let text, !text.isEmpty else { return nil }
        do {
            return try Domain(parsing: text)
        } catch {
            throw ServiceError("InvalidParameterValue", "Invalid MAIL FROM domain name <\(text.prefix(255))>.")
        }
    }
}

/// MAIL FROM domains of identities; names that have none are left out, as on SES.
struct GetIdentityMailFromDomainAttributes: Operation {
    static let route = Route.query(service: "ses")

    struct Attributes: Encodable {
        let mailFromDomain: String
        let mailFromDomainStatus: String
        let behaviorOnMXFailure: String

        init(_ mailFrom: MailFrom) {
            mailFromDomain = mailFrom.domain.description
            mailFromDomainStatus = mailFrom.status.v1
            behaviorOnMXFailure = mailFrom.behavior == .rejectMessage ? "RejectMessage" : "UseDefaultValue"
        }
    }
    struct Output: Encodable { let mailFromDomainAttributes: WireMap<Attributes> }

    let services: SESv1Services

    func run(
        _ input: GetIdentityVerificationAttributes.Input, as context: RequestContext
    ) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        return Output(
            mailFromDomainAttributes: try await services.attributes(of: input.identities, caller) {
                $0.mailFrom.map(Attributes.init)
            })
    }
}

/// Says whether bounces and complaints are mailed to an identity's senders.
struct SetIdentityFeedbackForwardingEnabled: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var identity: String
        var forwardingEnabled: Flag
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let name = try IdentityName(wire: input.identity)
        do {
            try await services.identities.setFeedbackForwarding(
                input.forwardingEnabled.value, of: name, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(identity: error)
        }
        return Empty()
    }
}

/// How bounces and complaints of identities are told: by mail, for there are no topics yet.
struct GetIdentityNotificationAttributes: Operation {
    static let route = Route.query(service: "ses")

    struct Attributes: Encodable {
        let forwardingEnabled: Bool
        let headersInBounceNotificationsEnabled = false
        let headersInComplaintNotificationsEnabled = false
        let headersInDeliveryNotificationsEnabled = false
    }
    struct Output: Encodable { let notificationAttributes: WireMap<Attributes> }

    let services: SESv1Services

    func run(
        _ input: GetIdentityVerificationAttributes.Input, as context: RequestContext
    ) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        return Output(
            notificationAttributes: try await services.attributes(of: input.identities, caller) {
                Attributes(forwardingEnabled: $0.feedbackForwarding)
            })
    }
}

/// DKIM of identities; names the account does not have are left out, as on SES.
struct GetIdentityDkimAttributes: Operation {
    static let route = Route.query(service: "ses")

    struct Attributes: Encodable {
        let dkimEnabled: Bool
        let dkimVerificationStatus: String
        let dkimTokens: [String]?

        init(_ identity: Identity) {
            dkimEnabled = identity.dkim?.signingEnabled ?? false
            dkimVerificationStatus = (identity.dkim?.status ?? .notStarted).v1
            dkimTokens = identity.dkim?.tokens
        }
    }
    struct Output: Encodable { let dkimAttributes: WireMap<Attributes> }

    let services: SESv1Services

    func run(
        _ input: GetIdentityVerificationAttributes.Input, as context: RequestContext
    ) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        return Output(
            dkimAttributes: try await services.attributes(of: input.identities, caller) { Attributes($0) })
    }
}

extension SESv1Services {
    /// What `body` says of each of the named identities that the account has.
    func attributes<Attributes: Encodable & Sendable>(
        of names: [String], _ caller: Caller, _ body: (Identity) -> Attributes?
    ) async throws -> WireMap<Attributes> {
        guard names.count <= 100 else {
            throw ServiceError("InvalidParameterValue", "At most 100 identities can be asked for at a time.")
        }
        var entries: [(key: String, value: Attributes)] = []
        for text in names {
            guard let name = try? IdentityName(parsing: text),
                let identity = try await identities.identity(name, in: caller.account),
                let attributes = body(identity)
            else { continue }
            entries.append((text, attributes))
        }
        return WireMap(entries)
    }
}

extension IdentityName {
    init(wire text: String) throws(ServiceError) {
        do {
            try self.init(parsing: text)
        } catch {
            throw ServiceError("InvalidParameterValue", "Invalid identity \(text.prefix(320)).")
        }
    }
}
