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

/// Assertions are not decrypted here, for nobody signs in by them: whoever asks for it relies on it, and is refused.
private func refuseEncryption(_ members: Any?...) throws {
    guard members.allSatisfy({ $0 == nil }) else {
        throw ServiceError("InvalidInput", "Encrypted SAML assertions are not available in this version of Postern.")
    }
}

/// Records a SAML identity provider.
struct CreateSAMLProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var name: String
        var sAMLMetadataDocument: String
        var tags: [WireTag]?
        var assertionEncryptionMode: String?
        var addPrivateKey: String?
    }
    struct Output: Encodable {
        let sAMLProviderArn: String
        let tags: [WireTag]?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (name, metadata, tags) = (input.name, input.sAMLMetadataDocument, try input.tags.checked)
        let call = try IAMCall(Self.name, on: .new(.saml, name, path: nil), access, context, keys: tags.keys)
        try refuseEncryption(input.assertionEncryptionMode, input.addPrivateKey)
        let provider = try await call.change {
            try $0.createSAMLProvider(name, metadata: metadata, tags: tags, in: call.account, at: call.now)
        }
        return Output(sAMLProviderArn: provider.arn, tags: input.tags)
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
        let call = try IAMCall(Self.name, on: .arn(.saml, input.sAMLProviderArn), access, context)
        let provider = try call.read { try $0.requireProvider(input.sAMLProviderArn, in: call.account) }
        guard case .saml(let metadata, let until) = provider.standard else {
            throw ServiceError(.noSuchEntity("Not a SAML provider."))
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
        let call = try IAMCall(Self.name, on: .all(.saml, under: nil), access, context)
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
        var sAMLMetadataDocument: String?
        var assertionEncryptionMode: String?
        var addPrivateKey: String?
        var removePrivateKey: String?
    }
    struct Output: Encodable {
        let sAMLProviderArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let arn = input.sAMLProviderArn
        let call = try IAMCall(Self.name, on: .arn(.saml, arn), access, context)
        try refuseEncryption(input.assertionEncryptionMode, input.addPrivateKey, input.removePrivateKey)
        guard let metadata = input.sAMLMetadataDocument else {
            throw ServiceError("InvalidInput", "There is nothing to update.")
        }
        try await call.change { try $0.setMetadata(metadata, of: arn, in: call.account) }
        return Output(sAMLProviderArn: arn)
    }
}

/// Deletes a SAML identity provider.
struct DeleteSAMLProvider: Operation {
    static let route = iam

    struct Input: Decodable {
        var sAMLProviderArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let arn = input.sAMLProviderArn
        let call = try IAMCall(Self.name, on: .arn(.saml, arn), access, context)
        try await call.change { $0.remove(try $0.requireProvider(arn, in: call.account)) }
        return Empty()
    }
}
