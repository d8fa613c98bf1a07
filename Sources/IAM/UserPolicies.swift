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
        let call = try IAMCall(Self.name, on: .user(input.userName), access, context, boundary: true)
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
        let call = try IAMCall(Self.name, on: .user(input.userName), access, context)
        let (holder, document) = try call.inline(User.self, input.userName, input.policyName)
        return Output(userName: holder.name, policyName: input.policyName, policyDocument: encoded(document))
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
        let call = try IAMCall(Self.name, on: .user(input.userName), access, context, boundary: true)
        let (name, policy) = (input.userName, try checkedPolicyName(input.policyName))
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

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> PolicyNamesOutput {
        let call = try IAMCall(Self.name, on: .user(input.userName), access, context)
        let holder = try call.read { try $0.require(User.self, input.userName, in: call.account) }
        return try PolicyNamesOutput(holder, marker: input.marker, maxItems: input.maxItems)
    }
}
