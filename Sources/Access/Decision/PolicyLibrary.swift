// SPDX-License-Identifier: Apache-2.0

import Mail
import PolicyLanguage
import Synchronization

/// Parsed policies by their text, and all policies of a principal by the directory's generation.
///
/// Texts are told apart octet by octet, as policies themselves tell them apart.
final class PolicyLibrary: Sendable {
    static let capacity = 10_000

    /// All that follows from who somebody is, as long as the directory stays as it is.
    struct Held: Sendable {
        fileprivate let generation: UInt64
        /// Nil for somebody who is not there any more.
        let policies: PolicySet?
        let restrictions: Restrictions
        /// The user's or role's own.
        let tags: [Tag]
        private let narrowed = NarrowedPolicies()

        fileprivate init(generation: UInt64, policies: PolicySet?, restrictions: Restrictions, tags: [Tag]) {
            self.generation = generation
            self.policies = policies
            self.restrictions = restrictions
            self.tags = tags
        }

        /// The policies, of which only what speaks of this action on this resource: gives the same verdicts.
        func policies(for action: String, on resource: String) -> PolicySet? {
            let key = NarrowedPolicies.Key(action: ExactText(action), resource: ExactText(resource))
            return policies.map { narrowed.policies(key, of: $0) }
        }
    }

    /// What is left of somebody's policies for one action on one thing; most senders ask for few.
    private final class NarrowedPolicies: Sendable {
        static let capacity = 64

        struct Key: Hashable {
            let action: ExactText
            let resource: ExactText
        }

        private let sets = Mutex<[Key: PolicySet]>([:])

        func policies(_ key: Key, of whole: PolicySet) -> PolicySet {
            if let known = sets.withLock({ $0[key] }) { return known }
            let narrowed = whole.narrowed(to: key.action.text, on: key.resource.text)
            sets.withLock {
                if $0.count >= Self.capacity { $0.removeAll() }
                $0[key] = narrowed
            }
            return narrowed
        }
    }

    /// The same text may be a policy of one kind and none of another.
    private struct Document: Hashable {
        let text: ExactText
        let kind: Policy.Kind
    }

    private struct Holder: Hashable {
        let principal: Principal
        let sessionPolicies: [ExactText]?

        init(_ principal: Principal) {
            self.principal = principal
            sessionPolicies = principal.session?.policies?.map(ExactText.init)
        }
    }

    private let documents = Mutex<[Document: Policy]>([:])
    private let sets = Mutex<[Holder: Held]>([:])

    /// Nil for a text that is no policy: the directory holds none, for they are checked when they are put.
    func policy(_ text: String, as kind: Policy.Kind) -> Policy? {
        let document = Document(text: ExactText(text), kind: kind)
        if let known = documents.withLock({ $0[document] }) { return known }
        guard let policy = try? Policy(parsing: text, as: kind) else { return nil }
        documents.withLock {
            if $0.count >= Self.capacity { $0.removeAll() }
            $0[document] = policy
        }
        return policy
    }

    /// - Returns: nil for somebody who is not there any more.
    func policies(of principal: Principal, in state: AccessState, organization: AccountID) -> PolicySet? {
        held(principal, state, organization).policies
    }

    func restrictions(on principal: Principal, in state: AccessState, organization: AccountID) -> Restrictions {
        held(principal, state, organization).restrictions
    }

    func held(_ principal: Principal, _ state: AccessState, _ organization: AccountID) -> Held {
        let holder = Holder(principal)
        if let held = sets.withLock({ $0[holder] }), held.generation == state.generation { return held }
        let policies = build(principal, state, organization)
        let everything = policies.map { set in
            set.identity + [set.boundary].compactMap(\.self) + (set.session ?? []) + set.organization.flatMap { $0 }
        }
        let held = Held(
            generation: state.generation, policies: policies, restrictions: Restrictions(of: everything ?? []),
            tags: principal.ownTags(in: state))
        sets.withLock {
            if $0.count >= Self.capacity { $0.removeAll() }
            $0[holder] = held
        }
        return held
    }

    private func build(_ principal: Principal, _ state: AccessState, _ management: AccountID) -> PolicySet? {
        var set = PolicySet()
        switch principal.kind {
        case .root: break
        case .user(let name, _, let id):
            guard let user = state.find(User.self, name.lowercased(), in: principal.account), user.id == id else {
                return nil
            }
            let groups = user.groups.sorted().compactMap { state.find(Group.self, $0, in: user.account) }
            set.identity = held(by: user, state) + groups.flatMap { held(by: $0, state) }
            set.boundary = boundary(of: user, state)
        case .role(let name, _, let id, _):
            guard let role = state.find(Role.self, name.lowercased(), in: principal.account), role.id == id else {
                return nil
            }
            set.identity = held(by: role, state)
            set.boundary = boundary(of: role, state)
        }
        set.session = principal.session?.policies.map { texts in
            texts.enumerated().map { named("session policy \($0 + 1)", $1, .identity) }
        }
        set.organization = organization(of: principal.account, state, management)
        return set
    }

    func held(by holder: some PolicyHolder, _ state: AccessState) -> [NamedPolicy] {
        let inline = holder.inline.sorted { $0.key < $1.key }.map { named($0.key, $0.value, .identity) }
        return inline + holder.attached.map { managed($0, state, holder.account) }
    }

    private func boundary(of holder: some Bounded, _ state: AccessState) -> NamedPolicy? {
        holder.boundary.map { managed($0, state, holder.account) }
    }

    private func managed(_ arn: String, _ state: AccessState, _ account: AccountID) -> NamedPolicy {
        if let text = AWSManagedPolicies.document(arn) {
            return named(AWSManagedPolicies.name(of: arn), text, .identity)
        }
        guard let policy = state.find(ManagedPolicy.self, arn, in: account) else { return Self.denyAll(arn) }
        return named("\(policy.name) \(policy.defaultVersion)", policy.document, .identity)
    }

    /// The management account is above its organisation's policies, as on AWS.
    private func organization(of account: AccountID, _ state: AccessState, _ management: AccountID) -> [[NamedPolicy]] {
        guard account != management, let root = state.find(Organization.self, "organization", in: management)?.rootID
        else { return [] }
        let policies = state.all(ServiceControlPolicy.self, in: management)
        return [root, account.description].map { target in
            policies.filter { $0.targets.contains(target) }.map { named($0.name, $0.document, .organization) }
        }
    }

    func named(_ name: String, _ text: String, _ kind: Policy.Kind) -> NamedPolicy {
        policy(text, as: kind).map { NamedPolicy(name: name, policy: $0) } ?? Self.denyAll(name)
    }

    // What should be there and cannot be read denies: a hole would allow what it forbade.
    private static func denyAll(_ name: String) -> NamedPolicy {
        let text =
            #"{"Version":"2012-10-17","Statement":{"Sid":"Unreadable","Effect":"Deny","Action":"*","Resource":"*"}}"#
        guard let policy = try? Policy(parsing: text, as: .identity) else {
            preconditionFailure("a constant cannot be read")
        }
        return NamedPolicy(name: name, policy: policy)
    }
}
