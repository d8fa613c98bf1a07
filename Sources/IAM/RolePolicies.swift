// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

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
        let call = try IAMCall(Self.name, on: .role(input.roleName), access, context, boundary: true)
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
        let call = try IAMCall(Self.name, on: .role(input.roleName), access, context)
        let (holder, document) = try call.inline(Role.self, input.roleName, input.policyName)
        return Output(roleName: holder.name, policyName: input.policyName, policyDocument: encoded(document))
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
        let call = try IAMCall(Self.name, on: .role(input.roleName), access, context, boundary: true)
        let (name, policy) = (input.roleName, try checkedPolicyName(input.policyName))
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

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> PolicyNamesOutput {
        let call = try IAMCall(Self.name, on: .role(input.roleName), access, context)
        let holder = try call.read { try $0.require(Role.self, input.roleName, in: call.account) }
        return try PolicyNamesOutput(holder, marker: input.marker, maxItems: input.maxItems)
    }
}
