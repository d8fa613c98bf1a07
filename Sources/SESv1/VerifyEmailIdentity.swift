// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Starts the verification of an address: sends it a link, or sends it once more.
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
        if let existing = try await services.identities.identity(.address(mailbox), in: caller.account) {
            do {
                try await services.identities.sendLink(for: existing, operation: Self.name, by: caller)
            } catch {
                throw ServiceError(identity: error)
            }
        } else {
            _ = try await services.identity(.address(mailbox), operation: Self.name, by: caller)
        }
        return Empty()
    }
}
