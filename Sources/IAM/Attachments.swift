// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Attaches a managed policy to a user.
struct AttachUserPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var policyArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(
            Self.name, on: try access.part("user", input.userName, context), access, context,
            keys: ["iam:PolicyARN": [input.policyArn]])
        let (name, policy) = (input.userName, input.policyArn)
        try await call.change { try $0.attach(User.self, name, policy: policy, in: call.account) }
        return Empty()
    }
}

/// Detaches a managed policy from a user.
struct DetachUserPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var policyArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(
            Self.name, on: try access.part("user", input.userName, context), access, context,
            keys: ["iam:PolicyARN": [input.policyArn]])
        let (name, policy) = (input.userName, input.policyArn)
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
    struct Output: Encodable {
        let attachedPolicies: [AttachedPolicy]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: try access.part("user", input.userName, context), access, context)
        let holder = try call.read { try $0.require(User.self, input.userName, in: call.account) }
        let page = try Page(holder.attached, marker: input.marker, maxItems: input.maxItems)
        return Output(
            attachedPolicies: page.elements.map { AttachedPolicy($0) }, isTruncated: page.isTruncated,
            marker: page.marker)
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
        let call = try IAMCall(
            Self.name, on: try access.part("group", input.groupName, context), access, context,
            keys: ["iam:PolicyARN": [input.policyArn]])
        let (name, policy) = (input.groupName, input.policyArn)
        try await call.change { try $0.attach(Group.self, name, policy: policy, in: call.account) }
        return Empty()
    }
}

/// Detaches a managed policy from a group.
struct DetachGroupPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var groupName: String
        var policyArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(
            Self.name, on: try access.part("group", input.groupName, context), access, context,
            keys: ["iam:PolicyARN": [input.policyArn]])
        let (name, policy) = (input.groupName, input.policyArn)
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
    struct Output: Encodable {
        let attachedPolicies: [AttachedPolicy]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: try access.part("group", input.groupName, context), access, context)
        let holder = try call.read { try $0.require(Group.self, input.groupName, in: call.account) }
        let page = try Page(holder.attached, marker: input.marker, maxItems: input.maxItems)
        return Output(
            attachedPolicies: page.elements.map { AttachedPolicy($0) }, isTruncated: page.isTruncated,
            marker: page.marker)
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
        let call = try IAMCall(
            Self.name, on: try access.part("role", input.roleName, context), access, context,
            keys: ["iam:PolicyARN": [input.policyArn]])
        let (name, policy) = (input.roleName, input.policyArn)
        try await call.change { try $0.attach(Role.self, name, policy: policy, in: call.account) }
        return Empty()
    }
}

/// Detaches a managed policy from a role.
struct DetachRolePolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var policyArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(
            Self.name, on: try access.part("role", input.roleName, context), access, context,
            keys: ["iam:PolicyARN": [input.policyArn]])
        let (name, policy) = (input.roleName, input.policyArn)
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
    struct Output: Encodable {
        let attachedPolicies: [AttachedPolicy]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: try access.part("role", input.roleName, context), access, context)
        let holder = try call.read { try $0.require(Role.self, input.roleName, in: call.account) }
        let page = try Page(holder.attached, marker: input.marker, maxItems: input.maxItems)
        return Output(
            attachedPolicies: page.elements.map { AttachedPolicy($0) }, isTruncated: page.isTruncated,
            marker: page.marker)
    }
}

/// Bounds what policies can grant a user.
struct PutUserPermissionsBoundary: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var permissionsBoundary: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(
            Self.name, on: try access.part("user", input.userName, context), access, context,
            keys: ["iam:PermissionsBoundary": [input.permissionsBoundary]])
        let (name, boundary) = (input.userName, input.permissionsBoundary)
        try await call.change { try $0.setBoundary(User.self, name, boundary, in: call.account) }
        return Empty()
    }
}

/// Takes a user's boundary away.
struct DeleteUserPermissionsBoundary: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: try access.part("user", input.userName, context), access, context)
        let name = input.userName
        try await call.change { try $0.setBoundary(User.self, name, nil, in: call.account) }
        return Empty()
    }
}

/// Bounds what policies can grant a role.
struct PutRolePermissionsBoundary: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var permissionsBoundary: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(
            Self.name, on: try access.part("role", input.roleName, context), access, context,
            keys: ["iam:PermissionsBoundary": [input.permissionsBoundary]])
        let (name, boundary) = (input.roleName, input.permissionsBoundary)
        try await call.change { try $0.setBoundary(Role.self, name, boundary, in: call.account) }
        return Empty()
    }
}

/// Takes a role's boundary away.
struct DeleteRolePermissionsBoundary: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: try access.part("role", input.roleName, context), access, context)
        let name = input.roleName
        try await call.change { try $0.setBoundary(Role.self, name, nil, in: call.account) }
        return Empty()
    }
}
