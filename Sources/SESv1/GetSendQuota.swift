// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Sending

/// What the account may send, and has sent; -1 is no limit.
struct GetSendQuota: Operation {
    static let route = Route.query(service: "ses")
    struct Output: Encodable {
        let max24HourSend: Double
        let maxSendRate: Double
        let sentLast24Hours: Double
    }

    let services: SESv1Services

    func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let limits = services.quota.limits
        return Output(
            max24HourSend: Double(limits.perDay ?? -1), maxSendRate: Double(limits.perSecond ?? -1),
            sentLast24Hours: Double(services.quota.sentInLastDay(by: caller.account, at: services.now())))
    }
}
