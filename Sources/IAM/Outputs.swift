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

/// A managed policy attached to somebody.
struct AttachedPolicy: Encodable, Sendable {
    let policyName: String
    let policyArn: String

    init(_ arn: String) {
        policyArn = arn
        policyName = Place(arn).name
    }
}

/// Documents travel percent-encoded (RFC 3986), as in IAM.
func encoded(_ document: String) -> String {
    var text = ""
    for byte in document.utf8 {
        let isPlain =
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            || "-_.~".utf8.contains(byte)
        if isPlain {
            text.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
    }
    return text
}

func moment(_ timestamp: Timestamp) -> Moment { Moment(milliseconds: timestamp.milliseconds / 1000 * 1000) }
