// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail
import PolicyLanguage

extension AccessDirectory {
    package static let fullAccessPolicy = "p-FullAWSAccess"
    /// The role by which the management account reaches into its members.
    package static let accessRole = "OrganizationAccountAccessRole"

    /// Makes the organisation at the first start: the management account, the root, and the policy that allows all.
    package func foundOrganization() async throws {
        guard state.find(Organization.self, "organization", in: managementAccount) == nil else { return }
        let (account, moment, random) = (managementAccount, now(), random)
        try await change(nil) { state in
            let organization = Organization(
                account: account, id: UniqueID.small("o-", 10, random), rootID: UniqueID.small("r-", 4, random))
            state.put(organization)
            state.put(
                MemberAccount(
                    account: account, id: account, name: "management", email: "root@\(account).invalid",
                    status: .active, joinedAt: moment, requestID: ""))
            state.put(
                ServiceControlPolicy(
                    account: account, id: Self.fullAccessPolicy, name: "FullAWSAccess",
                    description: "Allows access to every operation",
                    document: #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
                    targets: [organization.rootID, account.description]))
        }
    }

    /// Makes a member account with the role that the management account may assume.
    package func createAccount(
        name: String, email: String, roleName: String?, tags: [Tag], _ fact: Fact
    ) async throws -> MemberAccount {
        let (management, moment, random) = (managementAccount, now(), random)
        return try await change(fact) { state in
            try IAMRules.tags(tags)
            guard (1...50).contains(name.utf8.count) else {
                throw AccessFailure.invalidInput("An account's name has 1 to 50 characters.")
            }
            guard email.contains("@"), (6...64).contains(email.utf8.count) else {
                throw AccessFailure.invalidInput("You provided a value that does not match the required pattern: email")
            }
            let members = state.all(MemberAccount.self, in: management)
            guard !members.contains(where: { $0.email.lowercased() == email.lowercased() }) else {
                throw AccessFailure.alreadyExists("EMAIL_ALREADY_EXISTS")
            }
            var id = AccountID("1" + UniqueID.digits(11, random))
            while let taken = id, members.contains(where: { $0.id == taken }) {
                id = AccountID("1" + UniqueID.digits(11, random))
            }
            guard let id else { throw AccessFailure.invalidInput("No account id could be made.") }
            var member = MemberAccount(
                account: management, id: id, name: name, email: email, status: .active, joinedAt: moment,
                requestID: UniqueID.small("car-", 32, random))
            member.tags = tags
            state.put(member)
            if var full = state.find(ServiceControlPolicy.self, Self.fullAccessPolicy, in: management) {
                full.targets.append(id.description)
                state.put(full)
            }
            let trust = """
                {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::\(management):root"},\
                "Action":"sts:AssumeRole"}]}
                """
            var role = try state.createRole(
                roleName ?? Self.accessRole, trust: trust, in: id, at: moment, random: random)
            role.attached = ["arn:aws:iam::aws:policy/AdministratorAccess"]
            state.put(role)
            return member
        }
    }
}

extension AccessState {
    package func organization(_ management: AccountID) -> Organization? {
        find(Organization.self, "organization", in: management)
    }

    package mutating func createServiceControlPolicy(
        name: String, description: String, document: String, tags: [Tag], management: AccountID, random: RandomBits
    ) throws(AccessFailure) -> ServiceControlPolicy {
        guard (1...128).contains(name.utf8.count) else {
            throw .invalidInput("A policy's name has 1 to 128 characters.")
        }
        try IAMRules.tags(tags)
        try Self.requireControl(document)
        guard !all(ServiceControlPolicy.self, in: management).contains(where: { $0.name == name }) else {
            throw .alreadyExists("A policy with the same name already exists.")
        }
        var policy = ServiceControlPolicy(
            account: management, id: UniqueID.small("p-", 8, random), name: name, description: description,
            document: document, targets: [])
        policy.tags = tags
        put(policy)
        return policy
    }

    package func requireControlPolicy(_ id: String, _ management: AccountID) throws(AccessFailure)
        -> ServiceControlPolicy
    {
        guard let policy = find(ServiceControlPolicy.self, id, in: management) else {
            throw .noSuchEntity("We can't find a policy with the PolicyId that you specified.")
        }
        return policy
    }

    package static func requireControl(_ document: String) throws(AccessFailure) {
        guard document.utf8.count <= ServiceControlPolicy.maximumLength else {
            throw .limitExceeded("The policy exceeds \(ServiceControlPolicy.maximumLength) bytes.")
        }
        do {
            _ = try Policy(parsing: document, as: .organization)
        } catch {
            throw .malformedPolicy(error.description)
        }
    }
}
