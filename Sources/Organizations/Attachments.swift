// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Policies that one root or account may have attached.
private let maximumAttachments = 5

extension AccessState {
    fileprivate func attachments(to target: String, _ management: AccountID) -> [ServiceControlPolicy] {
        all(ServiceControlPolicy.self, in: management) { $0.targets.contains(target) }
    }
}

/// Attaches a policy to the root or to an account.
struct AttachPolicy: Operation {
    static let route = organizations

    struct Input: Decodable {
        var policyId: String?
        var targetId: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (id, target) = (try required(input.policyId, "POLICY_ID"), try required(input.targetId, "TARGET_ID"))
        let call = try OrganizationsCall(
            Self.name, on: [.policy(id), .target(target)], access, context, keys: controlPolicyKeys)
        try await call.change { state in
            var policy = try state.requireControlPolicy(id, call.management)
            try state.requireTarget(target, call.management)
            guard !policy.targets.contains(target) else {
                throw ServiceError(
                    "DuplicatePolicyAttachmentException",
                    "The selected policy is already attached to the specified target.")
            }
            guard state.attachments(to: target, call.management).count < maximumAttachments else {
                throw AccessFailure.limitExceeded(
                    "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED: \(maximumAttachments) policies at most.")
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
        let (id, target) = (try required(input.policyId, "POLICY_ID"), try required(input.targetId, "TARGET_ID"))
        let call = try OrganizationsCall(
            Self.name, on: [.policy(id), .target(target)], access, context, keys: controlPolicyKeys)
        try await call.change { state in
            var policy = try state.requireControlPolicy(id, call.management)
            try state.requireTarget(target, call.management)
            guard policy.targets.contains(target) else {
                throw ServiceError(
                    "PolicyNotAttachedException", "The policy isn't attached to the specified target.")
            }
            guard state.attachments(to: target, call.management).count > 1 else {
                throw AccessFailure.limitExceeded("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED: the last one must stay.")
            }
            policy.targets.removeAll { $0 == target }
            state.put(policy)
        }
        return Empty()
    }
}

/// The policies attached to the root or to an account.
struct ListPoliciesForTarget: Operation {
    static let route = organizations

    struct Input: Decodable {
        var targetId: String?
        var filter: String?
        var nextToken: String?
        var maxResults: Int?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> PoliciesOutput {
        let target = try required(input.targetId, "TARGET_ID")
        try requireControlType(input.filter, "FILTER")
        let call = try OrganizationsCall(
            Self.name, on: [.target(target)], access, context, keys: controlPolicyKeys)
        try call.state.requireTarget(target, call.management)
        return try PoliciesOutput(
            call.state.attachments(to: target, call.management), call, token: input.nextToken, size: input.maxResults)
    }
}

/// What a policy is attached to.
struct ListTargetsForPolicy: Operation {
    static let route = organizations

    struct Input: Decodable {
        var policyId: String?
        var nextToken: String?
        var maxResults: Int?
    }
    struct Target: Encodable, Sendable {
        let targetId: String
        let arn: String
        let name: String
        let type: String

        init(_ id: String, _ call: OrganizationsCall) {
            let account = call.state.find(MemberAccount.self, id, in: call.management)
            targetId = id
            arn = OrganizationsSubject.target(id).target(in: call.state, call.management).arn
            (name, type) = (account?.name ?? "Root", account == nil ? "ROOT" : "ACCOUNT")
        }
    }
    struct Output: Encodable {
        let targets: [Target]
        let nextToken: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let id = try required(input.policyId, "POLICY_ID")
        let call = try OrganizationsCall(Self.name, on: [.policy(id)], access, context)
        let page = try Page(
            try call.policy(id).targets, by: \.self, token: input.nextToken, size: input.maxResults)
        return Output(targets: page.elements.map { Target($0, call) }, nextToken: page.nextToken)
    }
}
