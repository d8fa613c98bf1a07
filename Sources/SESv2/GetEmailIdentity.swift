// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// One identity with the state of its verification.
struct GetEmailIdentity: Operation {
    static let route = Route.rest("GET", "/v2/email/identities/{EmailIdentity}")

    struct Input: Decodable { var emailIdentity: String }

    struct Output: Encodable {
        let identityType: String
        let feedbackForwardingStatus = true
        let verifiedForSendingStatus: Bool
        let dkimAttributes: DkimAttributes
        let mailFromAttributes = MailFrom()
        let policies: WireMap<String>
        let tags: [WireTag]
        let configurationSetName: String?
        let verificationStatus: String
        let verificationInfo: VerificationInfo?
    }

    struct MailFrom: Encodable { let behaviorOnMxFailure = "USE_DEFAULT_VALUE" }

    struct VerificationInfo: Encodable {
        let lastCheckedTimestamp: Moment?
        let lastSuccessTimestamp: Moment?
        let errorType: String?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        let name = try IdentityName(wire: input.emailIdentity)
        let arn = services.identities.arn(of: name, in: caller.account)
        try services.access.require("ses:GetEmailIdentity", on: .init(arn), as: caller, code: "AccessDeniedException")
        guard let identity = try await services.identities.identity(name, in: caller.account) else {
            throw ServiceError("NotFoundException", "Email identity \(name) does not exist.", status: 404)
        }
        return Output(
            identityType: name.wireType, verifiedForSendingStatus: identity.isVerified,
            dkimAttributes: DkimAttributes(identity, zone: services.identities.signingHostedZone),
            policies: WireMap(identity.policies.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }),
            tags: identity.tags.sorted { $0.key < $1.key }.map { WireTag(key: $0.key, value: $0.value) },
            configurationSetName: identity.configurationSet,
            verificationStatus: identity.verification.rawValue,
            verificationInfo: identity.lastCheckedAt.map { checked in
                VerificationInfo(
                    lastCheckedTimestamp: Moment(milliseconds: checked.milliseconds),
                    lastSuccessTimestamp: identity.lastSuccessAt.map { Moment(milliseconds: $0.milliseconds) },
                    errorType: identity.verificationError?.rawValue)
            })
    }
}
