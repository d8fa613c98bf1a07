// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// The account's identities, a page at a time.
struct ListEmailIdentities: Operation {
    static let route = Route.rest("GET", "/v2/email/identities")

    struct Input: Decodable {
        var nextToken: String?
        var pageSize: Number?
    }

    struct Output: Encodable {
        let emailIdentities: [Entry]
        let nextToken: String?
    }

    struct Entry: Encodable {
        let identityType: String
        let identityName: String
        let sendingEnabled: Bool
        let verificationStatus: String
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let size = input.pageSize?.value ?? 1000
        guard (1...1000).contains(size) else {
            throw ServiceError("BadRequestException", "PageSize must be 1 to 1000.")
        }
        let found = try await services.identities.identities(
            in: caller.account, after: input.nextToken, limit: size + 1)
        let entries = found.prefix(size).map { identity in
            Entry(
                identityType: identity.name.wireType, identityName: identity.name.description,
                sendingEnabled: identity.isVerified, verificationStatus: identity.verification.rawValue)
        }
        return Output(emailIdentities: entries, nextToken: found.count > size ? entries.last?.identityName : nil)
    }
}
