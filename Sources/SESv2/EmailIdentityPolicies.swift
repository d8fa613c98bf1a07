// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Lets others use an identity.
struct CreateEmailIdentityPolicy: Operation {
    static let route = Route.rest("POST", "/v2/email/identities/{EmailIdentity}/policies/{PolicyName}")

    struct Input: Decodable {
        var emailIdentity: String
        var policyName: String
        var policy: String
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        try await services.putPolicy(input, .new, Self.name, try Caller(context))
    }
}

/// Replaces one of an identity's policies.
struct UpdateEmailIdentityPolicy: Operation {
    static let route = Route.rest("PUT", "/v2/email/identities/{EmailIdentity}/policies/{PolicyName}")

    let services: SESv2Services

    func run(_ input: CreateEmailIdentityPolicy.Input, as context: RequestContext) async throws -> Empty {
        try await services.putPolicy(input, .existing, Self.name, try Caller(context))
    }
}

/// Takes one of an identity's policies away; the next send feels it.
struct DeleteEmailIdentityPolicy: Operation {
    static let route = Route.rest("DELETE", "/v2/email/identities/{EmailIdentity}/policies/{PolicyName}")

    struct Input: Decodable {
        var emailIdentity: String
        var policyName: String
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let name = try await services.identity(input.emailIdentity, Self.name, caller).name
        do {
            try await services.identities.deletePolicy(
                named: input.policyName, on: name, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(identityPolicy: error)
        }
        return Empty()
    }
}

/// All policies of an identity.
struct GetEmailIdentityPolicies: Operation {
    static let route = Route.rest("GET", "/v2/email/identities/{EmailIdentity}/policies")

    struct Input: Decodable { var emailIdentity: String }
    struct Output: Encodable { let policies: WireMap<String> }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        let identity = try await services.identity(input.emailIdentity, Self.name, caller)
        return Output(policies: WireMap(identity.policies.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
    }
}

extension SESv2Services {
    func putPolicy(
        _ input: CreateEmailIdentityPolicy.Input, _ putting: IdentityDirectory.Putting, _ operation: String,
        _ caller: Caller
    ) async throws -> Empty {
        let name = try await identity(input.emailIdentity, operation, caller).name
        do {
            try await identities.putPolicy(
                input.policy, named: input.policyName, on: name, putting, operation: operation, by: caller)
        } catch {
            throw ServiceError(identityPolicy: error)
        }
        return Empty()
    }
}

extension ServiceError {
    init(identityPolicy error: any Error) {
        switch error {
        case IdentityPolicyFailure.alreadyExists(let name):
            self.init("AlreadyExistsException", "Policy <\(name)> already exists.")
        case IdentityPolicyFailure.notFound(let name):
            self.init("NotFoundException", "Policy <\(name)> does not exist.", status: 404)
        case IdentityPolicyFailure.limitExceeded:
            self.init("LimitExceededException", "An identity can have \(IdentityDirectory.maximumPolicies) policies.")
        case IdentityPolicyFailure.invalidName(let name):
            self.init("BadRequestException", "Invalid policy name <\(name.prefix(100))>.")
        case IdentityPolicyFailure.invalid(let why): self.init("BadRequestException", "Invalid policy: \(why)")
        default: self.init(identity: error)
        }
    }
}
