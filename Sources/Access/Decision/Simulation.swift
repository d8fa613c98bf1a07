// SPDX-License-Identifier: Apache-2.0

import Mail
package import PolicyLanguage

extension AccessControl {
    /// The policies of somebody in the directory, as a send of theirs would meet them.
    /// - Parameter arn: a user, group or role.
    package func policies(ofSource arn: String) throws(AccessFailure) -> (PolicySet, PolicyPrincipal) {
        let state = directory.state
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 6, fields[2] == "iam", let account = AccountID(fields[4]),
            let name = fields[5].split(separator: "/").last.map(String.init)
        else { throw .invalidInput("Invalid Entity Arn: \(arn) does not clearly define entity type and name.") }
        if fields[5].hasPrefix("user/") {
            let user = try state.require(User.self, name, in: account)
            let principal = principal(user)
            return (
                library.policies(of: principal, in: state, organization: managementAccount) ?? PolicySet(),
                principal.inPolicies
            )
        }
        if fields[5].hasPrefix("role/") {
            let role = try state.require(Role.self, name, in: account)
            let principal = Principal(
                account: account, kind: .role(name: role.name, path: role.path, id: role.id, session: "simulation"))
            return (
                library.policies(of: principal, in: state, organization: managementAccount) ?? PolicySet(),
                principal.inPolicies
            )
        }
        if fields[5].hasPrefix("group/") {
            let group = try state.require(Group.self, name, in: account)
            let principal = PolicyPrincipal(account: account.description, kind: .user, arn: arn)
            return (PolicySet(identity: library.held(by: group, state)), principal)
        }
        throw .invalidInput("Invalid Entity Arn: \(arn) does not clearly define entity type and name.")
    }

    /// The keys that a principal itself brings to every request.
    package func principalContext(_ principal: PolicyPrincipal) -> [String: [String]] {
        var keys: [String: [String]] = [
            "aws:PrincipalArn": [principal.role ?? principal.arn], "aws:PrincipalAccount": [principal.account],
            "aws:PrincipalType": [principal.kind == .roleSession ? "AssumedRole" : "User"],
        ]
        if principal.kind == .user, let name = principal.arn.split(separator: "/").last {
            keys["aws:username"] = [String(name)]
        }
        let state = directory.state
        if let id = state.organization(managementAccount)?.id { keys["aws:PrincipalOrgID"] = [id] }
        return keys
    }
}
