// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Makes a group.
struct CreateGroup: Operation {
    static let route = iam

    struct Input: Decodable {
        var groupName: String
        var path: String?
    }
    struct Output: Encodable {
        let group: GroupOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (name, path) = (input.groupName, input.path ?? "/")
        let call = try IAMCall(Self.name, on: .new(.group, name, path: path), access, context)
        return Output(
            group: GroupOutput(
                try await call.change {
                    try $0.createGroup(name, path: path, in: call.account, at: call.now, random: call.random)
                }))
    }
}

/// A group and its users.
struct GetGroup: Operation {
    static let route = iam

    struct Input: Decodable {
        var groupName: String
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let group: GroupOutput
        let users: [UserOutput]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: .group(input.groupName), access, context)
        let group = try call.read { try $0.require(Group.self, input.groupName, in: call.account) }
        let page = try Page(call.state.members(of: group), by: \.key, marker: input.marker, maxItems: input.maxItems)
        return Output(
            group: GroupOutput(group), users: page.elements.map { UserOutput($0, withTags: false) },
            isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// The account's groups.
struct ListGroups: Operation {
    static let route = iam

    struct Input: Decodable {
        var pathPrefix: String?
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let groups: [GroupOutput]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: .all(.group, under: input.pathPrefix), access, context)
        let groups = call.state.all(Group.self, in: call.account) { $0.path.hasPrefix(input.pathPrefix ?? "/") }
        let page = try Page(groups, by: \.key, marker: input.marker, maxItems: input.maxItems)
        return Output(groups: page.elements.map { GroupOutput($0) }, isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// Gives a group another name or path.
struct UpdateGroup: Operation {
    static let route = iam

    struct Input: Decodable {
        var groupName: String
        var newGroupName: String?
        var newPath: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, newName, path) = (input.groupName, input.newGroupName, input.newPath)
        let call = try IAMCall(Self.name, on: .renamed(.group, name, to: newName, path: path), access, context)
        try await call.change { try $0.renameGroup(name, to: newName, path: path, in: call.account) }
        return Empty()
    }
}

/// Deletes an empty group.
struct DeleteGroup: Operation {
    static let route = iam

    struct Input: Decodable {
        var groupName: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: .group(input.groupName), access, context)
        let name = input.groupName
        try await call.change { try $0.deleteGroup(name, in: call.account) }
        return Empty()
    }
}

/// Puts a user into a group.
struct AddUserToGroup: Operation {
    static let route = iam

    struct Input: Decodable {
        var groupName: String
        var userName: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: .group(input.groupName), access, context)
        let (user, group) = (input.userName, input.groupName)
        try inIAMsWords { try IAMSubject.user(user).validate() }
        try await call.change { try $0.setMembership(of: user, in: group, true, account: call.account) }
        return Empty()
    }
}

/// Takes a user out of a group.
struct RemoveUserFromGroup: Operation {
    static let route = iam

    struct Input: Decodable {
        var groupName: String
        var userName: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: .group(input.groupName), access, context)
        let (user, group) = (input.userName, input.groupName)
        try inIAMsWords { try IAMSubject.user(user).validate() }
        try await call.change { try $0.setMembership(of: user, in: group, false, account: call.account) }
        return Empty()
    }
}

/// The groups a user is in.
struct ListGroupsForUser: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let groups: [GroupOutput]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: .user(input.userName), access, context)
        let user = try call.read { try $0.require(User.self, input.userName, in: call.account) }
        let groups = user.groups.sorted().compactMap { call.state.find(Group.self, $0, in: call.account) }
        let page = try Page(groups, by: \.key, marker: input.marker, maxItems: input.maxItems)
        return Output(groups: page.elements.map { GroupOutput($0) }, isTruncated: page.isTruncated, marker: page.marker)
    }
}
