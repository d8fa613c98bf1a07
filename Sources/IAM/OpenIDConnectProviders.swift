// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

struct ProviderEntry: Encodable, Sendable {
    let arn: String
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
        let tags: [WireTag]?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (url, tags) = (input.url, try input.tags.checked)
        let call = try IAMCall(Self.name, on: .new(.oidc, url, path: nil), access, context, keys: tags.keys)
        let (clients, prints) = (input.clientIDList ?? [], input.thumbprintList ?? [])
        let provider = try await call.change {
            try $0.createOIDCProvider(url, clients, prints, tags: tags, in: call.account, at: call.now)
        }
        return Output(openIDConnectProviderArn: provider.arn, tags: input.tags)
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
        let call = try IAMCall(Self.name, on: .arn(.oidc, input.openIDConnectProviderArn), access, context)
        let provider = try call.read { try $0.requireProvider(input.openIDConnectProviderArn, in: call.account) }
        guard case .oidc(let url, let clients, let prints) = provider.standard else {
            throw ServiceError(.noSuchEntity("Not an OpenID Connect provider."))
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
        let call = try IAMCall(Self.name, on: .all(.oidc, under: nil), access, context)
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
        let (arn, client) = (input.openIDConnectProviderArn, input.clientID)
        let call = try IAMCall(Self.name, on: .arn(.oidc, arn), access, context)
        try await call.change { state in
            try state.changeOIDC(arn, in: call.account) { clients, _ in
                clients = clients.filter { $0 != client } + [client]
            }
        }
        return Empty()
    }
}

/// Lets a client sign in no more.
struct RemoveClientIDFromOpenIDConnectProvider: Operation {
    static let route = iam

    let access: AccessControl

    func run(
        _ input: AddClientIDToOpenIDConnectProvider.Input, as context: RequestContext
    ) async throws -> Empty {
        let (arn, client) = (input.openIDConnectProviderArn, input.clientID)
        let call = try IAMCall(Self.name, on: .arn(.oidc, arn), access, context)
        try await call.change { state in
            try state.changeOIDC(arn, in: call.account) { clients, _ in clients = clients.filter { $0 != client } }
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
        let (arn, list) = (input.openIDConnectProviderArn, input.thumbprintList)
        let call = try IAMCall(Self.name, on: .arn(.oidc, arn), access, context)
        try await call.change { state in try state.changeOIDC(arn, in: call.account) { _, prints in prints = list } }
        return Empty()
    }
}

/// Deletes an OpenID Connect provider.
struct DeleteOpenIDConnectProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var openIDConnectProviderArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let arn = input.openIDConnectProviderArn
        let call = try IAMCall(Self.name, on: .arn(.oidc, arn), access, context)
        try await call.change { $0.remove(try $0.requireProvider(arn, in: call.account)) }
        return Empty()
    }
}
