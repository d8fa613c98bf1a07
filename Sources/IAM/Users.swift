// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Makes a user.
struct CreateUser: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var path: String?
        var permissionsBoundary: String?
        var tags: [WireTag]?
    }
    struct Output: Encodable {
        let user: UserOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (name, path, tags) = (input.userName, input.path ?? "/", try input.tags.checked)
        let boundary = try input.permissionsBoundary.map(checkedBoundary)
        let call = try IAMCall(
            Self.name, on: .new(.user, name, path: path), access, context,
            keys: tags.keys.merging(boundaryKeys(boundary)) { $1 })
        return Output(
            user: UserOutput(
                try await call.change { state in
                    try state.createUser(
                        name, path: path, tags: tags, boundary: boundary, in: call.account, at: call.now,
                        random: call.random)
                }))
    }
}

/// One user; without a name, the caller.
struct GetUser: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String?
    }
    struct Output: Encodable {
        let user: UserOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        if input.userName == nil, case .root = try Caller(context).principal.kind {
            let call = try IAMCall(Self.name, on: .root, access, context)
            return Output(user: UserOutput(rootOf: call.account, at: Timestamp(milliseconds: 0)))
        }
        let name = try access.userName(input.userName, context)
        let call = try IAMCall(Self.name, on: .user(name), access, context)
        return Output(user: UserOutput(try call.read { try $0.require(User.self, name, in: call.account) }))
    }
}

/// The account's users.
struct ListUsers: Operation {
    static let route = iam

    struct Input: Decodable {
        var pathPrefix: String?
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let users: [UserOutput]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: .all(.user, under: input.pathPrefix), access, context)
        let users = call.state.all(User.self, in: call.account) { $0.path.hasPrefix(input.pathPrefix ?? "/") }
        let page = try Page(users, by: \.key, marker: input.marker, maxItems: input.maxItems)
        return Output(
            users: page.elements.map { UserOutput($0, withTags: false) }, isTruncated: page.isTruncated,
            marker: page.marker)
    }
}

/// Gives a user another name or path.
struct UpdateUser: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var newUserName: String?
        var newPath: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, newName, path) = (input.userName, input.newUserName, input.newPath)
        let call = try IAMCall(Self.name, on: .renamed(.user, name, to: newName, path: path), access, context)
        try await call.change { try $0.renameUser(name, to: newName, path: path, in: call.account) }
        return Empty()
    }
}

/// Deletes a user whom nothing belongs to any more.
struct DeleteUser: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let name = input.userName
        let call = try IAMCall(Self.name, on: .user(name), access, context)
        try await call.change { try $0.deleteUser(name, in: call.account) }
        return Empty()
    }
}
