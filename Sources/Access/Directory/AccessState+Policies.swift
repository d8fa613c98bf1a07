// SPDX-License-Identifier: Apache-2.0

package import Mail
import PolicyLanguage

extension AccessState {
    package mutating func createPolicy(
        _ name: String, path: String = "/", document: String, description: String = "", tags: [Tag] = [],
        in account: AccountID, at moment: Timestamp, random: RandomBits
    ) throws(AccessFailure) -> ManagedPolicy {
        try IAMRules.name(name, "policyName", maximum: 128)
        try IAMRules.path(path)
        try IAMRules.tags(tags)
        try IAMRules.description(description)
        try IAMRules.document(document, as: .identity, maximum: ManagedPolicy.maximumLength)
        let taken = name.lowercased()
        guard !unordered(ManagedPolicy.self, in: account).contains(where: { $0.name.lowercased() == taken }) else {
            throw .alreadyExists("A policy called \(name) already exists. Duplicate names are not allowed.")
        }
        try requireRoom(ManagedPolicy.self, "PoliciesPerAccount", IAMQuota.policies, in: account)
        let version = ManagedPolicy.Version(id: "v1", document: document, createdAt: moment)
        let policy = ManagedPolicy(
            account: account, name: name, path: path, id: UniqueID.make("ANPA", random), description: description,
            createdAt: moment, updatedAt: moment, versions: [version], defaultVersion: "v1", nextVersion: 2, tags: tags)
        put(policy)
        return policy
    }

    package func requireManaged(_ arn: String, in account: AccountID) throws(AccessFailure) -> ManagedPolicy {
        guard let policy = find(ManagedPolicy.self, arn, in: account) else {
            throw .noSuchEntity("Policy \(arn) does not exist or is not attachable.")
        }
        return policy
    }

    package mutating func createVersion(
        of arn: String, document: String, isDefault: Bool, in account: AccountID, at moment: Timestamp
    ) throws(AccessFailure) -> ManagedPolicy.Version {
        var policy = try requireManaged(arn, in: account)
        try IAMRules.document(document, as: .identity, maximum: ManagedPolicy.maximumLength)
        guard policy.versions.count < ManagedPolicy.maximumVersions else {
            throw .limitExceeded(
                "A managed policy can have up to \(ManagedPolicy.maximumVersions) versions. Before you create a new "
                    + "version, you must delete an existing version.")
        }
        let version = ManagedPolicy.Version(id: "v\(policy.nextVersion)", document: document, createdAt: moment)
        policy.nextVersion += 1
        policy.versions.append(version)
        if isDefault { policy.defaultVersion = version.id }
        policy.updatedAt = moment
        put(policy)
        return version
    }

    package func requireVersion(
        _ id: String, of policy: ManagedPolicy
    ) throws(AccessFailure) -> ManagedPolicy.Version {
        guard let version = policy.versions.first(where: { $0.id == id }) else {
            throw .noSuchEntity("Policy \(policy.arn) version \(id) does not exist or is not attachable.")
        }
        return version
    }

    package mutating func setDefaultVersion(
        _ id: String, of arn: String, in account: AccountID, at moment: Timestamp
    ) throws(AccessFailure) {
        var policy = try requireManaged(arn, in: account)
        _ = try requireVersion(id, of: policy)
        policy.defaultVersion = id
        policy.updatedAt = moment
        put(policy)
    }

    package mutating func deleteVersion(_ id: String, of arn: String, in account: AccountID) throws(AccessFailure) {
        var policy = try requireManaged(arn, in: account)
        _ = try requireVersion(id, of: policy)
        guard policy.defaultVersion != id else {
            throw .deleteConflict("Cannot delete the default version of a policy.")
        }
        policy.versions.removeAll { $0.id == id }
        put(policy)
    }

    package mutating func deletePolicy(_ arn: String, in account: AccountID) throws(AccessFailure) {
        let policy = try requireManaged(arn, in: account)
        let use = policyUse(in: account)
        guard use.attachments(of: arn) + use.boundaries(of: arn) == 0 else {
            throw .deleteConflict("Cannot delete a policy attached to entities.")
        }
        guard policy.versions.count == 1 else {
            throw .deleteConflict(
                "This policy has more than one version. Before you delete a policy, you must delete "
                    + "the policy's versions. The default version is deleted with the policy.")
        }
        remove(policy)
    }

    /// How often each managed policy is used, counted once for all of them.
    package func policyUse(in account: AccountID) -> PolicyUse {
        var use = PolicyUse()
        for user in unordered(User.self, in: account) { use.count(user, user.boundary) }
        for group in unordered(Group.self, in: account) { use.count(group, nil) }
        for role in unordered(Role.self, in: account) { use.count(role, role.boundary) }
        return use
    }
}

/// How often managed policies are attached, and how often they bound somebody.
package struct PolicyUse: Sendable {
    private var attached: [String: Int] = [:]
    private var bounding: [String: Int] = [:]

    /// Of what nobody uses yet.
    package init() {}

    package func attachments(of arn: String) -> Int { attached[arn] ?? 0 }
    package func boundaries(of arn: String) -> Int { bounding[arn] ?? 0 }

    fileprivate mutating func count(_ holder: some PolicyHolder, _ boundary: String?) {
        for arn in holder.attached { attached[arn, default: 0] += 1 }
        if let boundary { bounding[boundary, default: 0] += 1 }
    }
}
