// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Lets others use an identity, or replaces the policy of that name.
struct PutIdentityPolicy: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var identity: String
        var policyName: String
        var policy: String
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        do {
            try await services.identities.putPolicy(
                input.policy, named: input.policyName, on: try IdentityName(policyOwner: input.identity), .either,
                operation: Self.name, by: caller)
        } catch {
            throw ServiceError(identityPolicy: error)
        }
        return Empty()
    }
}

/// Takes one of an identity's policies away; the next send feels it.
struct DeleteIdentityPolicy: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var identity: String
        var policyName: String
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        do {
            try await services.identities.deletePolicy(
                named: input.policyName, on: try IdentityName(policyOwner: input.identity), operation: Self.name,
                by: caller)
        } catch {
            throw ServiceError(identityPolicy: error)
        }
        return Empty()
    }
}

/// The names of an identity's policies.
struct ListIdentityPolicies: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable { var identity: String }
    struct Output: Encodable { let policyNames: [String] }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        return Output(policyNames: try await services.policies(of: input.identity, caller).keys.sorted())
    }
}

/// The policies asked for, without those that do not exist.
struct GetIdentityPolicies: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var identity: String
        var policyNames: [String]
    }
    struct Output: Encodable { let policies: WireMap<String> }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let policies = try await services.policies(of: input.identity, caller)
        return Output(policies: WireMap(input.policyNames.compactMap { name in policies[name].map { (name, $0) } }))
    }
}

extension SESv1Services {
    fileprivate func policies(of text: String, _ caller: Caller) async throws -> [String: String] {
        try await identities.identity(try IdentityName(policyOwner: text), in: caller.account)?.policies ?? [:]
    }
}

extension IdentityName {
    /// SES takes the name or the ARN here.
    fileprivate init(policyOwner text: String) throws(ServiceError) {
        do {
            try self.init(parsing: text.split(separator: "/", maxSplits: 1).last.map(String.init) ?? text)
        } catch {
            throw ServiceError("InvalidParameterValue", "Invalid identity <\(text.prefix(320))>.")
        }
    }
}

extension ServiceError {
    init(identityPolicy error: any Error) {
        switch error {
        case IdentityFailure.notFound(let name):
            self.init("InvalidParameterValue", "Identity <\(name)> does not exist.")
        case IdentityPolicyFailure.limitExceeded:
            self.init("LimitExceeded", "An identity can have \(IdentityDirectory.maximumPolicies) policies.")
        case IdentityPolicyFailure.invalidName(let name):
            self.init("InvalidParameterValue", "Invalid policy name <\(name.prefix(100))>.")
        case IdentityPolicyFailure.invalid(let why): self.init("InvalidPolicy", "Invalid policy: \(why)")
        default: self.init(failure: error)
        }
    }
}
