// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Mail

/// A permissions boundary as IAM shows it.
struct BoundaryOutput: Encodable {
    let permissionsBoundaryType = "Policy"
    let permissionsBoundaryArn: String

    init?(_ arn: String?) {
        guard let arn else { return nil }
        permissionsBoundaryArn = arn
    }
}

struct UserOutput: Encodable, Sendable {
    let path: String
    let userName: String
    let userId: String
    let arn: String
    let createDate: Moment
    let permissionsBoundary: BoundaryOutput?
    let tags: [WireTag]?

    init(_ user: User, withTags: Bool = true) {
        path = user.path
        userName = user.name
        userId = user.id
        arn = user.arn
        createDate = moment(user.createdAt)
        permissionsBoundary = BoundaryOutput(user.boundary)
        tags = withTags && !user.tags.isEmpty ? user.tags.map { WireTag($0) } : nil
    }

    /// The root user, who stands in no table.
    init(rootOf account: AccountID, at timestamp: Timestamp) {
        path = "/"
        userName = "root"
        userId = account.description
        arn = "arn:aws:iam::\(account):root"
        createDate = moment(timestamp)
        permissionsBoundary = nil
        tags = nil
    }
}

struct GroupOutput: Encodable, Sendable {
    let path: String
    let groupName: String
    let groupId: String
    let arn: String
    let createDate: Moment

    init(_ group: Group) {
        path = group.path
        groupName = group.name
        groupId = group.id
        arn = group.arn
        createDate = moment(group.createdAt)
    }
}

struct RoleOutput: Encodable, Sendable {
    let path: String
    let roleName: String
    let roleId: String
    let arn: String
    let createDate: Moment
    let assumeRolePolicyDocument: String
    let description: String?
    let maxSessionDuration: Int
    let permissionsBoundary: BoundaryOutput?
    let tags: [WireTag]?

    init(_ role: Role, withTags: Bool = true) {
        path = role.path
        roleName = role.name
        roleId = role.id
        arn = role.arn
        createDate = moment(role.createdAt)
        assumeRolePolicyDocument = encoded(role.trust)
        description = role.description.isEmpty ? nil : role.description
        maxSessionDuration = role.maximumSession
        permissionsBoundary = BoundaryOutput(role.boundary)
        tags = withTags && !role.tags.isEmpty ? role.tags.map { WireTag($0) } : nil
    }
}

struct PolicyOutput: Encodable, Sendable {
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
    let tags: [WireTag]?

    init(_ policy: ManagedPolicy, _ state: AccessState, withTags: Bool = true) {
        policyName = policy.name
        policyId = policy.id
        arn = policy.arn
        path = policy.path
        defaultVersionId = policy.defaultVersion
        attachmentCount = state.uses(of: policy.arn, in: policy.account).count
        permissionsBoundaryUsageCount = state.boundaryUses(of: policy.arn, in: policy.account)
        description = policy.description.isEmpty ? nil : policy.description
        createDate = moment(policy.createdAt)
        updateDate = moment(policy.updatedAt)
        tags = withTags && !policy.tags.isEmpty ? policy.tags.map { WireTag($0) } : nil
    }

    /// One of AWS's own, which are as old as AWS.
    init(aws arn: String, _ state: AccessState, in account: AccountID) {
        policyName = AWSManagedPolicies.name(of: arn)
        policyId = "ANPA" + String(policyName.uppercased().filter(\.isLetter).prefix(17))
        self.arn = arn
        path = "/"
        defaultVersionId = "v1"
        attachmentCount = state.uses(of: arn, in: account).count
        permissionsBoundaryUsageCount = state.boundaryUses(of: arn, in: account)
        description = nil
        createDate = Moment(milliseconds: 1_423_180_800_000)
        updateDate = createDate
        tags = nil
    }
}

struct VersionOutput: Encodable, Sendable {
    let versionId: String
    let isDefaultVersion: Bool
    let createDate: Moment
    let document: String?

    init(_ version: ManagedPolicy.Version, isDefault: Bool, withDocument: Bool) {
        versionId = version.id
        isDefaultVersion = isDefault
        createDate = moment(version.createdAt)
        document = withDocument ? encoded(version.document) : nil
    }
}

struct AttachedPolicy: Encodable, Sendable {
    let policyName: String
    let policyArn: String

    init(_ arn: String) {
        policyArn = arn
        policyName = arn.split(separator: "/").last.map(String.init) ?? arn
    }
}
