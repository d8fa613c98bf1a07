// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import PolicyLanguage

/// One decision with its reasons, as the doors would make it.
struct ExplainAccess: Operation {
    static let route = Route.json(prefix: "Postern")

    struct Input: Decodable {
        /// A user or role; a group for its policies alone.
        var principal: String
        var action: String
        var resource: String?
        var context: [ContextValue]?
    }
    struct ContextValue: Decodable {
        var key: String
        var values: [String]
    }
    struct Output: Encodable {
        let decision: String
        let explanation: String
        let statement: String?
        let policy: String?
        let missingKeys: [String]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        try access.require("postern:ExplainAccess", as: try Caller(context), code: "AccessDeniedException")
        let (policies, principal) = try access.source(input.principal)
        var keys = PolicyContext(access.principalContext(principal))
        for value in input.context ?? [] { keys[value.key] = value.values }
        let request = PolicyRequest(
            principal: principal, action: input.action, resource: input.resource ?? "*",
            resourceAccount: principal.account, context: keys)
        let decision = policies.decide(request)
        let (word, reference): (String, StatementReference?) =
            switch decision.verdict {
            case .allowed(let reference): ("allowed", reference)
            case .explicitlyDenied(let reference): ("explicitDeny", reference)
            case .implicitlyDenied: ("implicitDeny", nil)
            }
        return Output(
            decision: word, explanation: decision.explanation(of: request), statement: reference?.statement.name,
            policy: reference?.policy, missingKeys: decision.missingKeys)
    }
}

/// Whether any send that somebody's policies allow breaks a property.
struct ProveAccess: Operation {
    static let route = Route.json(prefix: "Postern")

    struct Input: Decodable {
        var principal: String
        var recipients: [String]?
        var senders: [String]?
        var sources: [String]?
        var tls: Bool?
        var mfa: Bool?
        /// Whether Postern's own checks of addresses count; true where nothing is said.
        var guarded: Bool?
    }
    struct Output: Encodable {
        let verdict: String
        let demand: String?
        let action: String?
        let resource: String?
        let context: WireMap<[String]>?
        let statement: String?
        let policy: String?
        let reason: String?

        init(_ proof: Proof) {
            var request: PolicyRequest?
            var reference: StatementReference?
            switch proof {
            case .holds: (verdict, demand, reason) = ("holds", nil, nil)
            case .undecided(let why): (verdict, demand, reason) = ("undecided", nil, why)
            case .broken(let what, let found, let by):
                (verdict, demand, reason) = ("broken", what, nil)
                (request, reference) = (found, by)
            }
            action = request?.action
            resource = request?.resource
            context = request.map { request in WireMap(request.context.names.map { ($0, request.context[$0]) }) }
            statement = reference?.statement.name
            policy = reference?.policy
        }
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        try access.require("postern:ProveAccess", as: try Caller(context), code: "AccessDeniedException")
        let (policies, principal) = try access.source(input.principal)
        var property = SendProperty()
        property.recipients = input.recipients
        property.senders = input.senders
        property.sources = input.sources
        property.requiresTLS = input.tls ?? false
        property.requiresMFA = input.mfa ?? false
        let prover = Prover(
            policies, principal: principal, known: PolicyContext(access.principalContext(principal)),
            guarded: input.guarded ?? true)
        // Pure computing, which others need not wait for.
        return await Task.detached(priority: .utility) { Output(prover.prove(property)) }.value
    }
}

extension AccessControl {
    fileprivate func source(_ arn: String) throws -> (PolicySet, PolicyPrincipal) {
        do {
            return try policies(ofSource: arn)
        } catch {
            throw ServiceError(
                "NotFoundException", "No user, role or group has the ARN \(arn.prefix(300)).", status: 404)
        }
    }
}
