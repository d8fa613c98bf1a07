// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Sending

/// Where the verification of identities stands; names the account does not have are left out, as on SES.
struct GetIdentityVerificationAttributes: Operation {
    static let route = Route.query(service: "ses")
    struct Input: Decodable { var identities: [String] }
    struct Output: Encodable { let verificationAttributes: WireMap<Attributes> }
    struct Attributes: Encodable {
        let verificationStatus: String
        let verificationToken: String?
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        return Output(
            verificationAttributes: try await services.attributes(of: input.identities, caller) { identity in
                let token = if case .domain = identity.name { identity.verificationToken } else { String?.none }
                return Attributes(verificationStatus: identity.verification.v1, verificationToken: token)
            })
    }
}

extension VerificationStatus {
    /// SES v1's spelling.
    var v1: String {
        switch self {
        case .pending: "Pending"
        case .success: "Success"
        case .failed: "Failed"
        case .temporaryFailure: "TemporaryFailure"
        case .notStarted: "NotStarted"
        }
    }
}
