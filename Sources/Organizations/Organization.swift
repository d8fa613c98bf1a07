// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// A type of policies, and that it is in use.
struct PolicyType: Encodable, Sendable {
    let type = controlPolicyType
    let status = "ENABLED"
}

/// The organisation itself.
struct DescribeOrganization: Operation {
    static let route = organizations

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
                masterAccountArn: call.arn(of: call.management), masterAccountId: call.management.description,
                masterAccountEmail: management?.email ?? ""))
    }
}

/// The one root.
struct ListRoots: Operation {
    static let route = organizations

    struct Input: Decodable {
        var nextToken: String?
        var maxResults: Int?
    }
    struct Root: Encodable, Sendable {
        let id: String
        let arn: String
        let name = "Root"
        let policyTypes = [PolicyType()]
    }
    struct Output: Encodable {
        let roots: [Root]
        let nextToken: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try OrganizationsCall(Self.name, access, context)
        let id = try call.organization.rootID
        let root = Root(id: id, arn: OrganizationsSubject.target(id).target(in: call.state, call.management).arn)
        let page = try Page([root], by: \.id, token: input.nextToken, size: input.maxResults)
        return Output(roots: page.elements, nextToken: page.nextToken)
    }
}
