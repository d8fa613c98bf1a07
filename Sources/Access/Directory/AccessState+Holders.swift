// SPDX-License-Identifier: Apache-2.0

package import Mail
import PolicyLanguage

/// What users, groups and roles have in common: finding, inline policies, attachments, boundaries.
extension AccessState {
    package func require<Holder: PolicyHolder>(
        _ type: Holder.Type, _ name: String, in account: AccountID
    ) throws(AccessFailure) -> Holder {
        guard let holder = find(type, name.lowercased(), in: account) else {
            throw .noSuchEntity("The \(Holder.noun) with name \(name) cannot be found.")
        }
        return holder
    }

    /// - Throws: when the name is taken, in whatever case.
    func requireFree<Holder: PolicyHolder>(_ type: Holder.Type, _ name: String, in account: AccountID)
        throws(AccessFailure)
    {
        guard find(type, name.lowercased(), in: account) == nil else {
            let noun = Holder.noun.prefix(1).uppercased() + Holder.noun.dropFirst()
            throw .alreadyExists("\(noun) with name \(name) already exists.")
        }
    }

    // MARK: Inline policies

    package mutating func putInline<Holder: PolicyHolder>(
        _ type: Holder.Type, _ name: String, policy: String, document: String, in account: AccountID
    ) throws(AccessFailure) {
        var holder = try require(type, name, in: account)
        try IAMRules.name(policy, "policyName", maximum: 128)
        try IAMRules.document(document, as: .identity, maximum: Holder.inlineLimit)
        holder.inline[holder.inlineName(policy) ?? policy] = document
        guard holder.inline.values.reduce(0, { $0 + IAMRules.length($1) }) <= Holder.inlineLimit else {
            throw .limitExceeded(
                "Maximum policy size of \(Holder.inlineLimit) bytes exceeded for \(Holder.noun) \(holder.name)")
        }
        put(holder)
    }

    package func inline<Holder: PolicyHolder>(
        _ type: Holder.Type, _ name: String, policy: String, in account: AccountID
    ) throws(AccessFailure) -> String {
        let holder = try require(type, name, in: account)
        guard let known = holder.inlineName(policy), let document = holder.inline[known] else {
            throw .noSuchEntity("The \(Holder.noun) policy with name \(policy) cannot be found.")
        }
        return document
    }

    package mutating func deleteInline<Holder: PolicyHolder>(
        _ type: Holder.Type, _ name: String, policy: String, in account: AccountID
    ) throws(AccessFailure) {
        _ = try inline(type, name, policy: policy, in: account)
        var holder = try require(type, name, in: account)
        if let known = holder.inlineName(policy) { holder.inline[known] = nil }
        put(holder)
    }

    // MARK: Attachments

    package mutating func attach<Holder: PolicyHolder>(
        _ type: Holder.Type, _ name: String, policy arn: String, in account: AccountID
    ) throws(AccessFailure) {
        var holder = try require(type, name, in: account)
        try requirePolicy(arn, in: account)
        guard !holder.attached.contains(arn) else { return }
        guard holder.attached.count < IAMQuota.attachedPolicies else {
            let noun = Holder.noun.prefix(1).uppercased() + Holder.noun.dropFirst()
            throw .limitExceeded("Cannot exceed quota for PoliciesPer\(noun): \(IAMQuota.attachedPolicies)")
        }
        holder.attached.append(arn)
        put(holder)
    }

    package mutating func detach<Holder: PolicyHolder>(
        _ type: Holder.Type, _ name: String, policy arn: String, in account: AccountID
    ) throws(AccessFailure) {
        var holder = try require(type, name, in: account)
        guard let place = holder.attached.firstIndex(of: arn) else {
            throw .noSuchEntity("Policy \(arn) was not found.")
        }
        holder.attached.remove(at: place)
        put(holder)
    }

    package mutating func setBoundary<Holder: Bounded>(
        _ type: Holder.Type, _ name: String, _ arn: String?, in account: AccountID
    ) throws(AccessFailure) {
        var holder = try require(type, name, in: account)
        if let arn { try requirePolicy(arn, in: account) }
        guard arn != nil || holder.boundary != nil else {
            throw .noSuchEntity("The \(Holder.noun) with name \(holder.name) has no permissions boundary.")
        }
        holder.boundary = arn
        put(holder)
    }

    /// A managed policy of this account or of AWS.
    func requirePolicy(_ arn: String, in account: AccountID) throws(AccessFailure) {
        guard AWSManagedPolicies.document(arn) != nil || find(ManagedPolicy.self, arn, in: account) != nil else {
            throw .noSuchEntity("Policy \(arn) does not exist or is not attachable.")
        }
    }

    func requireBare(_ holder: some PolicyHolder) throws(AccessFailure) {
        guard holder.attached.isEmpty else {
            throw .deleteConflict("Cannot delete entity, must detach all policies first.")
        }
        guard holder.inline.isEmpty else {
            throw .deleteConflict("Cannot delete entity, must delete policies first.")
        }
    }
}

extension PolicyHolder {
    /// The name of an inline policy as it was first written: IAM tells them apart by more than case.
    package func inlineName(_ name: String) -> String? {
        if inline[name] != nil { return name }
        return inline.keys.first { $0.lowercased() == name.lowercased() }
    }
}
