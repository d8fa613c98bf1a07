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
        let name = try await services.identity(input.emailIdentity, Self.name, caller).name
        guard try await services.identities.delete(name, operation: Self.name, by: caller) else {
            throw ServiceError.noIdentity(name)
        }
        return Empty()
    }
}
