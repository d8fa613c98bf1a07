// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Mail

/// A managed policy, of the account or of AWS.
enum AnyManagedPolicy: Sendable {
    case local(ManagedPolicy)
    /// One of AWS's own, which are as old as AWS.
    case aws(String)

    /// - Throws: `AccessFailure.noSuchEntity`
    init(_ arn: String, in account: AccountID, _ state: AccessState) throws {
        if AWSManagedPolicies.document(arn) != nil {
            self = .aws(arn)
        } else {
            self = .local(try state.requireManaged(arn, in: account))
        }
    }

    var arn: String {
        switch self {
        case .local(let policy): policy.arn
        case .aws(let arn): arn
        }
    }

    var name: String { Place(arn).name }
    var path: String { Place(arn).path }

    var tags: [Tag] {
        switch self {
        case .local(let policy): policy.tags
        case .aws: []
        }
    }

    /// Newest first.
    var versions: [ManagedPolicy.Version] {
        switch self {
        case .local(let policy): policy.versions.reversed()
        case .aws(let arn):
            [.init(id: "v1", document: AWSManagedPolicies.document(arn) ?? "", createdAt: Self.age)]
        }
    }

    var defaultVersion: String {
        switch self {
        case .local(let policy): policy.defaultVersion
        case .aws: "v1"
        }
    }

    fileprivate static let age = Timestamp(seconds: 1_423_180_800)
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

    init(_ policy: AnyManagedPolicy, _ use: PolicyUse, withTags: Bool = true) {
        (policyName, path, arn) = (policy.name, policy.path, policy.arn)
        defaultVersionId = policy.defaultVersion
        attachmentCount = use.attachments(of: policy.arn)
        permissionsBoundaryUsageCount = use.boundaries(of: policy.arn)
        tags = withTags && !policy.tags.isEmpty ? policy.tags.map { WireTag($0) } : nil
        let facts = PolicyFacts(policy)
        (policyId, description) = (facts.id, facts.description)
        (createDate, updateDate) = (moment(facts.createdAt), moment(facts.updatedAt))
    }
}

/// What AWS's own policies have of these is made up.
private struct PolicyFacts {
    let id: String
    let description: String?
    let createdAt: Timestamp
    let updatedAt: Timestamp

    init(_ policy: AnyManagedPolicy) {
        switch policy {
        case .local(let own):
            id = own.id
            description = own.description.isEmpty ? nil : own.description
            (createdAt, updatedAt) = (own.createdAt, own.updatedAt)
        case .aws:
            id = "ANPA" + String(policy.name.uppercased().filter(\.isLetter).prefix(17))
            description = nil
            (createdAt, updatedAt) = (AnyManagedPolicy.age, AnyManagedPolicy.age)
        }
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

/// A managed policy with all its documents, as auditors read it.
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

    init(_ policy: AnyManagedPolicy, _ use: PolicyUse) {
        let plain = PolicyOutput(policy, use, withTags: false)
        (policyName, policyId, arn, path) = (plain.policyName, plain.policyId, plain.arn, plain.path)
        (defaultVersionId, description) = (plain.defaultVersionId, plain.description)
        attachmentCount = plain.attachmentCount
        permissionsBoundaryUsageCount = plain.permissionsBoundaryUsageCount
        (createDate, updateDate) = (plain.createDate, plain.updateDate)
        policyVersionList = policy.versions.map {
            VersionOutput($0, isDefault: $0.id == policy.defaultVersion, withDocument: true)
        }
    }
}
