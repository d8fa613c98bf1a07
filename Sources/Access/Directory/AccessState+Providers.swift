// SPDX-License-Identifier: Apache-2.0

package import Mail

extension AccessState {
    package func requireProvider(_ arn: String, in account: AccountID) throws(AccessFailure) -> IdentityProvider {
        guard let provider = find(IdentityProvider.self, arn, in: account) else {
            throw .noSuchEntity("Provider not found for arn \(arn)")
        }
        return provider
    }

    package mutating func createSAMLProvider(
        _ name: String, metadata: String, tags: [Tag], in account: AccountID, at moment: Timestamp
    ) throws(AccessFailure) -> IdentityProvider {
        try IAMRules.name(name, "name", maximum: 128)
        try Self.requireMetadata(metadata)
        return try add(
            IdentityProvider(
                account: account, name: name, createdAt: moment, standard: .saml(metadata: metadata, validUntil: nil),
                tags: tags))
    }

    package mutating func setMetadata(_ metadata: String, of arn: String, in account: AccountID) throws(AccessFailure) {
        var provider = try requireProvider(arn, in: account)
        try Self.requireMetadata(metadata)
        provider.standard = .saml(metadata: metadata, validUntil: nil)
        put(provider)
    }

    package mutating func createOIDCProvider(
        _ url: String, _ clients: [String], _ thumbprints: [String], tags: [Tag], in account: AccountID,
        at moment: Timestamp
    ) throws(AccessFailure) -> IdentityProvider {
        guard url.hasPrefix("https://"), url.utf8.count <= 255, url.utf8.count > 8 else {
            throw .invalidInput("The URL of an OpenID Connect provider begins with https://.")
        }
        let host = String(url.dropFirst("https://".count))
        return try add(
            IdentityProvider(
                account: account, name: host, createdAt: moment,
                standard: .oidc(url: host, clients: clients, thumbprints: thumbprints), tags: tags))
    }

    package mutating func changeOIDC(
        _ arn: String, in account: AccountID, _ body: (inout [String], inout [String]) -> Void
    ) throws(AccessFailure) {
        var provider = try requireProvider(arn, in: account)
        guard case .oidc(let url, var clients, var thumbprints) = provider.standard else {
            throw .noSuchEntity("OpenIDConnect Provider not found for arn \(arn)")
        }
        body(&clients, &thumbprints)
        provider.standard = .oidc(url: url, clients: clients, thumbprints: thumbprints)
        put(provider)
    }

    private mutating func add(_ provider: IdentityProvider) throws(AccessFailure) -> IdentityProvider {
        try IAMRules.tags(provider.tags)
        guard find(IdentityProvider.self, provider.arn, in: provider.account) == nil else {
            throw .alreadyExists("Provider with arn \(provider.arn) already exists.")
        }
        put(provider)
        return provider
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

    // MARK: Tags and alias

    package mutating func tag(_ entity: some Taggable, _ tags: [Tag]) throws(AccessFailure) {
        var entity = entity
        entity.tags = entity.tags.merged(with: tags)
        try IAMRules.tags(entity.tags)
        put(entity)
    }

    package mutating func untag(_ entity: some Taggable, _ keys: [String]) {
        var entity = entity
        entity.tags = entity.tags.without(keys)
        put(entity)
    }

    package mutating func setAlias(_ alias: String, in account: AccountID) throws(AccessFailure) {
        let isPlain = alias.utf8.allSatisfy {
            (48...57).contains($0) || (97...122).contains($0) || $0 == UInt8(ascii: "-")
        }
        guard isPlain, (3...63).contains(alias.utf8.count), !alias.hasPrefix("-"), !alias.hasSuffix("-") else {
            throw .invalidInput("An account alias has 3 to 63 lower-case letters, digits and inner hyphens.")
        }
        for old in all(AccountAlias.self, in: account) { remove(old) }
        put(AccountAlias(account: account, alias: alias))
    }

    package mutating func deleteAlias(_ alias: String, in account: AccountID) throws(AccessFailure) {
        guard let found = find(AccountAlias.self, alias, in: account) else {
            throw .noSuchEntity("The account alias with name \(alias) cannot be found.")
        }
        remove(found)
    }

    /// Counts and quotas as `GetAccountSummary` names them.
    package func summary(of account: AccountID) -> [(String, Int)] {
        let devices = all(MFADevice.self, in: account)
        return [
            ("Users", count(User.self, in: account)), ("Groups", count(Group.self, in: account)),
            ("Roles", count(Role.self, in: account)), ("Policies", count(ManagedPolicy.self, in: account)),
            ("PolicyVersionsInUse", count(ManagedPolicy.self, in: account)),
            ("MFADevices", devices.count), ("MFADevicesInUse", devices.count { $0.user != nil }),
            ("AccountMFAEnabled", devices.contains { $0.user == "" } ? 1 : 0),
            ("AccountAccessKeysPresent", 1), ("AccountSigningCertificatesPresent", 0),
            ("Providers", count(IdentityProvider.self, in: account)), ("ServerCertificates", 0),
            ("InstanceProfiles", 0), ("AccessKeysPerUserQuota", Self.maximumKeysPerUser),
            ("AttachedPoliciesPerUserQuota", Self.maximumAttached),
            ("AttachedPoliciesPerGroupQuota", Self.maximumAttached),
            ("AttachedPoliciesPerRoleQuota", Self.maximumAttached), ("GroupsPerUserQuota", Self.maximumGroupsPerUser),
            ("UserPolicySizeQuota", User.inlineLimit), ("GroupPolicySizeQuota", Group.inlineLimit),
            ("RolePolicySizeQuota", Role.inlineLimit), ("PolicySizeQuota", ManagedPolicy.maximumLength),
            ("VersionsPerPolicyQuota", ManagedPolicy.maximumVersions),
            ("AssumeRolePolicySizeQuota", Self.maximumTrustLength),
        ]
    }
}
