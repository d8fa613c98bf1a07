// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

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
            let member = try state.addMember(name, email, tags, to: management, at: moment, random)
            let trust = """
                {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::\(management):root"},\
                "Action":"sts:AssumeRole"}]}
                """
            var role = try state.createRole(
                roleName ?? Self.accessRole, trust: trust, in: member.id, at: moment, random: random)
            role.attached = ["arn:aws:iam::aws:policy/AdministratorAccess"]
            state.put(role)
            return member
        }
    }

    /// Keeps that an account could not be made, so that it can be asked about.
    package func keepFailure(
        toCreate name: String, because reason: String, _ fact: Fact
    ) async throws -> FailedAccountRequest {
        let request = FailedAccountRequest(
            account: managementAccount, id: UniqueID.small("car-", 32, random), name: name, reason: reason,
            requestedAt: now())
        try await change(fact) { state in
            let others = state.all(FailedAccountRequest.self, in: request.account).sorted {
                $0.requestedAt < $1.requestedAt
            }
            for old in others.dropLast(FailedAccountRequest.kept - 1) { state.remove(old) }
            state.put(request)
        }
        return request
    }
}

/// A request for an account that came to nothing; the latest are kept.
package struct FailedAccountRequest: AccessEntity {
    package static let kind = "failed-account-request"
    package static let kept = 100

    package let account: AccountID
    /// `car-…`
    package let id: String
    package let name: String
    /// AWS's word for it: `EMAIL_ALREADY_EXISTS`.
    package let reason: String
    package let requestedAt: Timestamp

    package var key: String { id }
}

extension AccessState {
    fileprivate mutating func addMember(
        _ name: String, _ email: String, _ tags: [Tag], to management: AccountID, at moment: Timestamp,
        _ random: RandomBits
    ) throws(AccessFailure) -> MemberAccount {
        try Self.requireMember(name, email)
        let members = all(MemberAccount.self, in: management)
        guard !members.contains(where: { $0.email.lowercased() == email.lowercased() }) else {
            throw .alreadyExists("EMAIL_ALREADY_EXISTS")
        }
        let taken = Set(members.map(\.id))
        var id = AccountID("1" + UniqueID.digits(11, random))
        while let known = id, taken.contains(known) { id = AccountID("1" + UniqueID.digits(11, random)) }
        guard let id else { throw .invalidInput("No account id could be made.") }
        var member = MemberAccount(
            account: management, id: id, name: name, email: email, status: .active, joinedAt: moment,
            requestID: UniqueID.small("car-", 32, random))
        member.tags = tags
        put(member)
        if var full = find(ServiceControlPolicy.self, AccessDirectory.fullAccessPolicy, in: management) {
            full.targets.append(id.description)
            put(full)
        }
        return member
    }

    private static func requireMember(_ name: String, _ email: String) throws(AccessFailure) {
        guard (1...50).contains(name.utf8.count), name.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw .invalidInput("INVALID_PATTERN: an account's name has 1 to 50 printable ASCII characters.")
        }
        // [^\s@]+@[^\s@]+\.[^\s@]+
        let halves = email.split(separator: "@", omittingEmptySubsequences: false)
        let labels = halves.last?.split(separator: ".", omittingEmptySubsequences: false) ?? []
        guard (6...64).contains(email.utf8.count), email.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            halves.count == 2, !halves[0].isEmpty, labels.count > 1, !labels.contains(where: \.isEmpty)
        else {
            throw .invalidInput(
                "INVALID_PATTERN: you provided a value for the email that does not match the required pattern.")
        }
    }
}
