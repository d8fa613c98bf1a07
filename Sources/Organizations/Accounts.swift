// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

struct AccountOutput: Encodable, Sendable {
    let id: String
    let arn: String
    let email: String
    let name: String
    let status: String
    let state: String
    let joinedMethod: String
    let joinedTimestamp: Moment

    init(_ member: MemberAccount, arn: String) {
        id = member.id.description
        self.arn = arn
        email = member.email
        name = member.name
        status = member.status.rawValue
        state = member.status.rawValue
        joinedMethod = member.id == member.account ? "INVITED" : "CREATED"
        joinedTimestamp = Moment(milliseconds: member.joinedAt.milliseconds)
    }
}

struct CreateStatus: Encodable, Sendable {
    let id: String
    let accountName: String
    let state: String
    let requestedTimestamp: Moment
    let completedTimestamp: Moment?
    let accountId: String?
    let failureReason: String?
}

/// Makes a member account, at once; its status can be asked for as on AWS.
struct CreateAccount: Operation {
    static let route = organizations

    struct Input: Decodable {
        var email: String
        var accountName: String
        var roleName: String?
        var iamUserAccessToBilling: String?
        var tags: [WireTag]?
    }
    struct Output: Encodable { let createAccountStatus: CreateStatus }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try OrganizationsCall(Self.name, access, context)
        do {
            let member = try await access.directory.createAccount(
                name: input.accountName, email: input.email, roleName: input.roleName,
                tags: (input.tags ?? []).map { Tag(key: $0.key, value: $0.value) }, call.fact(input.accountName))
            return Output(createAccountStatus: status(of: member))
        } catch AccessFailure.alreadyExists(let reason) {
            let now = Moment(milliseconds: access.directory.now().milliseconds)
            return Output(
                createAccountStatus: CreateStatus(
                    id: "car-00000000000000000000000000000000", accountName: input.accountName, state: "FAILED",
                    requestedTimestamp: now, completedTimestamp: now, accountId: nil, failureReason: reason))
        } catch let failure as AccessFailure {
            throw ServiceError(failure)
        }
    }
}

private func status(of member: MemberAccount) -> CreateStatus {
    let moment = Moment(milliseconds: member.joinedAt.milliseconds)
    return CreateStatus(
        id: member.requestID, accountName: member.name, state: "SUCCEEDED", requestedTimestamp: moment,
        completedTimestamp: moment, accountId: member.id.description, failureReason: nil)
}

/// What became of a `CreateAccount`.
struct DescribeCreateAccountStatus: Operation {
    static let route = organizations

    struct Input: Decodable { var createAccountRequestId: String }
    struct Output: Encodable { let createAccountStatus: CreateStatus }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try OrganizationsCall(Self.name, access, context)
        let members = call.state.all(MemberAccount.self, in: call.management)
        guard
            let member = members.first(where: { !$0.requestID.isEmpty && $0.requestID == input.createAccountRequestId })
        else {
            throw ServiceError(
                "CreateAccountStatusNotFoundException", "We can't find a create account request with that id.")
        }
        return Output(createAccountStatus: status(of: member))
    }
}

/// The organisation's accounts.
struct ListAccounts: Operation {
    static let route = organizations

    struct Input: Decodable {
        var nextToken: String?
        var maxResults: Int?
    }
    struct Output: Encodable {
        let accounts: [AccountOutput]
        let nextToken: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try OrganizationsCall(Self.name, access, context)
        let page = try Page(
            call.state.all(MemberAccount.self, in: call.management), token: input.nextToken, size: input.maxResults)
        return Output(
            accounts: try page.elements.map { AccountOutput($0, arn: try call.arn(of: $0.id)) },
            nextToken: page.nextToken)
    }
}

/// One account.
struct DescribeAccount: Operation {
    static let route = organizations

    struct Input: Decodable { var accountId: String }
    struct Output: Encodable { let account: AccountOutput }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try OrganizationsCall(Self.name, access, context)
        guard let member = call.state.find(MemberAccount.self, input.accountId, in: call.management) else {
            throw ServiceError("AccountNotFoundException", "You specified an account that doesn't exist.")
        }
        return Output(account: AccountOutput(member, arn: try call.arn(of: member.id)))
    }
}

/// The organisation itself.
struct DescribeOrganization: Operation {
    static let route = organizations

    struct PolicyType: Encodable {
        let type = "SERVICE_CONTROL_POLICY"
        let status = "ENABLED"
    }
    struct Description: Encodable {
        let id: String
        let arn: String
        let featureSet = "ALL"
        let masterAccountArn: String
        let masterAccountId: String
        let masterAccountEmail: String
        let availablePolicyTypes = [PolicyType()]
    }
    struct Output: Encodable { let organization: Description }

    let access: AccessControl

    func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        let call = try OrganizationsCall(Self.name, access, context, open: true)
        let organization = try call.organization
        let management = call.state.find(MemberAccount.self, call.management.description, in: call.management)
        return Output(
            organization: Description(
                id: organization.id,
                arn: "arn:aws:organizations::\(call.management):organization/\(organization.id)",
                masterAccountArn: try call.arn(of: call.management), masterAccountId: call.management.description,
                masterAccountEmail: management?.email ?? ""))
    }
}

/// The one root.
struct ListRoots: Operation {
    static let route = organizations

    struct Root: Encodable {
        let id: String
        let arn: String
        let name = "Root"
        let policyTypes = [DescribeOrganization.PolicyType()]
    }
    struct Output: Encodable { let roots: [Root] }

    let access: AccessControl

    func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        let call = try OrganizationsCall(Self.name, access, context)
        let organization = try call.organization
        let arn = "arn:aws:organizations::\(call.management):root/\(organization.id)/\(organization.rootID)"
        return Output(roots: [Root(id: organization.rootID, arn: arn)])
    }
}
