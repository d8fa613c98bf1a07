// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Everybody with all their policies: what auditors read.
struct GetAccountAuthorizationDetails: Operation {
    static let route = iam

    struct Input: Decodable {
        var filter: [EntityKind]?
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

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, access, context)
        let (state, use) = (call.state, call.state.policyUse(in: call.account))
        let wanted = input.filter.map { $0.isEmpty ? EntityKind.allCases : $0 } ?? EntityKind.allCases
        let page = try Page(
            Set(wanted).flatMap { call.entries($0, use) }, by: \.order, marker: input.marker, maxItems: input.maxItems)
        return Output(
            userDetailList: page.elements.compactMap {
                if case .user(let user) = $0 { UserDetail(user, state) } else { nil }
            },
            groupDetailList: page.elements.compactMap {
                if case .group(let group) = $0 { GroupDetail(group) } else { nil }
            },
            roleDetailList: page.elements.compactMap { if case .role(let role) = $0 { RoleDetail(role) } else { nil } },
            policies: page.elements.compactMap {
                if case .policy(let policy) = $0 { PolicyDetail(policy, use) } else { nil }
            },
            isTruncated: page.isTruncated, marker: page.marker)
    }
}

private enum Entry: Sendable {
    case user(User)
    case group(Group)
    case role(Role)
    case policy(AnyManagedPolicy)

    var order: String {
        switch self {
        case .user(let user): "1 user \(user.key)"
        case .group(let group): "2 group \(group.key)"
        case .role(let role): "3 role \(role.key)"
        case .policy(.local(let policy)): "4 policy \(policy.arn)"
        case .policy(.aws(let arn)): "5 policy of aws \(arn)"
        }
    }
}

extension IAMCall {
    // Of AWS's own policies those that somebody uses, as on AWS.
    fileprivate func entries(_ kind: EntityKind, _ use: PolicyUse) -> [Entry] {
        switch kind {
        case .user: state.all(User.self, in: account).map { .user($0) }
        case .group: state.all(Group.self, in: account).map { .group($0) }
        case .role: state.all(Role.self, in: account).map { .role($0) }
        case .localPolicy: policies(.local).map { .policy($0) }
        case .awsPolicy:
            policies(.aws).filter { PolicyUsage.any.counts(of: $0.arn, use) > 0 }.map { .policy($0) }
        }
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
    let instanceProfileList: [Nothing] = []
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
