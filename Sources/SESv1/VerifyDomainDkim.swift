// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Sending

/// The selectors under which a domain's signing key has to be published.
struct VerifyDomainDkim: Operation {
    static let route = Route.query(service: "ses")
    struct Input: Decodable { var domain: String }
    struct Output: Encodable { let dkimTokens: [String] }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let identity = try await services.domainIdentity(input.domain, operation: Self.name, by: caller)
        return Output(dkimTokens: identity.dkim?.tokens ?? [])
    }
}
