// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Starts the verification of an address.
struct VerifyEmailIdentity: Operation {
    static let route = Route.query(service: "ses")
    struct Input: Decodable { var emailAddress: String }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let mailbox: Mailbox
        do {
            mailbox = try Mailbox(parsing: input.emailAddress)
        } catch {
            throw ServiceError("InvalidParameterValue", "Invalid email address<\(input.emailAddress.prefix(320))>.")
        }
        _ = try await services.identity(.address(mailbox), operation: Self.name, by: caller)
        return Empty()
    }
}
