// SPDX-License-Identifier: Apache-2.0

import AWSWire
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
