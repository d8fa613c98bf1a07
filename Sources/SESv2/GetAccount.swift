// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Sending

/// What the account may send, and has sent, and what it decided for all its sending. There are no details of it for
/// anybody to review, and no Virtual Deliverability Manager.
struct GetAccount: Operation {
    static let route = Route.rest("GET", "/v2/email/account")

    struct Output: Encodable {
        let dedicatedIpAutoWarmupEnabled: Bool
        let enforcementStatus = "HEALTHY"
        let productionAccessEnabled = true
        let sendQuota: SendQuota
        let sendingEnabled: Bool
        let suppressionAttributes: WireSuppressionOptions
    }

    struct SendQuota: Encodable {
        let max24HourSend: Double
        let maxSendRate: Double
        let sentLast24Hours: Double
    }

    let services: SESv2Services

    func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let limits = services.quota.limits
        let sent = services.quota.sentInLastDay(by: caller.account, at: services.now())
        let attributes = try await services.accounts.attributes(of: caller.account)
        return Output(
            dedicatedIpAutoWarmupEnabled: attributes.autoWarmup,
            sendQuota: SendQuota(
                max24HourSend: Double(limits.perDay ?? -1), maxSendRate: Double(limits.perSecond ?? -1),
                sentLast24Hours: Double(sent)), sendingEnabled: attributes.sendingEnabled,
            suppressionAttributes: WireSuppressionOptions(attributes.suppressedReasons))
    }
}
