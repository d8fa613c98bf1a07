// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

struct SAMLEntry: Encodable, Sendable {
    let arn: String
    let validUntil: Moment?
    let createDate: Moment
}

struct ProviderEntry: Encodable, Sendable {
    let arn: String
}

/// Records a SAML identity provider.
struct CreateSAMLProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var name: String
        var sAMLMetadataDocument: String
        var tags: [WireTag]?
    }
    struct Output: Encodable {
        let sAMLProviderArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: "saml-provider/\(input.name)", access, context, keys: input.tags.keys)
        let (name, metadata, tags) = (input.name, input.sAMLMetadataDocument, input.tags.tags)
        return Output(
            sAMLProviderArn: try await call.change {
                try $0.createSAMLProvider(name, metadata: metadata, tags: tags, in: call.account, at: call.now).arn
            })
    }
}

/// A SAML identity provider with its metadata.
struct GetSAMLProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var sAMLProviderArn: String
    }
    struct Output: Encodable {
        let sAMLMetadataDocument: String
        let createDate: Moment
        let validUntil: Moment?
        let tags: [WireTag]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: input.sAMLProviderArn, access, context)
        let provider = try call.read { try $0.requireProvider(input.sAMLProviderArn, in: call.account) }
        guard case .saml(let metadata, let until) = provider.standard else {
            throw ServiceError("NoSuchEntity", "Not a SAML provider.", status: 404)
        }
        return Output(
            sAMLMetadataDocument: metadata, createDate: moment(provider.createdAt), validUntil: until.map(moment),
            tags: provider.tags.map { WireTag($0) })
    }
}

/// The account's SAML identity providers.
struct ListSAMLProviders: Operation {
    static let route = iam

    struct Output: Encodable {
        let sAMLProviderList: [SAMLEntry]
    }

    let access: AccessControl

    func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: "saml-provider/", access, context)
        return Output(
            sAMLProviderList: call.state.all(IdentityProvider.self, in: call.account).compactMap { provider in
                guard case .saml(_, let until) = provider.standard else { return nil }
                return SAMLEntry(
                    arn: provider.arn, validUntil: until.map(moment), createDate: moment(provider.createdAt))
            })
    }
}

/// Replaces a SAML provider's metadata.
struct UpdateSAMLProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var sAMLProviderArn: String
        var sAMLMetadataDocument: String
    }
    struct Output: Encodable {
        let sAMLProviderArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: input.sAMLProviderArn, access, context)
        let (arn, metadata) = (input.sAMLProviderArn, input.sAMLMetadataDocument)
        try await call.change { try $0.setMetadata(metadata, of: arn, in: call.account) }
        return Output(sAMLProviderArn: arn)
    }
}

/// Deletes an identity provider.
struct DeleteSAMLProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var sAMLProviderArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.sAMLProviderArn, access, context)
        let arn = input.sAMLProviderArn
        try await call.change { $0.remove(try $0.requireProvider(arn, in: call.account)) }
        return Empty()
    }
}

/// Deletes an identity provider.
struct DeleteOpenIDConnectProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var openIDConnectProviderArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.openIDConnectProviderArn, access, context)
        let arn = input.openIDConnectProviderArn
        try await call.change { $0.remove(try $0.requireProvider(arn, in: call.account)) }
        return Empty()
    }
}

/// Records an OpenID Connect provider.
struct CreateOpenIDConnectProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var url: String
        var clientIDList: [String]?
        var thumbprintList: [String]?
        var tags: [WireTag]?
    }
    struct Output: Encodable {
        let openIDConnectProviderArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: "oidc-provider/\(input.url)", access, context, keys: input.tags.keys)
        let (url, clients, prints, tags) = (
            input.url, input.clientIDList ?? [], input.thumbprintList ?? [], input.tags.tags
        )
        return Output(
            openIDConnectProviderArn: try await call.change {
                try $0.createOIDCProvider(url, clients, prints, tags: tags, in: call.account, at: call.now).arn
            })
    }
}

/// An OpenID Connect provider.
struct GetOpenIDConnectProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var openIDConnectProviderArn: String
    }
    struct Output: Encodable {
        let url: String
        let clientIDList: [String]
        let thumbprintList: [String]
        let createDate: Moment
        let tags: [WireTag]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: input.openIDConnectProviderArn, access, context)
        let provider = try call.read { try $0.requireProvider(input.openIDConnectProviderArn, in: call.account) }
        guard case .oidc(let url, let clients, let prints) = provider.standard else {
            throw ServiceError("NoSuchEntity", "Not an OpenID Connect provider.", status: 404)
        }
        return Output(
            url: url, clientIDList: clients, thumbprintList: prints, createDate: moment(provider.createdAt),
            tags: provider.tags.map { WireTag($0) })
    }
}

/// The account's OpenID Connect providers.
struct ListOpenIDConnectProviders: Operation {
    static let route = iam

    struct Output: Encodable {
        let openIDConnectProviderList: [ProviderEntry]
    }

    let access: AccessControl

    func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: "oidc-provider/", access, context)
        return Output(
            openIDConnectProviderList: call.state.all(IdentityProvider.self, in: call.account).compactMap { provider in
                if case .oidc = provider.standard { ProviderEntry(arn: provider.arn) } else { nil }
            })
    }
}

/// Lets a client sign in by a provider.
struct AddClientIDToOpenIDConnectProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var openIDConnectProviderArn: String
        var clientID: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.openIDConnectProviderArn, access, context)
        let (arn, client) = (input.openIDConnectProviderArn, input.clientID)
        try await call.change { state in
            try state.changeOIDC(arn, in: call.account) { clients, prints in
                clients = clients.filter { $0 != client } + [client]
            }
        }
        return Empty()
    }
}

/// Lets a client sign in no more.
struct RemoveClientIDFromOpenIDConnectProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var openIDConnectProviderArn: String
        var clientID: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.openIDConnectProviderArn, access, context)
        let (arn, client) = (input.openIDConnectProviderArn, input.clientID)
        try await call.change { state in
            try state.changeOIDC(arn, in: call.account) { clients, prints in clients = clients.filter { $0 != client } }
        }
        return Empty()
    }
}

/// Replaces a provider's thumbprints.
struct UpdateOpenIDConnectProviderThumbprint: Operation {
    static let route = iam

    struct Input: Decodable {
        var openIDConnectProviderArn: String
        var thumbprintList: [String]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.openIDConnectProviderArn, access, context)
        let (arn, list) = (input.openIDConnectProviderArn, input.thumbprintList)
        try await call.change { state in try state.changeOIDC(arn, in: call.account) { _, prints in prints = list } }
        return Empty()
    }
}
