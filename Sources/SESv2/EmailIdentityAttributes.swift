// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Gives an identity a MAIL FROM domain of its own, or takes it away.
struct PutEmailIdentityMailFromAttributes: Operation {
    static let route = Route.rest("PUT", "/v2/email/identities/{EmailIdentity}/mail-from")

    struct Input: Decodable {
        var emailIdentity: String
        var mailFromDomain: String?
        var behaviorOnMxFailure: String?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let identity = try await services.identity(input.emailIdentity, Self.name, caller)
        let behavior: MailFrom.Behavior? = try WireEnum.value(input.behaviorOnMxFailure, of: "behaviorOnMxFailure")
        do {
            try await services.identities.setMailFrom(
                try Self.domain(input.mailFromDomain), behavior ?? .useDefaultValue, of: identity.name,
                operation: Self.name, by: caller)
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
            throw ServiceError("BadRequestException", "Invalid MAIL FROM domain name <\(text.prefix(255))>.")
        }
    }
}

/// Says whether bounces and complaints are mailed to an identity's senders.
struct PutEmailIdentityFeedbackAttributes: Operation {
    static let route = Route.rest("PUT", "/v2/email/identities/{EmailIdentity}/feedback")

    struct Input: Decodable {
        var emailIdentity: String
        var emailForwardingEnabled: Flag?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let identity = try await services.identity(input.emailIdentity, Self.name, caller)
        do {
            try await services.identities.setFeedbackForwarding(
                input.emailForwardingEnabled?.value ?? false, of: identity.name, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(identity: error)
        }
        return Empty()
    }
}

/// Turns signing with an identity's own key on or off.
struct PutEmailIdentityDkimAttributes: Operation {
    static let route = Route.rest("PUT", "/v2/email/identities/{EmailIdentity}/dkim")

    struct Input: Decodable {
        var emailIdentity: String
        var signingEnabled: Flag?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let identity = try await services.identity(input.emailIdentity, Self.name, caller)
        guard identity.dkim != nil else {
            throw ServiceError("BadRequestException", "Domain \(identity.name) is not verified for DKIM signing.")
        }
        do {
            try await services.identities.setSigning(
                input.signingEnabled?.value ?? false, of: identity.name, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(identity: error)
        }
        return Empty()
    }
}
