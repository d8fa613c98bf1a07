// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Somebody a policy is attached to, or bounds.
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

/// Kinds of entities in lists of all kinds.
enum EntityKind: String, WireWord {
    static let member = "filter"
    case user = "User"
    case role = "Role"
    case group = "Group"
    case localPolicy = "LocalManagedPolicy"
    case awsPolicy = "AWSManagedPolicy"
}

/// Who a managed policy is attached to, and whom it bounds.
struct ListEntitiesForPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var entityFilter: EntityKind?
        var pathPrefix: String?
        var policyUsageFilter: PolicyUsage?
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let policyUsers: [PolicyUser]
        let policyGroups: [PolicyGroup]
        let policyRoles: [PolicyRole]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let prefix = input.pathPrefix ?? "/"
        try inIAMsWords { try IAMRules.pathPrefix(prefix) }
        let call = try IAMCall(Self.name, on: .policy(input.policyArn), access, context)
        let policy = try call.read { try AnyManagedPolicy(input.policyArn, in: call.account, $0) }
        let entities = Entities(of: call, policy.arn, input.policyUsageFilter ?? .any, prefix)
        let page = try Page(
            entities.all.filter { input.entityFilter.map($0.isOf) ?? true }, by: \.order, marker: input.marker,
            maxItems: input.maxItems)
        return Output(
            policyUsers: page.elements.compactMap(\.user), policyGroups: page.elements.compactMap(\.group),
            policyRoles: page.elements.compactMap(\.role), isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// Users, groups and roles that use one policy.
private struct Entities {
    enum Entity: Sendable {
        case user(User)
        case group(Group)
        case role(Role)
    }

    let all: [Entity]

    init(of call: IAMCall, _ arn: String, _ usage: PolicyUsage, _ prefix: String) {
        func isMeant(_ holder: some PolicyHolder, _ boundary: String?) -> Bool {
            let isAttached = usage != .boundary && holder.attached.contains(arn)
            return holder.path.hasPrefix(prefix) && (isAttached || (usage != .permissions && boundary == arn))
        }
        let (state, account) = (call.state, call.account)
        all =
            state.all(Group.self, in: account) { isMeant($0, nil) }.map { .group($0) }
            + state.all(Role.self, in: account) { isMeant($0, $0.boundary) }.map { .role($0) }
            + state.all(User.self, in: account) { isMeant($0, $0.boundary) }.map { .user($0) }
    }
}

extension Entities.Entity {
    fileprivate var order: String {
        switch self {
        case .group(let group): "group \(group.key)"
        case .role(let role): "role \(role.key)"
        case .user(let user): "user \(user.key)"
        }
    }

    fileprivate func isOf(_ kind: EntityKind) -> Bool {
        switch self {
        case .group: kind == .group
        case .role: kind == .role
        case .user: kind == .user
        }
    }

    fileprivate var user: PolicyUser? {
        if case .user(let user) = self { PolicyUser(userName: user.name, userId: user.id) } else { nil }
    }

    fileprivate var group: PolicyGroup? {
        if case .group(let group) = self { PolicyGroup(groupName: group.name, groupId: group.id) } else { nil }
    }

    fileprivate var role: PolicyRole? {
        if case .role(let role) = self { PolicyRole(roleName: role.name, roleId: role.id) } else { nil }
    }
}
