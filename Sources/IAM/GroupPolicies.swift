// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

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
        let call = try IAMCall(Self.name, on: .group(input.groupName), access, context)
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
        let call = try IAMCall(Self.name, on: .group(input.groupName), access, context)
        let (holder, document) = try call.inline(Group.self, input.groupName, input.policyName)
        return Output(groupName: holder.name, policyName: input.policyName, policyDocument: encoded(document))
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
        let call = try IAMCall(Self.name, on: .group(input.groupName), access, context)
        let (name, policy) = (input.groupName, try checkedPolicyName(input.policyName))
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

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> PolicyNamesOutput {
        let call = try IAMCall(Self.name, on: .group(input.groupName), access, context)
        let holder = try call.read { try $0.require(Group.self, input.groupName, in: call.account) }
        return try PolicyNamesOutput(holder, marker: input.marker, maxItems: input.maxItems)
    }
}
