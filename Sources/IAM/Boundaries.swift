// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// The ARN of a permissions boundary, which `iam:PermissionsBoundary` will be.
func checkedBoundary(_ arn: String) throws -> String {
    try inIAMsWords { try IAMRules.arn(arn, "permissionsBoundary") }
    return arn
}

func boundaryKeys(_ arn: String?) -> [String: [String]] {
    arn.map { ["iam:PermissionsBoundary": [$0]] } ?? [:]
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
        let (name, boundary) = (input.userName, try checkedBoundary(input.permissionsBoundary))
        // The key is the boundary asked for: who must set a certain one could otherwise change it for another.
        let call = try IAMCall(Self.name, on: .user(name), access, context, keys: boundaryKeys(boundary))
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
        let name = input.userName
        let call = try IAMCall(Self.name, on: .user(name), access, context, boundary: true)
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
        let (name, boundary) = (input.roleName, try checkedBoundary(input.permissionsBoundary))
        // The key is the boundary asked for: who must set a certain one could otherwise change it for another.
        let call = try IAMCall(Self.name, on: .role(name), access, context, keys: boundaryKeys(boundary))
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
        let name = input.roleName
        let call = try IAMCall(Self.name, on: .role(name), access, context, boundary: true)
        try await call.change { try $0.setBoundary(Role.self, name, nil, in: call.account) }
        return Empty()
    }
}
