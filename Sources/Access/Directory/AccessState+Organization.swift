// SPDX-License-Identifier: Apache-2.0

package import Mail
import PolicyLanguage

/// The organisation and its policies of type SERVICE_CONTROL_POLICY.
extension AccessState {
    package static let maximumControlPolicies = 1_000

    package func organization(_ management: AccountID) -> Organization? {
        find(Organization.self, "organization", in: management)
    }

    package func requireControlPolicy(_ id: String, _ management: AccountID) throws(AccessFailure)
        -> ServiceControlPolicy
    {
        guard let policy = find(ServiceControlPolicy.self, id, in: management) else {
            throw .noSuchEntity("We can't find a policy with the PolicyId that you specified.")
        }
        return policy
    }

    package mutating func createServiceControlPolicy(
        name: String, description: String, document: String, tags: [Tag], management: AccountID, random: RandomBits
    ) throws(AccessFailure) -> ServiceControlPolicy {
        try IAMRules.tags(tags)
        guard count(ServiceControlPolicy.self, in: management) < Self.maximumControlPolicies else {
            throw .limitExceeded(
                "POLICY_NUMBER_LIMIT_EXCEEDED: an organization has \(Self.maximumControlPolicies) policies at most.")
        }
        var policy = ServiceControlPolicy(
            account: management, id: UniqueID.small("p-", 8, random), name: name, description: description,
            document: document, targets: [])
        policy.tags = tags
        try requireSound(policy)
        put(policy)
        return policy
    }

    /// Changes what is given of a policy's name, description and document.
    package mutating func updateServiceControlPolicy(
        _ id: String, name: String?, description: String?, document: String?, management: AccountID
    ) throws(AccessFailure) -> ServiceControlPolicy {
        var policy = try requireControlPolicy(id, management)
        policy.name = name ?? policy.name
        policy.description = description ?? policy.description
        policy.document = document ?? policy.document
        try requireSound(policy)
        put(policy)
        return policy
    }

    private func requireSound(_ policy: ServiceControlPolicy) throws(AccessFailure) {
        guard (1...128).contains(policy.name.unicodeScalars.count) else {
            throw .invalidInput("MAX_LENGTH_EXCEEDED: a policy's name has 1 to 128 characters.")
        }
        guard policy.description.unicodeScalars.count <= 512 else {
            throw .invalidInput("MAX_LENGTH_EXCEEDED: a policy's description has 512 characters at most.")
        }
        try Self.requireControl(policy.document)
        let isTaken = unordered(ServiceControlPolicy.self, in: policy.account).contains {
            $0.name == policy.name && $0.id != policy.id
        }
        guard !isTaken else { throw .alreadyExists("A policy with the same name already exists.") }
    }

    private static func requireControl(_ document: String) throws(AccessFailure) {
        guard document.utf8.count <= ServiceControlPolicy.maximumLength else {
            throw .limitExceeded(
                "POLICY_CONTENT_LIMIT_EXCEEDED: the policy exceeds \(ServiceControlPolicy.maximumLength) bytes.")
        }
        do {
            _ = try Policy(parsing: document, as: .organization)
        } catch {
            throw .malformedPolicy(error.description)
        }
    }
}
