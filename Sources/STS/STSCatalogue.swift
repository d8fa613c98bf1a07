// SPDX-License-Identifier: Apache-2.0

import AWSAccess
package import AWSWire
package import Access
import Mail

/// AWS Security Token Service, 2011-06-15.
package enum STSCatalogue {
    package static func make(_ access: AccessControl) -> ServiceCatalogue {
        var catalogue = ServiceCatalogue(
            .query(namespace: "https://sts.amazonaws.com/doc/2011-06-15/"), version: "2011-06-15")
        catalogue.add(GetCallerIdentity(access: access))
        catalogue.add(AssumeRole(access: access))
        catalogue.add(GetSessionToken(access: access))
        catalogue.add(GetAccessKeyInfo(access: access))
        return catalogue
    }
}

/// Temporary credentials as STS writes them.
struct CredentialsOutput: Encodable {
    let accessKeyId: String
    let secretAccessKey: String
    let sessionToken: String
    let expiration: Moment

    init(_ credentials: TemporaryCredentials) {
        accessKeyId = credentials.accessKeyID
        secretAccessKey = String(decoding: credentials.secret.exposed, as: UTF8.self)
        sessionToken = credentials.token
        expiration = Moment(milliseconds: credentials.expiresAt.milliseconds)
    }
}

extension ServiceError {
    /// How STS says why there are no credentials.
    init(sts error: any Error) throws {
        switch error {
        case let denial as AccessDenial: self.init(denial, code: "AccessDenied")
        case AccessFailure.accessDenied(let why): self.init("AccessDenied", why, status: 403)
        case AccessFailure.malformedPolicy(let why): self.init("MalformedPolicyDocument", why)
        case AccessFailure.limitExceeded(let why): self.init("PackedPolicyTooLarge", why)
        case AccessFailure.invalidInput(let why), AccessFailure.noSuchEntity(let why):
            self.init("ValidationError", why)
        default: throw error
        }
    }
}
