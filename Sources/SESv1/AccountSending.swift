// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Sending

/// Whether sends of the account are taken.
struct GetAccountSendingEnabled: Operation {
    static let route = Route.query(service: "ses")

    struct Output: Encodable { let enabled: Bool }

    let services: SESv1Services

    func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        return Output(enabled: try await services.accounts.attributes(of: caller.account).sendingEnabled)
    }
}

/// Takes or refuses all sends of the account.
struct UpdateAccountSendingEnabled: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable { var enabled: Flag? }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let isEnabled = input.enabled?.value ?? false
        try await services.accounts.change(operation: Self.name, by: caller) { $0.sendingEnabled = isEnabled }
        return Empty()
    }
}
