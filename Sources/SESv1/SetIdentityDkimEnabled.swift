// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Sending

/// Turns DKIM signing of an identity on or off.
struct SetIdentityDkimEnabled: Operation {
    static let route = Route.query(service: "ses")
    struct Input: Decodable {
        var identity: String
        var dkimEnabled: Flag
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        guard let name = try? IdentityName(parsing: input.identity) else {
            throw ServiceError("InvalidParameterValue", "Invalid identity \(input.identity.prefix(320)).")
        }
        do {
            try await services.identities.setSigning(
                input.dkimEnabled.value, of: name, operation: Self.name, by: caller)
        } catch IdentityFailure.notFound {
            throw ServiceError("InvalidParameterValue", "Domain \(name) is not verified for DKIM signing.")
        }
        return Empty()
    }
}
