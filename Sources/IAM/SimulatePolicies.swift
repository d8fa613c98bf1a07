// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import PolicyLanguage

/// What a simulation is asked, of whatever policies.
struct SimulationInput: Decodable {
    var policySourceArn: String?
    var policyInputList: [String]?
    var permissionsBoundaryPolicyInputList: [String]?
    var actionNames: [String]
    var resourceArns: [String]?
    var resourcePolicy: String?
    var resourceOwner: String?
    var callerArn: String?
    var contextEntries: [ContextEntry]?
    var resourceHandlingOption: String?
    var marker: String?
    var maxItems: Number?
}

struct ContextEntry: Decodable {
    enum Kind: String, WireWord {
        static let member = "contextKeyType"
        case string, stringList, numeric, numericList, boolean, booleanList, ip, ipList, binary, binaryList, date,
            dateList

        var isList: Bool { rawValue.hasSuffix("List") }
    }

    var contextKeyName: String
    var contextKeyValues: [String]?
    var contextKeyType: Kind?
}

struct SimulationOutput: Encodable {
    let evaluationResults: [EvaluationResult]
    let isTruncated: Bool
    let marker: String?
}

/// What a user, group or role may do, as the doors would decide it.
struct SimulatePrincipalPolicy: Operation {
    static let route = iam

    let access: AccessControl

    func run(_ input: SimulationInput, as context: RequestContext) async throws -> SimulationOutput {
        let (_, policies, principal) = try access.source(input.policySourceArn, Self.name, context)
        let isUser = Place.part(of: principal.arn).hasPrefix("user/")
        guard input.resourcePolicy == nil || input.callerArn != nil || isUser else {
            throw ServiceError("InvalidInput", "CallerArn is required where the policies' source is no user.")
        }
        var simulation = try Simulation(input, as: principal)
        simulation.policies = simulation.policies.with(policies)
        try simulation.add(input.policyInputList, boundary: input.permissionsBoundaryPolicyInputList)
        try simulation.meet(access.principalContext(simulation.principal), input.contextEntries)
        return try simulation.run(marker: input.marker, maxItems: input.maxItems)
    }
}

/// What a set of policies would allow.
struct SimulateCustomPolicy: Operation {
    static let route = iam

    let access: AccessControl

    func run(_ input: SimulationInput, as context: RequestContext) async throws -> SimulationOutput {
        let call = try IAMCall(Self.name, access, context)
        guard let documents = input.policyInputList, input.policySourceArn == nil else {
            throw ServiceError(IAMRules.violation("policyInputList", "Member must not be null"))
        }
        let account = call.account.description
        let nobody = PolicyPrincipal(account: account, kind: .user, arn: "arn:aws:iam::\(account):user/simulation")
        var simulation = try Simulation(input, as: nobody)
        try simulation.add(documents, boundary: input.permissionsBoundaryPolicyInputList)
        try simulation.meet([:], input.contextEntries)
        return try simulation.run(marker: input.marker, maxItems: input.maxItems)
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
        var (_, policies, _) = try access.source(input.policySourceArn, Self.name, context)
        policies.identity += try Simulation.parse(input.policyInputList, "PolicyInputList")
        return ContextKeysOutput(contextKeyNames: policies.conditionKeys)
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

extension AccessControl {
    /// Somebody of the caller's account with the policies in force for them, when the caller may ask.
    fileprivate func source(
        _ arn: String?, _ operation: String, _ context: RequestContext
    ) throws -> (IAMCall, PolicySet, PolicyPrincipal) {
        guard let arn else { throw ServiceError(IAMRules.violation("policySourceArn", "Member must not be null")) }
        let call = try IAMCall(operation, on: .principal(arn), self, context)
        do {
            let (policies, principal) = try policies(ofSource: call.arn)
            guard principal.account == call.account.description else {
                throw AccessFailure.noSuchEntity("The principal is not of this account.")
            }
            return (call, policies, principal)
        } catch AccessFailure.invalidInput(let why) {
            throw ServiceError("InvalidInput", why)
        } catch let failure as AccessFailure {
            throw ServiceError(failure)
        }
    }
}

extension PolicySet {
    /// Somebody's policies, with the request's own on the resource.
    fileprivate func with(_ others: PolicySet) -> PolicySet {
        var both = others
        both.resource = resource
        return both
    }
}
