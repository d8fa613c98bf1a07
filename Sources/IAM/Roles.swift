// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Makes a role.
struct CreateRole: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var path: String?
        var assumeRolePolicyDocument: String
        var description: String?
        var maxSessionDuration: Number?
        var permissionsBoundary: String?
        var tags: [WireTag]?
    }
    struct Output: Encodable {
        let role: RoleOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (name, path, tags) = (input.roleName, input.path ?? "/", try input.tags.checked)
        let boundary = try input.permissionsBoundary.map(checkedBoundary)
        let call = try IAMCall(
            Self.name, on: .new(.role, name, path: path), access, context,
            keys: tags.keys.merging(boundaryKeys(boundary)) { $1 })
        let (trust, description) = (input.assumeRolePolicyDocument, input.description ?? "")
        let maximum = input.maxSessionDuration?.value ?? 3_600
        return Output(
            role: RoleOutput(
                try await call.change { state in
                    try state.createRole(
                        name, path: path, trust: trust, description: description, maximumSession: maximum, tags: tags,
                        boundary: boundary, in: call.account, at: call.now, random: call.random)
                }))
    }
}

/// One role.
struct GetRole: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
    }
    struct Output: Encodable {
        let role: RoleOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: .role(input.roleName), access, context)
        return Output(role: RoleOutput(try call.read { try $0.require(Role.self, input.roleName, in: call.account) }))
    }
}

/// The account's roles.
struct ListRoles: Operation {
    static let route = iam

    struct Input: Decodable {
        var pathPrefix: String?
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let roles: [RoleOutput]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: .all(.role, under: input.pathPrefix), access, context)
        let roles = call.state.all(Role.self, in: call.account) { $0.path.hasPrefix(input.pathPrefix ?? "/") }
        let page = try Page(roles, by: \.key, marker: input.marker, maxItems: input.maxItems)
        return Output(
            roles: page.elements.map { RoleOutput($0, withTags: false) }, isTruncated: page.isTruncated,
            marker: page.marker)
    }
}

/// Changes a role's description or how long its sessions last.
struct UpdateRole: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var description: String?
        var maxSessionDuration: Number?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: .role(input.roleName), access, context)
        let (name, description, maximum) = (input.roleName, input.description, input.maxSessionDuration?.value)
        try await call.change {
            try $0.updateRole(name, description: description, maximumSession: maximum, in: call.account)
        }
        return Empty()
    }
}

/// Changes a role's description.
struct UpdateRoleDescription: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var description: String
    }
    struct Output: Encodable {
        let role: RoleOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: .role(input.roleName), access, context)
        let (name, description) = (input.roleName, input.description)
        return Output(
            role: RoleOutput(
                try await call.change { state in
                    try state.updateRole(name, description: description, maximumSession: nil, in: call.account)
                    return try state.require(Role.self, name, in: call.account)
                }))
    }
}

/// Changes who may become a role.
struct UpdateAssumeRolePolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var policyDocument: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: .role(input.roleName), access, context)
        let (name, document) = (input.roleName, input.policyDocument)
        try await call.change { try $0.setTrust(document, of: name, in: call.account) }
        return Empty()
    }
}

/// Deletes a role that no policy hangs on any more.
struct DeleteRole: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: .role(input.roleName), access, context)
        let name = input.roleName
        try await call.change { try $0.deleteRole(name, in: call.account) }
        return Empty()
    }
}
