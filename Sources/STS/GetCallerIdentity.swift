// SPDX-License-Identifier: Apache-2.0

import AWSAccess
package import AWSWire
import Access
import Mail

/// Says who the caller is; needs no permission, as on AWS.
package struct GetCallerIdentity: Operation {
    package static let route = Route.query(service: "sts")

    package struct Output: Encodable {
        let account: String
        let arn: String
        let userId: String
    }

    package init() {}

    package func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        let principal = try Caller(context).principal
        return Output(account: principal.account.description, arn: principal.arn, userId: principal.userID)
    }
}
