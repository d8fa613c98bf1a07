// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Gives the account a name.
struct CreateAccountAlias: Operation {
    static let route = iam

    struct Input: Decodable {
        var accountAlias: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, access, context)
        let alias = input.accountAlias
        try await call.change { try $0.setAlias(alias, in: call.account) }
        return Empty()
    }
}

/// Takes the account's name away.
struct DeleteAccountAlias: Operation {
    static let route = iam

    struct Input: Decodable {
        var accountAlias: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, access, context)
        let alias = input.accountAlias
        try await call.change { try $0.deleteAlias(alias, in: call.account) }
        return Empty()
    }
}

/// The account's name.
struct ListAccountAliases: Operation {
    static let route = iam

    struct Input: Decodable {
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let accountAliases: [String]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, access, context)
        let page = try Page(
            call.state.all(AccountAlias.self, in: call.account), by: \.alias, marker: input.marker,
            maxItems: input.maxItems)
        return Output(
            accountAliases: page.elements.map(\.alias), isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// How much of everything the account has, and may have.
struct GetAccountSummary: Operation {
    static let route = iam

    struct Output: Encodable {
        let summaryMap: WireMap<Int>
    }

    let access: AccessControl

    func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, access, context)
        let summary = call.state.summary(of: call.account, rootHasKey: call.rootHasKey)
        return Output(summaryMap: WireMap(summary.map { ($0.0, $0.1) }))
    }
}

/// Makes the report; it is made when it is asked for, so it is always ready.
struct GenerateCredentialReport: Operation {
    static let route = iam

    struct Output: Encodable {
        let state: String
        let description: String?
    }

    let access: AccessControl

    func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        _ = try IAMCall(Self.name, access, context)
        return Output(state: "COMPLETE", description: nil)
    }
}

/// All users with the age and use of their credentials, as CSV.
struct GetCredentialReport: Operation {
    static let route = iam

    struct Output: Encodable {
        let content: Blob
        let reportFormat: String
        let generatedTime: Moment
    }

    let access: AccessControl

    func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, access, context)
        let report = CredentialReport.csv(of: call.account, call.state, rootHasKey: call.rootHasKey)
        return Output(content: Blob(Array(report.utf8)), reportFormat: "text/csv", generatedTime: moment(call.now))
    }
}

extension IAMCall {
    /// The one root key there is stands in the configuration, and is the management account's.
    fileprivate var rootHasKey: Bool { account == access.managementAccount }
}
