// SPDX-License-Identifier: Apache-2.0

import Mail
package import PolicyLanguage

extension AccessControl {
    private enum Source {
        case user(User)
        case role(Role)
        case group(Group)
    }

    /// The policies of somebody in the directory, as a send of theirs would meet them; of a group its own alone.
    /// - Parameter arn: a user, group or role.
    package func policies(ofSource arn: String) throws(AccessFailure) -> (PolicySet, PolicyPrincipal) {
        let state = directory.state
        let principal: Principal
        switch try source(arn, state) {
        case .group(let group):
            let member = PolicyPrincipal(account: group.account.description, kind: .user, arn: group.arn)
            return (PolicySet(identity: library.held(by: group, state)), member)
        case .user(let user): principal = self.principal(user)
        case .role(let role):
            principal = Principal(
                account: role.account, kind: .role(name: role.name, path: role.path, id: role.id, session: "simulation")
            )
        }
        return (
            library.policies(of: principal, in: state, organization: managementAccount) ?? PolicySet(),
            principal.inPolicies
        )
    }

    private func source(_ arn: String, _ state: AccessState) throws(AccessFailure) -> Source {
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 6, fields[2] == "iam", let account = AccountID(fields[4]),
            let name = fields[5].split(separator: "/").last.map(String.init)
        else { throw Self.unclear(arn) }
        switch fields[5].prefix(while: { $0 != "/" }) {
        case "user": return .user(try require(User.self, name, arn, account, state))
        case "role": return .role(try require(Role.self, name, arn, account, state))
        case "group": return .group(try require(Group.self, name, arn, account, state))
        default: throw Self.unclear(arn)
        }
    }

    /// A name alone is not enough: with another path it is somebody who is not there.
    private func require<Holder: PolicyHolder>(
        _ type: Holder.Type, _ name: String, _ arn: String, _ account: AccountID, _ state: AccessState
    ) throws(AccessFailure) -> Holder {
        let holder = try state.require(type, name, in: account)
        guard ExactText(holder.arn) == ExactText(arn) else {
            throw .noSuchEntity("The \(Holder.noun) with ARN \(arn) cannot be found.")
        }
        return holder
    }

    private static func unclear(_ arn: String) -> AccessFailure {
        .invalidInput("Invalid Entity Arn: \(arn) does not clearly define entity type and name.")
    }

    // MARK: Keys that follow from the principal

    /// The keys that a principal itself brings to every request here. A group brings what all of its users have alike.
    package func principalContext(_ principal: PolicyPrincipal) -> [String: [String]] {
        var keys: [String: [String]] = [
            "aws:PrincipalAccount": [principal.account],
            "aws:PrincipalType": [principal.kind == .roleSession ? "AssumedRole" : "User"],
            "aws:PrincipalIsAWSService": ["false"], "aws:ViaAWSService": ["false"], "aws:RequestedRegion": [region],
        ]
        let state = directory.state
        if let id = state.organization(managementAccount)?.id { keys["aws:PrincipalOrgID"] = [id] }
        guard !principal.isGroup else { return keys }
        keys["aws:PrincipalArn"] = [principal.role ?? principal.arn]
        var tags: [Tag] = []
        switch try? source(principal.role ?? principal.arn, state) {
        case .user(let user):
            keys["aws:username"] = [user.name]
            keys["aws:userid"] = [user.id]
            tags = user.tags
        case .role(let role): tags = role.tags
        default: break
        }
        for tag in tags { keys["aws:PrincipalTag/\(tag.key)"] = [tag.value] }
        return keys
    }

    /// The same, of which only what is certain of every request: a session may bring tags of its own.
    package func certainKeys(of principal: PolicyPrincipal) -> KnownKeys {
        let prefix = "aws:principaltag/"
        var context = principalContext(principal)
        switch principal.kind {
        case .user where !principal.isGroup: return KnownKeys(PolicyContext(context), absent: [prefix])
        case .roleSession:
            context = context.filter { !$0.key.lowercased().hasPrefix(prefix) }
            return KnownKeys(PolicyContext(context), absent: ["aws:username"])
        default: return KnownKeys(PolicyContext(context))
        }
    }
}

extension PolicyPrincipal {
    /// Whether it stands for any user of a group.
    package var isGroup: Bool {
        arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).last?.hasPrefix("group/") == true
    }
}
