// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Sending

/// Starts the verification of a domain; the token belongs in a TXT record at `_amazonses.DOMAIN`.
struct VerifyDomainIdentity: Operation {
    static let route = Route.query(service: "ses")
    struct Input: Decodable { var domain: String }
    struct Output: Encodable { let verificationToken: String }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let identity = try await services.domainIdentity(input.domain, operation: Self.name, by: caller)
        return Output(verificationToken: identity.verificationToken)
    }
}
