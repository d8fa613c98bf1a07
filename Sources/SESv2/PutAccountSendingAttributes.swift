// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Sending

/// Takes or refuses all sends of the account.
struct PutAccountSendingAttributes: Operation {
    static let route = Route.rest("PUT", "/v2/email/account/sending")

    struct Input: Decodable { var sendingEnabled: Flag? }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let isEnabled = input.sendingEnabled?.value ?? false
        try await services.accounts.change(operation: Self.name, by: caller) { $0.sendingEnabled = isEnabled }
        return Empty()
    }
}
