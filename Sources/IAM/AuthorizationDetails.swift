// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Everybody with all their policies: what auditors read.
struct GetAccountAuthorizationDetails: Operation {
    static let route = iam

    struct Input: Decodable {
        var filter: [String]?
        var marker: String?
        var maxItems: Number?
    }

    struct Output: Encodable {
        let userDetailList: [UserDetail]
        let groupDetailList: [GroupDetail]
        let roleDetailList: [RoleDetail]
        let policies: [PolicyDetail]
        let isTruncated: Bool
        let marker: String?
    }

    private enum Entry: Sendable {
        case user(User)
        case group(Group)
        case role(Role)
        case policy(ManagedPolicy)
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, access, context)
        let (state, account) = (call.state, call.account)
        let filter = input.filter ?? []
        func wanted(_ kind: String) -> Bool { filter.isEmpty || filter.contains(kind) }
        var entries: [Entry] = []
        if wanted("User") { entries += state.all(User.self, in: account).map { .user($0) } }
        if wanted("Group") { entries += state.all(Group.self, in: account).map { .group($0) } }
        if wanted("Role") { entries += state.all(Role.self, in: account).map { .role($0) } }
        if wanted("LocalManagedPolicy") { entries += state.all(ManagedPolicy.self, in: account).map { .policy($0) } }
        let page = try Page(entries, marker: input.marker, maxItems: input.maxItems)
        return Output(
            userDetailList: page.elements.compactMap {
                if case .user(let user) = $0 { UserDetail(user, state) } else { nil }
            },
            groupDetailList: page.elements.compactMap {
                if case .group(let group) = $0 { GroupDetail(group) } else { nil }
            },
            roleDetailList: page.elements.compactMap { if case .role(let role) = $0 { RoleDetail(role) } else { nil } },
            policies: page.elements.compactMap {
                if case .policy(let policy) = $0 { PolicyDetail(policy, state) } else { nil }
            },
            isTruncated: page.isTruncated, marker: page.marker)
    }
}

struct InlineDetail: Encodable {
    let policyName: String
    let policyDocument: String
}

extension PolicyHolder {
    fileprivate var inlineDetails: [InlineDetail] {
        inline.sorted { $0.key < $1.key }.map { InlineDetail(policyName: $0.key, policyDocument: encoded($0.value)) }
    }
}

struct UserDetail: Encodable {
    let path: String
    let userName: String
    let userId: String
    let arn: String
    let createDate: Moment
    let userPolicyList: [InlineDetail]
    let groupList: [String]
    let attachedManagedPolicies: [AttachedPolicy]
    let permissionsBoundary: BoundaryOutput?
    let tags: [WireTag]

    init(_ user: User, _ state: AccessState) {
        (path, userName, userId, arn) = (user.path, user.name, user.id, user.arn)
        createDate = moment(user.createdAt)
        userPolicyList = user.inlineDetails
        groupList = user.groups.sorted().compactMap { state.find(Group.self, $0, in: user.account)?.name }
        attachedManagedPolicies = user.attached.map { AttachedPolicy($0) }
        permissionsBoundary = BoundaryOutput(user.boundary)
        tags = user.tags.map { WireTag($0) }
    }
}

struct GroupDetail: Encodable {
    let path: String
    let groupName: String
    let groupId: String
    let arn: String
    let createDate: Moment
    let groupPolicyList: [InlineDetail]
    let attachedManagedPolicies: [AttachedPolicy]

    init(_ group: Group) {
        (path, groupName, groupId, arn) = (group.path, group.name, group.id, group.arn)
        createDate = moment(group.createdAt)
        groupPolicyList = group.inlineDetails
        attachedManagedPolicies = group.attached.map { AttachedPolicy($0) }
    }
}

struct RoleDetail: Encodable {
    let path: String
    let roleName: String
    let roleId: String
    let arn: String
    let createDate: Moment
    let assumeRolePolicyDocument: String
    let instanceProfileList: [InstanceProfile] = []
    let rolePolicyList: [InlineDetail]
    let attachedManagedPolicies: [AttachedPolicy]
    let permissionsBoundary: BoundaryOutput?
    let tags: [WireTag]

    init(_ role: Role) {
        (path, roleName, roleId, arn) = (role.path, role.name, role.id, role.arn)
        createDate = moment(role.createdAt)
        assumeRolePolicyDocument = encoded(role.trust)
        rolePolicyList = role.inlineDetails
        attachedManagedPolicies = role.attached.map { AttachedPolicy($0) }
        permissionsBoundary = BoundaryOutput(role.boundary)
        tags = role.tags.map { WireTag($0) }
    }
}

struct PolicyDetail: Encodable {
    let policyName: String
    let policyId: String
    let arn: String
    let path: String
    let defaultVersionId: String
    let attachmentCount: Int
    let permissionsBoundaryUsageCount: Int
    let isAttachable = true
    let description: String?
    let createDate: Moment
    let updateDate: Moment
    let policyVersionList: [VersionOutput]

    init(_ policy: ManagedPolicy, _ state: AccessState) {
        (policyName, policyId, arn, path) = (policy.name, policy.id, policy.arn, policy.path)
        defaultVersionId = policy.defaultVersion
        attachmentCount = state.uses(of: policy.arn, in: policy.account).count
        permissionsBoundaryUsageCount = state.boundaryUses(of: policy.arn, in: policy.account)
        description = policy.description.isEmpty ? nil : policy.description
        createDate = moment(policy.createdAt)
        updateDate = moment(policy.updatedAt)
        policyVersionList = policy.versions.reversed().map {
            VersionOutput($0, isDefault: $0.id == policy.defaultVersion, withDocument: true)
        }
    }
}
