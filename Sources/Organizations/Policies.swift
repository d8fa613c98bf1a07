// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// - Throws: for any type of policies but the one that is known here.
func requireControlType(_ type: String?, _ member: String) throws {
    guard try required(type, member) == controlPolicyType else {
        throw ServiceError.invalid("INVALID_ENUM_POLICY_TYPE", "only \(controlPolicyType) is known here.")
    }
}

struct PolicySummary: Encodable, Sendable {
    let id: String
    let arn: String
    let name: String
    let description: String
    let type = controlPolicyType
    let awsManaged: Bool

    init(_ policy: ServiceControlPolicy, _ call: OrganizationsCall) {
        id = policy.id
        awsManaged = policy.id == AccessDirectory.fullAccessPolicy
        arn = OrganizationsSubject.policy(policy.id).target(in: call.state, call.management).arn
        name = policy.name
        description = policy.description
    }
}

struct PolicyOutput: Encodable {
    let policySummary: PolicySummary
    let content: String
}

struct PolicyEnvelope: Encodable {
    let policy: PolicyOutput

    init(_ policy: ServiceControlPolicy, _ call: OrganizationsCall) {
        self.policy = PolicyOutput(policySummary: PolicySummary(policy, call), content: policy.document)
    }
}

/// Makes a service control policy.
struct CreatePolicy: Operation {
    static let route = organizations

    struct Input: Decodable {
        var content: String?
        var description: String?
        var name: String?
        var type: String?
        var tags: [WireTag]?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> PolicyEnvelope {
        try requireControlType(input.type, "TYPE")
        let (name, content) = (try required(input.name, "NAME"), try required(input.content, "CONTENT"))
        let (description, tags) = (try required(input.description, "DESCRIPTION"), try input.tags.checked)
        let keys = tags.keys.merging(controlPolicyKeys) { $1 }
        let call = try OrganizationsCall(Self.name, access, context, keys: keys)
        let policy = try await call.change(name) { state in
            try state.createServiceControlPolicy(
                name: name, description: description, document: content, tags: tags, management: call.management,
                random: call.random)
        }
        return PolicyEnvelope(policy, call)
    }
}

/// Changes a service control policy; every account feels it with the next request.
struct UpdatePolicy: Operation {
    static let route = organizations

    struct Input: Decodable {
        var policyId: String?
        var name: String?
        var description: String?
        var content: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> PolicyEnvelope {
        let id = try required(input.policyId, "POLICY_ID")
        let call = try OrganizationsCall(Self.name, on: [.policy(id)], access, context)
        try requireOwn(id)
        let (name, description, content) = (input.name, input.description, input.content)
        let policy = try await call.change { state in
            try state.updateServiceControlPolicy(
                id, name: name, description: description, document: content, management: call.management)
        }
        return PolicyEnvelope(policy, call)
    }
}

/// Deletes a service control policy that is attached to nothing.
struct DeletePolicy: Operation {
    static let route = organizations

    struct Input: Decodable { var policyId: String? }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let id = try required(input.policyId, "POLICY_ID")
        let call = try OrganizationsCall(Self.name, on: [.policy(id)], access, context)
        try requireOwn(id)
        try await call.change { state in
            let policy = try state.requireControlPolicy(id, call.management)
            guard policy.targets.isEmpty else {
                throw AccessFailure.deleteConflict("The policy is attached to one or more entities: detach it first.")
            }
            state.remove(policy)
        }
        return Empty()
    }
}

private func requireOwn(_ id: String) throws {
    guard id != AccessDirectory.fullAccessPolicy else {
        throw ServiceError.invalid(
            "IMMUTABLE_POLICY", "you specified a policy that is managed by AWS and can't be modified.")
    }
}

/// One service control policy with its document.
struct DescribePolicy: Operation {
    static let route = organizations

    struct Input: Decodable { var policyId: String? }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> PolicyEnvelope {
        let id = try required(input.policyId, "POLICY_ID")
        let call = try OrganizationsCall(Self.name, on: [.policy(id)], access, context)
        return PolicyEnvelope(try call.policy(id), call)
    }
}

struct PoliciesOutput: Encodable {
    let policies: [PolicySummary]
    let nextToken: String?

    init(_ policies: [ServiceControlPolicy], _ call: OrganizationsCall, token: String?, size: Int?) throws {
        let page = try Page(policies, by: \.id, token: token, size: size)
        self.policies = page.elements.map { PolicySummary($0, call) }
        nextToken = page.nextToken
    }
}

/// The organisation's policies.
struct ListPolicies: Operation {
    static let route = organizations

    struct Input: Decodable {
        var filter: String?
        var nextToken: String?
        var maxResults: Int?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> PoliciesOutput {
        try requireControlType(input.filter, "FILTER")
        let call = try OrganizationsCall(Self.name, access, context, keys: controlPolicyKeys)
        return try PoliciesOutput(
            call.state.all(ServiceControlPolicy.self, in: call.management), call, token: input.nextToken,
            size: input.maxResults)
    }
}
