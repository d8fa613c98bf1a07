// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Says who the caller is; needs no permission, as on AWS, but the operator's limits on callers hold.
struct GetCallerIdentity: Operation {
    static let route = Route.query(service: "sts")

    struct Output: Encodable {
        let account: String
        let arn: String
        let userId: String
    }

    let access: AccessControl

    func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        let principal = caller.principal
        if let denial = access.limit(on: caller, "sts:GetCallerIdentity", principal.arn) {
            throw ServiceError(denial, code: "AccessDenied")
        }
        return Output(account: principal.account.description, arn: principal.arn, userId: principal.userID)
    }
}
