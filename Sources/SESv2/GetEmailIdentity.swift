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
        let identity = try await services.identity(input.emailIdentity, Self.name, try Caller(context))
        return Output(
            identityType: identity.name.wireType, verifiedForSendingStatus: identity.isVerified,
            dkimAttributes: DkimAttributes(identity, zone: services.identities.signingHostedZone),
            policies: WireMap(identity.policies.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }),
            tags: [WireTag](identity.tags),
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
