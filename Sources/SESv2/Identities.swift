// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Mail
import Sending

/// DKIM of an identity as SES v2 shows it.
struct DkimAttributes: Encodable {
    let signingEnabled: Bool
    let status: String
    let tokens: [String]?
    let signingHostedZone: String?
    let signingAttributesOrigin = "AWS_SES"
    let nextSigningKeyLength: String
    let currentSigningKeyLength: String?
    let lastKeyGenerationTimestamp: Moment?

    init(_ identity: Identity, zone: Domain?) {
        let dkim = identity.dkim
        signingEnabled = dkim?.signingEnabled ?? false
        status = (dkim?.status ?? .notStarted).rawValue
        tokens = dkim?.tokens
        signingHostedZone = dkim == nil ? nil : zone?.description
        nextSigningKeyLength = dkim == nil ? "RSA_1024_BIT" : "RSA_2048_BIT"
        currentSigningKeyLength = dkim == nil ? nil : "RSA_2048_BIT"
        lastKeyGenerationTimestamp = dkim == nil ? nil : Moment(milliseconds: identity.createdAt.milliseconds)
    }
}

struct WireTag: Codable {
    let key: String
    let value: String
}

extension [WireTag] {
    init(_ tags: [String: String]) {
        self = tags.sorted { $0.key < $1.key }.map { WireTag(key: $0.key, value: $0.value) }
    }
}

extension ServiceError {
    /// Why an identity could not be made or changed.
    init(identity error: any Error) {
        switch error {
        case IdentityFailure.outsideGuardrail(let refusal):
            self.init("AccessDeniedException", "guardrail \(refusal.guardrail): \(refusal.reason)", status: 403)
        case IdentityFailure.addressesCannotBeVerified:
            self.init("BadRequestException", "Addresses cannot be verified: set public-url, or verify the domain.")
        case IdentityFailure.mailFromOutside(let domain, let name):
            self.init(
                "BadRequestException",
                "Provided MAIL-FROM domain <\(domain)> is not subdomain of the domain of the identity <\(name)>.")
        case IdentityFailure.alreadyExists(let name):
            self.init("AlreadyExistsException", "Email identity \(name) already exist.")
        case IdentityFailure.notFound(let name): self = .noIdentity(name)
        default: self.init(failure: error)
        }
    }
}

extension IdentityName {
    var wireType: String { if case .domain = self { "DOMAIN" } else { "EMAIL_ADDRESS" } }

    init(wire text: String) throws(ServiceError) {
        do {
            try self.init(parsing: text)
        } catch {
            throw .badIdentity(text, error)
        }
    }
}
