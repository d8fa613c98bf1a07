// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Forgets an identity with its key; forgetting none succeeds: SES v1 declares no error here.
struct DeleteIdentity: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable { var identity: String }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        _ = try await services.identities.delete(
            try IdentityName(wire: input.identity), operation: Self.name, by: caller)
        return Empty()
    }
}
