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

/// What became of a request for an account; here it is settled at once.
struct CreateStatus: Encodable, Sendable {
    let id: String
    let accountName: String
    let state: String
    let requestedTimestamp: Moment
    let completedTimestamp: Moment
    let accountId: String?
    let failureReason: String?

    init(_ member: MemberAccount) {
        (id, accountName, state) = (member.requestID, member.name, "SUCCEEDED")
        requestedTimestamp = Moment(milliseconds: member.joinedAt.milliseconds)
        completedTimestamp = requestedTimestamp
        (accountId, failureReason) = (member.id.description, nil)
    }

    init(_ request: FailedAccountRequest) {
        (id, accountName, state) = (request.id, request.name, "FAILED")
        requestedTimestamp = Moment(milliseconds: request.requestedAt.milliseconds)
        completedTimestamp = requestedTimestamp
        (accountId, failureReason) = (nil, request.reason)
    }
}

struct CreateStatusOutput: Encodable { let createAccountStatus: CreateStatus }

/// Makes a member account, at once; its status can be asked for as on AWS.
struct CreateAccount: Operation {
    static let route = organizations

    struct Input: Decodable {
        var email: String?
        var accountName: String?
        var roleName: String?
        var iamUserAccessToBilling: String?
        var tags: [WireTag]?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> CreateStatusOutput {
        let (email, name) = (try required(input.email, "EMAIL"), try required(input.accountName, "ACCOUNT_NAME"))
        let tags = try input.tags.checked
        // There is no billing to have access to.
        guard ["ALLOW", "DENY", nil].contains(input.iamUserAccessToBilling) else {
            throw ServiceError.invalid("INVALID_ENUM", "IamUserAccessToBilling is ALLOW or DENY.")
        }
        let call = try OrganizationsCall(Self.name, access, context, keys: tags.keys)
        do {
            let member = try await access.directory.createAccount(
                name: name, email: email, roleName: input.roleName, tags: tags, call.fact(name))
            return CreateStatusOutput(createAccountStatus: CreateStatus(member))
        } catch AccessFailure.alreadyExists(let reason) {
            let request = try await access.directory.keepFailure(toCreate: name, because: reason, call.fact(name))
            return CreateStatusOutput(createAccountStatus: CreateStatus(request))
        } catch let failure as AccessFailure {
            throw ServiceError(failure)
        }
    }
}

/// What became of a `CreateAccount`.
struct DescribeCreateAccountStatus: Operation {
    static let route = organizations

    struct Input: Decodable { var createAccountRequestId: String? }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> CreateStatusOutput {
        let id = try required(input.createAccountRequestId, "CREATE_ACCOUNT_REQUEST_ID")
        let call = try OrganizationsCall(Self.name, access, context)
        let members = call.state.all(MemberAccount.self, in: call.management) {
            !$0.requestID.isEmpty && $0.requestID == id
        }
        if let member = members.first { return CreateStatusOutput(createAccountStatus: CreateStatus(member)) }
        guard let request = call.state.find(FailedAccountRequest.self, id, in: call.management) else {
            throw ServiceError(
                "CreateAccountStatusNotFoundException", "We can't find a create account request with that id.")
        }
        return CreateStatusOutput(createAccountStatus: CreateStatus(request))
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
            call.state.all(MemberAccount.self, in: call.management), by: \.key, token: input.nextToken,
            size: input.maxResults)
        return Output(
            accounts: page.elements.map { AccountOutput($0, arn: call.arn(of: $0.id)) }, nextToken: page.nextToken)
    }
}

/// One account.
struct DescribeAccount: Operation {
    static let route = organizations

    struct Input: Decodable { var accountId: String? }
    struct Output: Encodable { let account: AccountOutput }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let id = try required(input.accountId, "ACCOUNT_ID")
        let call = try OrganizationsCall(Self.name, on: [.account(id)], access, context)
        guard let member = call.state.find(MemberAccount.self, id, in: call.management) else {
            throw ServiceError("AccountNotFoundException", "You specified an account that doesn't exist.")
        }
        return Output(account: AccountOutput(member, arn: call.arn(of: member.id)))
    }
}
