// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Tags a SAML identity provider.
struct TagSAMLProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var sAMLProviderArn: String
        var tags: [WireTag]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, tags) = (input.sAMLProviderArn, try Optional(input.tags).checked)
        let call = try IAMCall(Self.name, on: .arn(.saml, name), access, context, keys: tags.keys)
        try await call.change { state in try state.tag(try state.requireProvider(name, in: call.account), tags) }
        return Empty()
    }
}

/// Takes tags from a SAML identity provider.
struct UntagSAMLProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var sAMLProviderArn: String
        var tagKeys: TagKeys
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, tags) = (input.sAMLProviderArn, input.tagKeys)
        let call = try IAMCall(Self.name, on: .arn(.saml, name), access, context, keys: tags.keys)
        try await call.change { state in state.untag(try state.requireProvider(name, in: call.account), tags.list) }
        return Empty()
    }
}

/// The tags of a SAML identity provider.
struct ListSAMLProviderTags: Operation {
    static let route = iam

    struct Input: Decodable {
        var sAMLProviderArn: String
        var marker: String?
        var maxItems: Number?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> TagsOutput {
        let name = input.sAMLProviderArn
        let call = try IAMCall(Self.name, on: .arn(.saml, name), access, context)
        let tags = try call.read { state in try state.requireProvider(name, in: call.account).tags }
        return try TagsOutput(tags, marker: input.marker, maxItems: input.maxItems)
    }
}

/// Tags an OpenID Connect provider.
struct TagOpenIDConnectProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var openIDConnectProviderArn: String
        var tags: [WireTag]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, tags) = (input.openIDConnectProviderArn, try Optional(input.tags).checked)
        let call = try IAMCall(Self.name, on: .arn(.oidc, name), access, context, keys: tags.keys)
        try await call.change { state in try state.tag(try state.requireProvider(name, in: call.account), tags) }
        return Empty()
    }
}

/// Takes tags from an OpenID Connect provider.
struct UntagOpenIDConnectProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var openIDConnectProviderArn: String
        var tagKeys: TagKeys
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, tags) = (input.openIDConnectProviderArn, input.tagKeys)
        let call = try IAMCall(Self.name, on: .arn(.oidc, name), access, context, keys: tags.keys)
        try await call.change { state in state.untag(try state.requireProvider(name, in: call.account), tags.list) }
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

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> TagsOutput {
        let name = input.openIDConnectProviderArn
        let call = try IAMCall(Self.name, on: .arn(.oidc, name), access, context)
        let tags = try call.read { state in try state.requireProvider(name, in: call.account).tags }
        return try TagsOutput(tags, marker: input.marker, maxItems: input.maxItems)
    }
}
