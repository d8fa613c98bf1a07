// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Starts the verification of a domain or an address.
struct CreateEmailIdentity: Operation {
    static let route = Route.rest("POST", "/v2/email/identities")

    struct Input: Decodable {
        var emailIdentity: String
        var tags: [WireTag]?
        var configurationSetName: String?
        var dkimSigningAttributes: SendEmail.Unsupported?
    }

    struct Output: Encodable {
        let identityType: String
        let verifiedForSendingStatus: Bool
        let dkimAttributes: DkimAttributes
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        let name = try IdentityName(wire: input.emailIdentity)
        let arn = services.identities.arn(of: name, in: caller.account)
        let tags = try services.requireMaking(Self.name, arn, tagged: input.tags, caller)
        try await services.requireConfigurationSet(input.configurationSetName, caller)
        guard input.dkimSigningAttributes == nil else {
            throw ServiceError(
                "BadRequestException", "DkimSigningAttributes is not available in this version of Postern.")
        }
        do {
            let identity = try await services.identities.create(
                name, tags: tags, configurationSet: input.configurationSetName, operation: Self.name, by: caller)
            return Output(
                identityType: name.wireType, verifiedForSendingStatus: identity.isVerified,
                dkimAttributes: DkimAttributes(identity, zone: services.identities.signingHostedZone))
        } catch {
            throw ServiceError(identity: error)
        }
    }
}
