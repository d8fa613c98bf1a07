// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Identity providers as records: nobody signs in by them here.
extension AccessState {
    package func requireProvider(_ arn: String, in account: AccountID) throws(AccessFailure) -> IdentityProvider {
        guard let provider = find(IdentityProvider.self, arn, in: account) else {
            throw .noSuchEntity("Provider not found for arn \(arn)")
        }
        return provider
    }

    // MARK: SAML

    package mutating func createSAMLProvider(
        _ name: String, metadata: String, tags: [Tag], in account: AccountID, at moment: Timestamp
    ) throws(AccessFailure) -> IdentityProvider {
        try IAMRules.name(name, "name", maximum: 128)
        try Self.requireMetadata(metadata)
        return try add(
            IdentityProvider(
                account: account, name: name, createdAt: moment, standard: .saml(metadata: metadata, validUntil: nil),
                tags: tags), "SAMLProvidersPerAccount")
    }

    package mutating func setMetadata(_ metadata: String, of arn: String, in account: AccountID) throws(AccessFailure) {
        var provider = try requireProvider(arn, in: account)
        guard case .saml = provider.standard else { throw .noSuchEntity("SAML Provider not found for arn \(arn)") }
        try Self.requireMetadata(metadata)
        provider.standard = .saml(metadata: metadata, validUntil: nil)
        put(provider)
    }

    private static func requireMetadata(_ metadata: String) throws(AccessFailure) {
        guard (1_000...10_000_000).contains(metadata.utf8.count), metadata.contains("EntityDescriptor") else {
            throw .invalidInput(
                "Could not parse metadata: an EntityDescriptor of at least 1000 characters is expected.")
        }
        // An entity could make a reader fetch files or grow without bound.
        guard !metadata.contains("<!DOCTYPE"), !metadata.contains("<!ENTITY") else {
            throw .invalidInput("Could not parse metadata: a document type is not allowed.")
        }
    }

    // MARK: OpenID Connect

    package mutating func createOIDCProvider(
        _ url: String, _ clients: [String], _ thumbprints: [String], tags: [Tag], in account: AccountID,
        at moment: Timestamp
    ) throws(AccessFailure) -> IdentityProvider {
        let host = try IAMRules.providerHost(url)
        try Self.requireOIDC(clients, thumbprints)
        return try add(
            IdentityProvider(
                account: account, name: host, createdAt: moment,
                standard: .oidc(url: host, clients: clients, thumbprints: thumbprints), tags: tags),
            "OpenIDConnectProvidersPerAccount")
    }

    package mutating func changeOIDC(
        _ arn: String, in account: AccountID, _ body: (inout [String], inout [String]) -> Void
    ) throws(AccessFailure) {
        var provider = try requireProvider(arn, in: account)
        guard case .oidc(let url, var clients, var thumbprints) = provider.standard else {
            throw .noSuchEntity("OpenIDConnect Provider not found for arn \(arn)")
        }
        body(&clients, &thumbprints)
        try Self.requireOIDC(clients, thumbprints)
        provider.standard = .oidc(url: url, clients: clients, thumbprints: thumbprints)
        put(provider)
    }

    private static func requireOIDC(_ clients: [String], _ thumbprints: [String]) throws(AccessFailure) {
        guard clients.count <= IAMQuota.clientsPerProvider else {
            throw .limitExceeded(
                "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: \(IAMQuota.clientsPerProvider)")
        }
        guard thumbprints.count <= IAMQuota.thumbprintsPerProvider else {
            throw .limitExceeded(
                "Cannot exceed quota for ThumbprintsPerOpenIdConnectProvider: \(IAMQuota.thumbprintsPerProvider)")
        }
        for client in clients { try IAMRules.length(client, "clientID", 1...255) }
        for print in thumbprints {
            try IAMRules.length(print, "thumbprintList", 40...40)
            guard print.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0 | 0x20) }) else {
                throw .invalidInput("Thumbprint must be a hexadecimal string.")
            }
        }
    }

    private mutating func add(_ provider: IdentityProvider, _ quota: String) throws(AccessFailure) -> IdentityProvider {
        try IAMRules.tags(provider.tags)
        guard find(IdentityProvider.self, provider.arn, in: provider.account) == nil else {
            throw .alreadyExists("Provider with arn \(provider.arn) already exists.")
        }
        let kin = unordered(IdentityProvider.self, in: provider.account).count { $0.isSAML == provider.isSAML }
        guard kin < IAMQuota.providers else {
            throw .limitExceeded("Cannot exceed quota for \(quota): \(IAMQuota.providers)")
        }
        put(provider)
        return provider
    }
}

extension IdentityProvider {
    fileprivate var isSAML: Bool { if case .saml = standard { true } else { false } }
}

extension IAMRules {
    /// The host and path of an OpenID Connect provider's URL, by which it is known.
    package static func providerHost(_ url: String) throws(AccessFailure) -> String {
        try length(url, "url", 1...255)
        let scheme = "https://"
        let host = url.utf8.dropFirst(scheme.utf8.count)
        let isPlain = host.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "-._~/%".utf8.contains($0)
        }
        guard url.utf8.starts(with: scheme.utf8), isPlain, let first = host.first, first != UInt8(ascii: "/") else {
            throw .invalidInput(
                "Invalid Open ID Connect Provider URL: it begins with https:// and has neither port nor query.")
        }
        return String(url.dropFirst(scheme.count))
    }
}
