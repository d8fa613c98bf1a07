// SPDX-License-Identifier: Apache-2.0

import AWSAccess
package import AWSWire
package import Access
import Mail

private let controlType = "SERVICE_CONTROL_POLICY"

private func requireControlType(_ type: String?) throws {
    guard type == nil || type == controlType else {
        throw ServiceError("InvalidInputException", "INVALID_ENUM_POLICY_TYPE: only \(controlType) is known here.")
    }
}

struct PolicySummary: Encodable, Sendable {
    let id: String
    let arn: String
    let name: String
    let description: String
    let type = "SERVICE_CONTROL_POLICY"
    let awsManaged: Bool

    init(_ policy: ServiceControlPolicy, _ organization: Organization) {
        id = policy.id
        awsManaged = policy.id == AccessDirectory.fullAccessPolicy
        arn =
            awsManaged
            ? "arn:aws:organizations::aws:policy/service_control_policy/\(policy.id)"
            : "arn:aws:organizations::\(policy.account):policy/\(organization.id)/service_control_policy/\(policy.id)"
        name = policy.name
        description = policy.description
    }
}

struct PolicyOutput: Encodable {
    let policySummary: PolicySummary
    let content: String

    init(_ policy: ServiceControlPolicy, _ organization: Organization) {
        policySummary = PolicySummary(policy, organization)
        content = policy.document
    }
}

struct PolicyEnvelope: Encodable { let policy: PolicyOutput }

/// Makes a service control policy.
struct CreatePolicy: Operation {
    static let route = organizations

    struct Input: Decodable {
        var content: String
        var description: String
        var name: String
        var type: String
        var tags: [WireTag]?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> PolicyEnvelope {
        let call = try OrganizationsCall(Self.name, access, context)
        try requireControlType(input.type)
        let (name, description, content) = (input.name, input.description, input.content)
        let tags = (input.tags ?? []).map { Tag(key: $0.key, value: $0.value) }
        let policy = try await call.change(name) { state in
            try state.createServiceControlPolicy(
                name: name, description: description, document: content, tags: tags, management: call.management,
                random: call.random)
        }
        return PolicyEnvelope(policy: PolicyOutput(policy, try call.organization))
    }
}

/// Changes a service control policy; every account feels it with the next request.
struct UpdatePolicy: Operation {
    static let route = organizations

    struct Input: Decodable {
        var policyId: String
        var name: String?
        var description: String?
        var content: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> PolicyEnvelope {
        let call = try OrganizationsCall(Self.name, access, context)
        try call.requireOwn(input.policyId)
        let (id, name, description, content) = (input.policyId, input.name, input.description, input.content)
        let policy = try await call.change(id) { state in
            var policy = try state.requireControlPolicy(id, call.management)
            if let content {
                try AccessState.requireControl(content)
                policy.document = content
            }
            policy.name = name ?? policy.name
            policy.description = description ?? policy.description
            state.put(policy)
            return policy
        }
        return PolicyEnvelope(policy: PolicyOutput(policy, try call.organization))
    }
}

/// Deletes a service control policy that is attached to nothing.
struct DeletePolicy: Operation {
    static let route = organizations

    struct Input: Decodable { var policyId: String }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try OrganizationsCall(Self.name, access, context)
        try call.requireOwn(input.policyId)
        let id = input.policyId
        try await call.change(id) { state in
            let policy = try state.requireControlPolicy(id, call.management)
            guard policy.targets.isEmpty else {
                throw AccessFailure.deleteConflict("The policy is attached to one or more entities: detach it first.")
            }
            state.remove(policy)
        }
        return Empty()
    }
}

extension OrganizationsCall {
    fileprivate func requireOwn(_ id: String) throws {
        guard id != AccessDirectory.fullAccessPolicy else {
            throw ServiceError("PolicyChangesInProgressException", "AWS managed policies cannot be changed.")
        }
        _ = try policy(id)
    }
}

/// One service control policy with its document.
struct DescribePolicy: Operation {
    static let route = organizations

    struct Input: Decodable { var policyId: String }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> PolicyEnvelope {
        let call = try OrganizationsCall(Self.name, access, context)
        return PolicyEnvelope(policy: PolicyOutput(try call.policy(input.policyId), try call.organization))
    }
}

struct PoliciesOutput: Encodable {
    let policies: [PolicySummary]
    let nextToken: String?
}

/// The organisation's policies.
struct ListPolicies: Operation {
    static let route = organizations

    struct Input: Decodable {
        var filter: String
        var nextToken: String?
        var maxResults: Int?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> PoliciesOutput {
        let call = try OrganizationsCall(Self.name, access, context)
        try requireControlType(input.filter)
        let page = try Page(
            call.state.all(ServiceControlPolicy.self, in: call.management), token: input.nextToken,
            size: input.maxResults)
        let organization = try call.organization
        return PoliciesOutput(
            policies: page.elements.map { PolicySummary($0, organization) }, nextToken: page.nextToken)
    }
}

/// The policies attached to the root or to an account.
struct ListPoliciesForTarget: Operation {
    static let route = organizations

    struct Input: Decodable {
        var targetId: String
        var filter: String
        var nextToken: String?
        var maxResults: Int?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> PoliciesOutput {
        let call = try OrganizationsCall(Self.name, access, context)
        try requireControlType(input.filter)
        try call.requireTarget(input.targetId)
        let attached = call.state.all(ServiceControlPolicy.self, in: call.management).filter {
            $0.targets.contains(input.targetId)
        }
        let page = try Page(attached, token: input.nextToken, size: input.maxResults)
        let organization = try call.organization
        return PoliciesOutput(
            policies: page.elements.map { PolicySummary($0, organization) }, nextToken: page.nextToken)
    }
}

/// Attaches a policy to the root or to an account.
struct AttachPolicy: Operation {
    static let route = organizations

    struct Input: Decodable {
        var policyId: String
        var targetId: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try OrganizationsCall(Self.name, access, context)
        _ = try call.policy(input.policyId)
        try call.requireTarget(input.targetId)
        let (id, target) = (input.policyId, input.targetId)
        guard try !call.policy(id).targets.contains(target) else {
            throw ServiceError(
                "DuplicatePolicyAttachmentException", "The selected policy is already attached to the specified target."
            )
        }
        try await call.change(id) { state in
            var policy = try state.requireControlPolicy(id, call.management)
            let attached = state.all(ServiceControlPolicy.self, in: call.management).count {
                $0.targets.contains(target)
            }
            guard attached < 5 else {
                throw AccessFailure.limitExceeded("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED: 5")
            }
            policy.targets.append(target)
            state.put(policy)
        }
        return Empty()
    }
}

/// Detaches a policy; the last one must stay, for without any nothing is allowed.
struct DetachPolicy: Operation {
    static let route = organizations

    let access: AccessControl

    func run(_ input: AttachPolicy.Input, as context: RequestContext) async throws -> Empty {
        let call = try OrganizationsCall(Self.name, access, context)
        try call.requireTarget(input.targetId)
        let (id, target) = (input.policyId, input.targetId)
        guard try call.policy(id).targets.contains(target) else {
            throw ServiceError("PolicyNotAttachedException", "The policy isn't attached to the specified target.")
        }
        try await call.change(id) { state in
            var policy = try state.requireControlPolicy(id, call.management)
            let attached = state.all(ServiceControlPolicy.self, in: call.management).count {
                $0.targets.contains(target)
            }
            guard attached > 1 else { throw AccessFailure.limitExceeded("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED") }
            policy.targets.removeAll { $0 == target }
            state.put(policy)
        }
        return Empty()
    }
}

/// What a policy is attached to.
struct ListTargetsForPolicy: Operation {
    static let route = organizations

    struct Input: Decodable {
        var policyId: String
        var nextToken: String?
        var maxResults: Int?
    }
    struct Target: Encodable, Sendable {
        let targetId: String
        let arn: String
        let name: String
        let type: String
    }
    struct Output: Encodable {
        let targets: [Target]
        let nextToken: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try OrganizationsCall(Self.name, access, context)
        let organization = try call.organization
        let page = try Page(try call.policy(input.policyId).targets, token: input.nextToken, size: input.maxResults)
        let targets = try page.elements.map { id -> Target in
            guard let account = AccountID(id) else {
                let arn = "arn:aws:organizations::\(call.management):root/\(organization.id)/\(id)"
                return Target(targetId: id, arn: arn, name: "Root", type: "ROOT")
            }
            let name = call.state.find(MemberAccount.self, id, in: call.management)?.name ?? id
            return Target(targetId: id, arn: try call.arn(of: account), name: name, type: "ACCOUNT")
        }
        return Output(targets: targets, nextToken: page.nextToken)
    }
}

/// AWS Organizations, 2016-11-28.
package enum OrganizationsCatalogue {
    package static func make(_ access: AccessControl) -> ServiceCatalogue {
        var catalogue = ServiceCatalogue(.json(version: "1.1"))
        catalogue.add(CreateAccount(access: access))
        catalogue.add(DescribeCreateAccountStatus(access: access))
        catalogue.add(ListAccounts(access: access))
        catalogue.add(DescribeAccount(access: access))
        catalogue.add(DescribeOrganization(access: access))
        catalogue.add(ListRoots(access: access))
        catalogue.add(CreatePolicy(access: access))
        catalogue.add(UpdatePolicy(access: access))
        catalogue.add(DeletePolicy(access: access))
        catalogue.add(DescribePolicy(access: access))
        catalogue.add(ListPolicies(access: access))
        catalogue.add(ListPoliciesForTarget(access: access))
        catalogue.add(AttachPolicy(access: access))
        catalogue.add(DetachPolicy(access: access))
        catalogue.add(ListTargetsForPolicy(access: access))
        return catalogue
    }
}
