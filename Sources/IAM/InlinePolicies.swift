// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Writes one of a user's own policies.
struct PutUserPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var policyName: String
        var policyDocument: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: try access.part("user", input.userName, context), access, context)
        let (name, policy, document) = (input.userName, input.policyName, input.policyDocument)
        try await call.change {
            try $0.putInline(User.self, name, policy: policy, document: document, in: call.account)
        }
        return Empty()
    }
}

/// One of a user's own policies.
struct GetUserPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var policyName: String
    }
    struct Output: Encodable {
        let userName: String
        let policyName: String
        let policyDocument: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: try access.part("user", input.userName, context), access, context)
        let document = try call.read {
            try $0.inline(User.self, input.userName, policy: input.policyName, in: call.account)
        }
        return Output(userName: input.userName, policyName: input.policyName, policyDocument: encoded(document))
    }
}

/// Deletes one of a user's own policies.
struct DeleteUserPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var policyName: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: try access.part("user", input.userName, context), access, context)
        let (name, policy) = (input.userName, input.policyName)
        try await call.change { try $0.deleteInline(User.self, name, policy: policy, in: call.account) }
        return Empty()
    }
}

/// The names of a user's own policies.
struct ListUserPolicies: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let policyNames: [String]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: try access.part("user", input.userName, context), access, context)
        let holder = try call.read { try $0.require(User.self, input.userName, in: call.account) }
        let page = try Page(holder.inline.keys.sorted(), marker: input.marker, maxItems: input.maxItems)
        return Output(policyNames: page.elements, isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// Writes one of a group's own policies.
struct PutGroupPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var groupName: String
        var policyName: String
        var policyDocument: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: try access.part("group", input.groupName, context), access, context)
        let (name, policy, document) = (input.groupName, input.policyName, input.policyDocument)
        try await call.change {
            try $0.putInline(Group.self, name, policy: policy, document: document, in: call.account)
        }
        return Empty()
    }
}

/// One of a group's own policies.
struct GetGroupPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var groupName: String
        var policyName: String
    }
    struct Output: Encodable {
        let groupName: String
        let policyName: String
        let policyDocument: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: try access.part("group", input.groupName, context), access, context)
        let document = try call.read {
            try $0.inline(Group.self, input.groupName, policy: input.policyName, in: call.account)
        }
        return Output(groupName: input.groupName, policyName: input.policyName, policyDocument: encoded(document))
    }
}

/// Deletes one of a group's own policies.
struct DeleteGroupPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var groupName: String
        var policyName: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: try access.part("group", input.groupName, context), access, context)
        let (name, policy) = (input.groupName, input.policyName)
        try await call.change { try $0.deleteInline(Group.self, name, policy: policy, in: call.account) }
        return Empty()
    }
}

/// The names of a group's own policies.
struct ListGroupPolicies: Operation {
    static let route = iam

    struct Input: Decodable {
        var groupName: String
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let policyNames: [String]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: try access.part("group", input.groupName, context), access, context)
        let holder = try call.read { try $0.require(Group.self, input.groupName, in: call.account) }
        let page = try Page(holder.inline.keys.sorted(), marker: input.marker, maxItems: input.maxItems)
        return Output(policyNames: page.elements, isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// Writes one of a role's own policies.
struct PutRolePolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var policyName: String
        var policyDocument: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: try access.part("role", input.roleName, context), access, context)
        let (name, policy, document) = (input.roleName, input.policyName, input.policyDocument)
        try await call.change {
            try $0.putInline(Role.self, name, policy: policy, document: document, in: call.account)
        }
        return Empty()
    }
}

/// One of a role's own policies.
struct GetRolePolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var policyName: String
    }
    struct Output: Encodable {
        let roleName: String
        let policyName: String
        let policyDocument: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: try access.part("role", input.roleName, context), access, context)
        let document = try call.read {
            try $0.inline(Role.self, input.roleName, policy: input.policyName, in: call.account)
        }
        return Output(roleName: input.roleName, policyName: input.policyName, policyDocument: encoded(document))
    }
}

/// Deletes one of a role's own policies.
struct DeleteRolePolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var policyName: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: try access.part("role", input.roleName, context), access, context)
        let (name, policy) = (input.roleName, input.policyName)
        try await call.change { try $0.deleteInline(Role.self, name, policy: policy, in: call.account) }
        return Empty()
    }
}

/// The names of a role's own policies.
struct ListRolePolicies: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let policyNames: [String]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: try access.part("role", input.roleName, context), access, context)
        let holder = try call.read { try $0.require(Role.self, input.roleName, in: call.account) }
        let page = try Page(holder.inline.keys.sorted(), marker: input.marker, maxItems: input.maxItems)
        return Output(policyNames: page.elements, isTruncated: page.isTruncated, marker: page.marker)
    }
}
