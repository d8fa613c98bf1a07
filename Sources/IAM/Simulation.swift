// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import PolicyLanguage

struct ContextEntry: Decodable {
    var contextKeyName: String
    var contextKeyValues: [String]?
    var contextKeyType: String?
}

struct SimulationOutput: Encodable {
    let evaluationResults: [EvaluationResult]
    let isTruncated: Bool
    let marker: String?
}

struct EvaluationResult: Encodable, Sendable {
    struct MatchedStatement: Encodable, Sendable {
        let sourcePolicyId: String
        let sourcePolicyType: String
    }
    struct Organizations: Encodable, Sendable { let allowedByOrganizations: Bool }
    struct Boundary: Encodable, Sendable { let allowedByPermissionsBoundary: Bool }

    let evalActionName: String
    let evalResourceName: String
    let evalDecision: String
    let matchedStatements: [MatchedStatement]
    let missingContextValues: [String]
    let organizationsDecisionDetail: Organizations?
    let permissionsBoundaryDecisionDetail: Boundary?
    /// Not AWS's: the paragraph that says why.
    let evalDecisionExplanation: String
}

/// What a user, group or role may do, as the doors would decide it.
struct SimulatePrincipalPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policySourceArn: String
        var policyInputList: [String]?
        var permissionsBoundaryPolicyInputList: [String]?
        var actionNames: [String]
        var resourceArns: [String]?
        var resourcePolicy: String?
        var resourceOwner: String?
        var callerArn: String?
        var contextEntries: [ContextEntry]?
        var marker: String?
        var maxItems: Number?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> SimulationOutput {
        let call = try IAMCall(Self.name, on: input.policySourceArn, access, context)
        var simulation = Simulation(actions: input.actionNames, resources: input.resourceArns)
        do {
            (simulation.policies, simulation.principal) = try access.policies(ofSource: input.policySourceArn)
        } catch {
            throw ServiceError(error)
        }
        guard simulation.principal.account == call.account.description else {
            throw ServiceError("NoSuchEntity", "The principal is not of this account.", status: 404)
        }
        simulation.policies.identity += try Simulation.parse(input.policyInputList, "PolicyInputList")
        try simulation.bound(by: input.permissionsBoundaryPolicyInputList)
        try simulation.attach(input.resourcePolicy, owner: input.resourceOwner)
        return try simulation.run(
            access.principalContext(simulation.principal), input.contextEntries, marker: input.marker,
            maxItems: input.maxItems)
    }
}

/// What a set of policies would allow.
struct SimulateCustomPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyInputList: [String]
        var permissionsBoundaryPolicyInputList: [String]?
        var actionNames: [String]
        var resourceArns: [String]?
        var resourcePolicy: String?
        var resourceOwner: String?
        var callerArn: String?
        var contextEntries: [ContextEntry]?
        var marker: String?
        var maxItems: Number?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> SimulationOutput {
        let call = try IAMCall(Self.name, access, context)
        var simulation = Simulation(actions: input.actionNames, resources: input.resourceArns)
        let arn = input.callerArn ?? "arn:aws:iam::\(call.account):user/simulation"
        simulation.principal = PolicyPrincipal(account: call.account.description, kind: .user, arn: arn)
        simulation.policies.identity = try Simulation.parse(input.policyInputList, "PolicyInputList")
        try simulation.bound(by: input.permissionsBoundaryPolicyInputList)
        try simulation.attach(input.resourcePolicy, owner: input.resourceOwner)
        return try simulation.run([:], input.contextEntries, marker: input.marker, maxItems: input.maxItems)
    }
}

/// One simulation: every action on every resource.
struct Simulation {
    var policies = PolicySet()
    var principal = PolicyPrincipal(account: "", kind: .user, arn: "")
    private let actions: [String]
    private let resources: [String]
    private var owner: String?

    init(actions: [String], resources: [String]?) {
        self.actions = actions
        self.resources = resources?.isEmpty == false ? resources ?? [] : ["*"]
    }

    static func parse(_ documents: [String]?, _ name: String, as kind: Policy.Kind = .identity) throws -> [NamedPolicy]
    {
        try (documents ?? []).enumerated().map { index, text in
            do {
                return NamedPolicy(name: "\(name).\(index + 1)", policy: try Policy(parsing: text, as: kind))
            } catch {
                throw ServiceError("InvalidInput", "\(name).\(index + 1): \(error)")
            }
        }
    }

    mutating func bound(by documents: [String]?) throws {
        if let boundary = try Self.parse(documents, "PermissionsBoundaryPolicyInputList").first {
            policies.boundary = boundary
        }
    }

    mutating func attach(_ document: String?, owner: String?) throws {
        self.owner = owner
        policies.resource = try Self.parse(document.map { [$0] }, "ResourcePolicy", as: .resource)
    }

    func run(
        _ own: [String: [String]], _ entries: [ContextEntry]?, marker: String?, maxItems: Number?
    ) throws -> SimulationOutput {
        var context = PolicyContext(own)
        context.merge(
            PolicyContext(
                Dictionary(
                    (entries ?? []).map { ($0.contextKeyName, $0.contextKeyValues ?? []) }, uniquingKeysWith: { $1 })))
        let asked = actions.flatMap { action in resources.map { (action, $0) } }
        let page = try Page(asked, marker: marker, maxItems: maxItems)
        return SimulationOutput(
            evaluationResults: page.elements.map { result($0.0, $0.1, context) }, isTruncated: page.isTruncated,
            marker: page.marker)
    }

    private func result(_ action: String, _ resource: String, _ context: PolicyContext) -> EvaluationResult {
        let fields = resource.split(separator: ":", omittingEmptySubsequences: false)
        let named = owner.flatMap {
            $0.split(separator: ":", omittingEmptySubsequences: false).dropFirst(4).first.map(String.init)
        }
        let request = PolicyRequest(
            principal: principal, action: action, resource: resource,
            resourceAccount: named ?? (fields.count > 5 && !fields[4].isEmpty ? String(fields[4]) : principal.account),
            context: context)
        let decision = policies.decide(request)
        let (word, reference): (String, StatementReference?) =
            switch decision.verdict {
            case .allowed(let reference): ("allowed", reference)
            case .explicitlyDenied(let reference): ("explicitDeny", reference)
            case .implicitlyDenied: ("implicitDeny", nil)
            }
        let missing = policies.conditionKeys.filter { context[$0].isEmpty }
        return EvaluationResult(
            evalActionName: action, evalResourceName: resource, evalDecision: word,
            matchedStatements: reference.map {
                [
                    .init(
                        sourcePolicyId: $0.policy,
                        sourcePolicyType: $0.layer == .resource ? "Resource Policy" : "IAM Policy")
                ]
            } ?? [],
            missingContextValues: missing,
            organizationsDecisionDetail: policies.organization.isEmpty
                ? nil
                : .init(
                    allowedByOrganizations: decision.verdict != .implicitlyDenied(.organization)
                        && reference?.layer != .organization),
            permissionsBoundaryDecisionDetail: policies.boundary == nil
                ? nil
                : .init(
                    allowedByPermissionsBoundary: decision.verdict != .implicitlyDenied(.boundary)
                        && reference?.layer != .boundary),
            evalDecisionExplanation: decision.explanation(of: request))
    }
}

struct ContextKeysOutput: Encodable { let contextKeyNames: [String] }

/// The condition keys that somebody's policies ask for.
struct GetContextKeysForPrincipalPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policySourceArn: String
        var policyInputList: [String]?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> ContextKeysOutput {
        _ = try IAMCall(Self.name, on: input.policySourceArn, access, context)
        do {
            var policies = try access.policies(ofSource: input.policySourceArn).0
            policies.identity += try Simulation.parse(input.policyInputList, "PolicyInputList")
            return ContextKeysOutput(contextKeyNames: policies.conditionKeys)
        } catch let failure as AccessFailure {
            throw ServiceError(failure)
        }
    }
}

/// The condition keys that a set of policies asks for.
struct GetContextKeysForCustomPolicy: Operation {
    static let route = iam

    struct Input: Decodable { var policyInputList: [String] }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> ContextKeysOutput {
        _ = try IAMCall(Self.name, access, context)
        let policies = PolicySet(identity: try Simulation.parse(input.policyInputList, "PolicyInputList"))
        return ContextKeysOutput(contextKeyNames: policies.conditionKeys)
    }
}
