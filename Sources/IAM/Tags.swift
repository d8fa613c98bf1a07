// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Tags a user.
struct TagUser: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var tags: [WireTag]?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(
            Self.name, on: try access.part("user", input.userName, context), access, context, keys: input.tags.keys)
        let (name, tags) = (input.userName, input.tags.tags)
        try await call.change { state in try state.tag(try state.require(User.self, name, in: call.account), tags) }
        return Empty()
    }
}

/// Takes tags from a user.
struct UntagUser: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String
        var tagKeys: [String]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(
            Self.name, on: try access.part("user", input.userName, context), access, context,
            keys: ["aws:TagKeys": input.tagKeys])
        let (name, keys) = (input.userName, input.tagKeys)
        try await call.change { state in state.untag(try state.require(User.self, name, in: call.account), keys) }
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
    struct Output: Encodable {
        let tags: [WireTag]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: try access.part("user", input.userName, context), access, context)
        let tags = try call.read { try $0.require(User.self, input.userName, in: call.account).tags }
        let page = try Page(tags, marker: input.marker, maxItems: input.maxItems)
        return Output(tags: page.elements.map { WireTag($0) }, isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// Tags a role.
struct TagRole: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var tags: [WireTag]?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(
            Self.name, on: try access.part("role", input.roleName, context), access, context, keys: input.tags.keys)
        let (name, tags) = (input.roleName, input.tags.tags)
        try await call.change { state in try state.tag(try state.require(Role.self, name, in: call.account), tags) }
        return Empty()
    }
}

/// Takes tags from a role.
struct UntagRole: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var tagKeys: [String]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(
            Self.name, on: try access.part("role", input.roleName, context), access, context,
            keys: ["aws:TagKeys": input.tagKeys])
        let (name, keys) = (input.roleName, input.tagKeys)
        try await call.change { state in state.untag(try state.require(Role.self, name, in: call.account), keys) }
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
    struct Output: Encodable {
        let tags: [WireTag]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: try access.part("role", input.roleName, context), access, context)
        let tags = try call.read { try $0.require(Role.self, input.roleName, in: call.account).tags }
        let page = try Page(tags, marker: input.marker, maxItems: input.maxItems)
        return Output(tags: page.elements.map { WireTag($0) }, isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// Tags a managed policy.
struct TagPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var tags: [WireTag]?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.policyArn, access, context, keys: input.tags.keys)
        let (name, tags) = (input.policyArn, input.tags.tags)
        try await call.change { state in try state.tag(try state.requireManaged(name, in: call.account), tags) }
        return Empty()
    }
}

/// Takes tags from a managed policy.
struct UntagPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var tagKeys: [String]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.policyArn, access, context, keys: ["aws:TagKeys": input.tagKeys])
        let (name, keys) = (input.policyArn, input.tagKeys)
        try await call.change { state in state.untag(try state.requireManaged(name, in: call.account), keys) }
        return Empty()
    }
}

/// The tags of a managed policy.
struct ListPolicyTags: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let tags: [WireTag]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: input.policyArn, access, context)
        let tags = try call.read { try $0.requireManaged(input.policyArn, in: call.account).tags }
        let page = try Page(tags, marker: input.marker, maxItems: input.maxItems)
        return Output(tags: page.elements.map { WireTag($0) }, isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// Tags a device.
struct TagMFADevice: Operation {
    static let route = iam

    struct Input: Decodable {
        var serialNumber: String
        var tags: [WireTag]?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.serialNumber, access, context, keys: input.tags.keys)
        let (name, tags) = (input.serialNumber, input.tags.tags)
        try await call.change { state in try state.tag(try state.requireDevice(name, in: call.account), tags) }
        return Empty()
    }
}

/// Takes tags from a device.
struct UntagMFADevice: Operation {
    static let route = iam

    struct Input: Decodable {
        var serialNumber: String
        var tagKeys: [String]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.serialNumber, access, context, keys: ["aws:TagKeys": input.tagKeys])
        let (name, keys) = (input.serialNumber, input.tagKeys)
        try await call.change { state in state.untag(try state.requireDevice(name, in: call.account), keys) }
        return Empty()
    }
}

/// The tags of a device.
struct ListMFADeviceTags: Operation {
    static let route = iam

    struct Input: Decodable {
        var serialNumber: String
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let tags: [WireTag]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: input.serialNumber, access, context)
        let tags = try call.read { try $0.requireDevice(input.serialNumber, in: call.account).tags }
        let page = try Page(tags, marker: input.marker, maxItems: input.maxItems)
        return Output(tags: page.elements.map { WireTag($0) }, isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// Tags a SAML provider.
struct TagSAMLProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var sAMLProviderArn: String
        var tags: [WireTag]?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.sAMLProviderArn, access, context, keys: input.tags.keys)
        let (name, tags) = (input.sAMLProviderArn, input.tags.tags)
        try await call.change { state in try state.tag(try state.requireProvider(name, in: call.account), tags) }
        return Empty()
    }
}

/// Takes tags from a SAML provider.
struct UntagSAMLProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var sAMLProviderArn: String
        var tagKeys: [String]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(
            Self.name, on: input.sAMLProviderArn, access, context, keys: ["aws:TagKeys": input.tagKeys])
        let (name, keys) = (input.sAMLProviderArn, input.tagKeys)
        try await call.change { state in state.untag(try state.requireProvider(name, in: call.account), keys) }
        return Empty()
    }
}

/// The tags of a SAML provider.
struct ListSAMLProviderTags: Operation {
    static let route = iam

    struct Input: Decodable {
        var sAMLProviderArn: String
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let tags: [WireTag]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: input.sAMLProviderArn, access, context)
        let tags = try call.read { try $0.requireProvider(input.sAMLProviderArn, in: call.account).tags }
        let page = try Page(tags, marker: input.marker, maxItems: input.maxItems)
        return Output(tags: page.elements.map { WireTag($0) }, isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// Tags an OpenID Connect provider.
struct TagOpenIDConnectProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var openIDConnectProviderArn: String
        var tags: [WireTag]?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.openIDConnectProviderArn, access, context, keys: input.tags.keys)
        let (name, tags) = (input.openIDConnectProviderArn, input.tags.tags)
        try await call.change { state in try state.tag(try state.requireProvider(name, in: call.account), tags) }
        return Empty()
    }
}

/// Takes tags from an OpenID Connect provider.
struct UntagOpenIDConnectProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var openIDConnectProviderArn: String
        var tagKeys: [String]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(
            Self.name, on: input.openIDConnectProviderArn, access, context, keys: ["aws:TagKeys": input.tagKeys])
        let (name, keys) = (input.openIDConnectProviderArn, input.tagKeys)
        try await call.change { state in state.untag(try state.requireProvider(name, in: call.account), keys) }
        return Empty()
    }
}

/// The tags of an OpenID Connect provider.
struct ListOpenIDConnectProviderTags: Operation {
    static let route = iam

    struct Input: Decodable {
        var openIDConnectProviderArn: String
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let tags: [WireTag]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: input.openIDConnectProviderArn, access, context)
        let tags = try call.read { try $0.requireProvider(input.openIDConnectProviderArn, in: call.account).tags }
        let page = try Page(tags, marker: input.marker, maxItems: input.maxItems)
        return Output(tags: page.elements.map { WireTag($0) }, isTruncated: page.isTruncated, marker: page.marker)
    }
}
