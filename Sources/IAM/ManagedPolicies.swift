// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Makes a managed policy.
struct CreatePolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyName: String
        var path: String?
        var policyDocument: String
        var description: String?
        var tags: [WireTag]?
    }
    struct Output: Encodable {
        let policy: PolicyOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (name, path) = (input.policyName, input.path ?? "/")
        let call = try IAMCall(Self.name, on: "policy\(path)\(name)", access, context, keys: input.tags.keys)
        let (document, description, tags) = (input.policyDocument, input.description ?? "", input.tags.tags)
        let policy = try await call.change { state in
            try state.createPolicy(
                name, path: path, document: document, description: description, tags: tags, in: call.account,
                at: call.now,
                random: call.random)
        }
        return Output(policy: PolicyOutput(policy, call.state))
    }
}

/// One managed policy, without its document.
struct GetPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
    }
    struct Output: Encodable {
        let policy: PolicyOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: input.policyArn, access, context)
        if AWSManagedPolicies.document(input.policyArn) != nil {
            return Output(policy: PolicyOutput(aws: input.policyArn, call.state, in: call.account))
        }
        let policy = try call.read { try $0.requireManaged(input.policyArn, in: call.account) }
        return Output(policy: PolicyOutput(policy, call.state))
    }
}

/// The account's managed policies, AWS's, or both.
struct ListPolicies: Operation {
    static let route = iam

    struct Input: Decodable {
        var scope: String?
        var onlyAttached: Flag?
        var pathPrefix: String?
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let policies: [PolicyOutput]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: "policy/", access, context)
        let state = call.state
        var policies: [PolicyOutput] = []
        if input.scope != "AWS" {
            policies += state.all(ManagedPolicy.self, in: call.account).map { PolicyOutput($0, state, withTags: false) }
        }
        if input.scope != "Local" {
            policies += AWSManagedPolicies.arns.map { PolicyOutput(aws: $0, state, in: call.account) }
        }
        policies = policies.filter {
            $0.path.hasPrefix(input.pathPrefix ?? "/") && (input.onlyAttached?.value != true || $0.attachmentCount > 0)
        }
        let page = try Page(policies, marker: input.marker, maxItems: input.maxItems)
        return Output(policies: page.elements, isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// Deletes a managed policy that nobody uses.
struct DeletePolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.policyArn, access, context)
        let arn = input.policyArn
        try await call.change { try $0.deletePolicy(arn, in: call.account) }
        return Empty()
    }
}

/// Adds a version to a managed policy.
struct CreatePolicyVersion: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var policyDocument: String
        var setAsDefault: Flag?
    }
    struct Output: Encodable {
        let policyVersion: VersionOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: input.policyArn, access, context)
        let (arn, document, isDefault) = (input.policyArn, input.policyDocument, input.setAsDefault?.value ?? false)
        let version = try await call.change {
            try $0.createVersion(of: arn, document: document, isDefault: isDefault, in: call.account, at: call.now)
        }
        return Output(policyVersion: VersionOutput(version, isDefault: isDefault, withDocument: false))
    }
}

/// One version of a managed policy, with its document.
struct GetPolicyVersion: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var versionId: String
    }
    struct Output: Encodable {
        let policyVersion: VersionOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: input.policyArn, access, context)
        if let document = AWSManagedPolicies.document(input.policyArn), input.versionId == "v1" {
            let version = ManagedPolicy.Version(
                id: "v1", document: document, createdAt: Timestamp(seconds: 1_423_180_800))
            return Output(policyVersion: VersionOutput(version, isDefault: true, withDocument: true))
        }
        return try call.read { state in
            let policy = try state.requireManaged(input.policyArn, in: call.account)
            let version = try state.requireVersion(input.versionId, of: policy)
            let isDefault = version.id == policy.defaultVersion
            return Output(policyVersion: VersionOutput(version, isDefault: isDefault, withDocument: true))
        }
    }
}

/// The versions of a managed policy, newest first.
struct ListPolicyVersions: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let versions: [VersionOutput]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: input.policyArn, access, context)
        var versions: [VersionOutput] = []
        if let document = AWSManagedPolicies.document(input.policyArn) {
            let version = ManagedPolicy.Version(
                id: "v1", document: document, createdAt: Timestamp(seconds: 1_423_180_800))
            versions = [VersionOutput(version, isDefault: true, withDocument: false)]
        } else {
            let policy = try call.read { try $0.requireManaged(input.policyArn, in: call.account) }
            versions = policy.versions.reversed().map {
                VersionOutput($0, isDefault: $0.id == policy.defaultVersion, withDocument: false)
            }
        }
        let page = try Page(versions, marker: input.marker, maxItems: input.maxItems)
        return Output(versions: page.elements, isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// Puts another version in force.
struct SetDefaultPolicyVersion: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var versionId: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.policyArn, access, context)
        let (arn, version) = (input.policyArn, input.versionId)
        try await call.change { try $0.setDefaultVersion(version, of: arn, in: call.account, at: call.now) }
        return Empty()
    }
}

/// Deletes a version that is not in force.
struct DeletePolicyVersion: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var versionId: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.policyArn, access, context)
        let (arn, version) = (input.policyArn, input.versionId)
        try await call.change { try $0.deleteVersion(version, of: arn, in: call.account) }
        return Empty()
    }
}

/// Somebody a policy is attached to.
struct PolicyUser: Encodable, Sendable {
    let userName: String
    let userId: String
}

struct PolicyGroup: Encodable, Sendable {
    let groupName: String
    let groupId: String
}

struct PolicyRole: Encodable, Sendable {
    let roleName: String
    let roleId: String
}

/// Who a managed policy is attached to.
struct ListEntitiesForPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var entityFilter: String?
        var policyUsageFilter: String?
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let policyUsers: [PolicyUser]
        let policyGroups: [PolicyGroup]
        let policyRoles: [PolicyRole]
        let isTruncated: Bool
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: input.policyArn, access, context)
        let (state, arn) = (call.state, input.policyArn)
        try call.read {
            if AWSManagedPolicies.document(arn) == nil { _ = try $0.requireManaged(arn, in: call.account) }
        }
        func wanted(_ kind: String) -> Bool { input.entityFilter == nil || input.entityFilter == kind }
        let asBoundary = input.policyUsageFilter == "PermissionsBoundary"
        let users = state.all(User.self, in: call.account).filter {
            asBoundary ? $0.boundary == arn : $0.attached.contains(arn)
        }
        let groups = state.all(Group.self, in: call.account).filter { !asBoundary && $0.attached.contains(arn) }
        let roles = state.all(Role.self, in: call.account).filter {
            asBoundary ? $0.boundary == arn : $0.attached.contains(arn)
        }
        return Output(
            policyUsers: wanted("User") ? users.map { .init(userName: $0.name, userId: $0.id) } : [],
            policyGroups: wanted("Group") ? groups.map { .init(groupName: $0.name, groupId: $0.id) } : [],
            policyRoles: wanted("Role") ? roles.map { .init(roleName: $0.name, roleId: $0.id) } : [], isTruncated: false
        )
    }
}
