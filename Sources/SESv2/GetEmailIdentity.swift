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
        let feedbackForwardingStatus: Bool
        let verifiedForSendingStatus: Bool
        let dkimAttributes: DkimAttributes
        let mailFromAttributes: MailFromAttributes
        let policies: WireMap<String>
        let tags: [WireTag]
        let configurationSetName: String?
        let verificationStatus: String
        let verificationInfo: VerificationInfo?
    }

    struct MailFromAttributes: Encodable {
        let mailFromDomain: String?
        let mailFromDomainStatus: String?
        let behaviorOnMxFailure: String

        init(_ mailFrom: MailFrom?) {
            mailFromDomain = mailFrom?.domain.description
            mailFromDomainStatus = mailFrom?.status.rawValue
            behaviorOnMxFailure = (mailFrom?.behavior ?? .useDefaultValue).rawValue
        }
    }

    struct VerificationInfo: Encodable {
        let lastCheckedTimestamp: Moment?
        let lastSuccessTimestamp: Moment?
        let errorType: String?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let identity = try await services.identity(input.emailIdentity, Self.name, try Caller(context))
        return Output(
            identityType: identity.name.wireType, feedbackForwardingStatus: identity.feedbackForwarding,
            verifiedForSendingStatus: identity.isVerified,
            dkimAttributes: DkimAttributes(identity, zone: services.identities.signingHostedZone),
            mailFromAttributes: MailFromAttributes(identity.mailFrom),
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
