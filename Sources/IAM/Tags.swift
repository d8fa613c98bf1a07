// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// A page of tags.
struct TagsOutput: Encodable {
    let tags: [WireTag]
    let isTruncated: Bool
    let marker: String?

    init(_ all: [Tag], marker: String?, maxItems: Number?) throws {
        let page = try Page(all, by: \.key, marker: marker, maxItems: maxItems)
        tags = page.elements.map { WireTag($0) }
        (isTruncated, self.marker) = (page.isTruncated, page.marker)
    }
}

/// Tags a user.
struct TagUser: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var tags: [WireTag]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, tags) = (input.userName, try Optional(input.tags).checked)
        let call = try IAMCall(Self.name, on: .user(name), access, context, keys: tags.keys)
        try await call.change { state in try state.tag(try state.require(User.self, name, in: call.account), tags) }
        return Empty()
    }
}

/// Takes tags from a user.
struct UntagUser: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var tagKeys: TagKeys
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, tags) = (input.userName, input.tagKeys)
        let call = try IAMCall(Self.name, on: .user(name), access, context, keys: tags.keys)
        try await call.change { state in state.untag(try state.require(User.self, name, in: call.account), tags.list) }
        return Empty()
    }
}

/// The tags of a user.
struct ListUserTags: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var marker: String?
        var maxItems: Number?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> TagsOutput {
        let name = input.userName
        let call = try IAMCall(Self.name, on: .user(name), access, context)
        let tags = try call.read { state in try state.require(User.self, name, in: call.account).tags }
        return try TagsOutput(tags, marker: input.marker, maxItems: input.maxItems)
    }
}

/// Tags a role.
struct TagRole: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var tags: [WireTag]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, tags) = (input.roleName, try Optional(input.tags).checked)
        let call = try IAMCall(Self.name, on: .role(name), access, context, keys: tags.keys)
        try await call.change { state in try state.tag(try state.require(Role.self, name, in: call.account), tags) }
        return Empty()
    }
}

/// Takes tags from a role.
struct UntagRole: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var tagKeys: TagKeys
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, tags) = (input.roleName, input.tagKeys)
        let call = try IAMCall(Self.name, on: .role(name), access, context, keys: tags.keys)
        try await call.change { state in state.untag(try state.require(Role.self, name, in: call.account), tags.list) }
        return Empty()
    }
}

/// The tags of a role.
struct ListRoleTags: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var marker: String?
        var maxItems: Number?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> TagsOutput {
        let name = input.roleName
        let call = try IAMCall(Self.name, on: .role(name), access, context)
        let tags = try call.read { state in try state.require(Role.self, name, in: call.account).tags }
        return try TagsOutput(tags, marker: input.marker, maxItems: input.maxItems)
    }
}
