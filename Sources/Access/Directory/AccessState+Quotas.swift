// SPDX-License-Identifier: Apache-2.0

package import Mail

/// How much an account may hold: IAM's own defaults ("IAM and STS quotas", IAM user guide).
package enum IAMQuota {
    package static let users = 5_000
    package static let groups = 300
    package static let roles = 1_000
    package static let policies = 1_500
    /// Virtual devices, in use or not: as many as users.
    package static let devices = users
    /// SAML and OpenID Connect providers, each.
    package static let providers = 100
    package static let clientsPerProvider = 100
    package static let thumbprintsPerProvider = 5
    package static let attachedPolicies = 10
    package static let groupsPerUser = 10
    package static let keysPerUser = 2
    package static let devicesPerUser = 8
    /// Characters of a trust policy, white space not counted.
    package static let trustLength = 2_048
}

extension AccessState {
    /// - Throws: when the account has as many as it may.
    func requireRoom<Entity: AccessEntity>(
        _ type: Entity.Type, _ quota: String, _ maximum: Int, in account: AccountID
    ) throws(AccessFailure) {
        guard count(type, in: account) < maximum else {
            throw .limitExceeded("Cannot exceed quota for \(quota): \(maximum)")
        }
    }

    /// Counts and quotas as `GetAccountSummary` names them.
    /// - Parameter rootHasKey: whether the account's root user has an access key.
    package func summary(of account: AccountID, rootHasKey: Bool) -> [(String, Int)] {
        let devices = all(MFADevice.self, in: account)
        return counts(of: account, devices) + [
            ("AccountMFAEnabled", devices.contains { $0.user == "" } ? 1 : 0),
            ("AccountAccessKeysPresent", rootHasKey ? 1 : 0), ("AccountPasswordPresent", 0),
            ("AccountSigningCertificatesPresent", 0), ("ServerCertificates", 0), ("ServerCertificatesQuota", 0),
            ("InstanceProfiles", 0), ("InstanceProfilesQuota", 0), ("SigningCertificatesPerUserQuota", 0),
            ("UsersQuota", IAMQuota.users), ("GroupsQuota", IAMQuota.groups), ("RolesQuota", IAMQuota.roles),
            ("PoliciesQuota", IAMQuota.policies), ("AccessKeysPerUserQuota", IAMQuota.keysPerUser),
            ("AttachedPoliciesPerUserQuota", IAMQuota.attachedPolicies),
            ("AttachedPoliciesPerGroupQuota", IAMQuota.attachedPolicies),
            ("AttachedPoliciesPerRoleQuota", IAMQuota.attachedPolicies),
            ("GroupsPerUserQuota", IAMQuota.groupsPerUser), ("UserPolicySizeQuota", User.inlineLimit),
            ("GroupPolicySizeQuota", Group.inlineLimit), ("RolePolicySizeQuota", Role.inlineLimit),
            ("PolicySizeQuota", ManagedPolicy.maximumLength),
            ("VersionsPerPolicyQuota", ManagedPolicy.maximumVersions),
            ("AssumeRolePolicySizeQuota", IAMQuota.trustLength),
        ]
    }

    private func counts(of account: AccountID, _ devices: [MFADevice]) -> [(String, Int)] {
        [
            ("Users", count(User.self, in: account)), ("Groups", count(Group.self, in: account)),
            ("Roles", count(Role.self, in: account)), ("Policies", count(ManagedPolicy.self, in: account)),
            ("PolicyVersionsInUse", count(ManagedPolicy.self, in: account)),
            ("Providers", count(IdentityProvider.self, in: account)), ("MFADevices", devices.count),
            ("MFADevicesInUse", devices.count { $0.user != nil }),
        ]
    }
}
