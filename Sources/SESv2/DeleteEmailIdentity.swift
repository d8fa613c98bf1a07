// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Forgets an identity with its key.
struct DeleteEmailIdentity: Operation {
    static let route = Route.rest("DELETE", "/v2/email/identities/{EmailIdentity}")

    struct Input: Decodable { var emailIdentity: String }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let name = try IdentityName(wire: input.emailIdentity)
        let arn = services.identities.arn(of: name, in: caller.account)
        try services.access.require(
            "ses:DeleteEmailIdentity", on: .init(arn), as: caller, code: "AccessDeniedException")
        guard try await services.identities.delete(name, operation: Self.name, by: caller) else {
            throw ServiceError("NotFoundException", "Email identity \(name) does not exist.", status: 404)
        }
        return Empty()
    }
}
