// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// A page of the managed policies attached to somebody.
struct AttachedOutput: Encodable {
    let attachedPolicies: [AttachedPolicy]
    let isTruncated: Bool
    let marker: String?

    init(_ holder: some PolicyHolder, under prefix: String?, marker: String?, maxItems: Number?) throws {
        let prefix = prefix ?? "/"
        try inIAMsWords { try IAMRules.pathPrefix(prefix) }
        let wanted = holder.attached.filter { Place($0).path.hasPrefix(prefix) }
        let page = try Page(wanted, by: \.self, marker: marker, maxItems: maxItems)
        attachedPolicies = page.elements.map { AttachedPolicy($0) }
        (isTruncated, self.marker) = (page.isTruncated, page.marker)
    }
}

/// The ARN of a managed policy, which `iam:PolicyARN` will be.
private func checkedPolicy(_ arn: String) throws -> String {
    try inIAMsWords { try IAMSubject.policy(arn).validate() }
    return arn
}

/// Attaches a managed policy to a user.
struct AttachUserPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var policyArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, policy) = (input.userName, try checkedPolicy(input.policyArn))
        let call = try IAMCall(
            Self.name, on: .user(name), access, context, keys: ["iam:PolicyARN": [policy]],
            boundary: true)
        try await call.change { try $0.attach(User.self, name, policy: policy, in: call.account) }
        return Empty()
    }
}

/// Detaches a managed policy from a user.
struct DetachUserPolicy: Operation {
    static let route = iam

    let access: AccessControl

    func run(_ input: AttachUserPolicy.Input, as context: RequestContext) async throws -> Empty {
        let (name, policy) = (input.userName, try checkedPolicy(input.policyArn))
        let call = try IAMCall(
            Self.name, on: .user(name), access, context, keys: ["iam:PolicyARN": [policy]],
            boundary: true)
        try await call.change { try $0.detach(User.self, name, policy: policy, in: call.account) }
        return Empty()
    }
}

/// The managed policies of a user.
struct ListAttachedUserPolicies: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var pathPrefix: String?
        var marker: String?
        var maxItems: Number?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> AttachedOutput {
        let call = try IAMCall(Self.name, on: .user(input.userName), access, context)
        let holder = try call.read { try $0.require(User.self, input.userName, in: call.account) }
        return try AttachedOutput(
            holder, under: input.pathPrefix, marker: input.marker, maxItems: input.maxItems)
    }
}

/// Attaches a managed policy to a group.
struct AttachGroupPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var groupName: String
        var policyArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, policy) = (input.groupName, try checkedPolicy(input.policyArn))
        let call = try IAMCall(
            Self.name, on: .group(name), access, context, keys: ["iam:PolicyARN": [policy]])
        try await call.change { try $0.attach(Group.self, name, policy: policy, in: call.account) }
        return Empty()
    }
}

/// Detaches a managed policy from a group.
struct DetachGroupPolicy: Operation {
    static let route = iam

    let access: AccessControl

    func run(_ input: AttachGroupPolicy.Input, as context: RequestContext) async throws -> Empty {
        let (name, policy) = (input.groupName, try checkedPolicy(input.policyArn))
        let call = try IAMCall(
            Self.name, on: .group(name), access, context, keys: ["iam:PolicyARN": [policy]])
        try await call.change { try $0.detach(Group.self, name, policy: policy, in: call.account) }
        return Empty()
    }
}

/// The managed policies of a group.
struct ListAttachedGroupPolicies: Operation {
    static let route = iam

    struct Input: Decodable {
        var groupName: String
        var pathPrefix: String?
        var marker: String?
        var maxItems: Number?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> AttachedOutput {
        let call = try IAMCall(Self.name, on: .group(input.groupName), access, context)
        let holder = try call.read { try $0.require(Group.self, input.groupName, in: call.account) }
        return try AttachedOutput(
            holder, under: input.pathPrefix, marker: input.marker, maxItems: input.maxItems)
    }
}

/// Attaches a managed policy to a role.
struct AttachRolePolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var policyArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, policy) = (input.roleName, try checkedPolicy(input.policyArn))
        let call = try IAMCall(
            Self.name, on: .role(name), access, context, keys: ["iam:PolicyARN": [policy]],
            boundary: true)
        try await call.change { try $0.attach(Role.self, name, policy: policy, in: call.account) }
        return Empty()
    }
}

/// Detaches a managed policy from a role.
struct DetachRolePolicy: Operation {
    static let route = iam

    let access: AccessControl

    func run(_ input: AttachRolePolicy.Input, as context: RequestContext) async throws -> Empty {
        let (name, policy) = (input.roleName, try checkedPolicy(input.policyArn))
        let call = try IAMCall(
            Self.name, on: .role(name), access, context, keys: ["iam:PolicyARN": [policy]],
            boundary: true)
        try await call.change { try $0.detach(Role.self, name, policy: policy, in: call.account) }
        return Empty()
    }
}

/// The managed policies of a role.
struct ListAttachedRolePolicies: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var pathPrefix: String?
        var marker: String?
        var maxItems: Number?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> AttachedOutput {
        let call = try IAMCall(Self.name, on: .role(input.roleName), access, context)
        let holder = try call.read { try $0.require(Role.self, input.roleName, in: call.account) }
        return try AttachedOutput(
            holder, under: input.pathPrefix, marker: input.marker, maxItems: input.maxItems)
    }
}
