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
        guard input.identities.count <= 100 else {
            throw ServiceError("InvalidParameterValue", "At most 100 identities can be asked for at a time.")
        }
        var entries: [(key: String, value: Attributes)] = []
        for text in input.identities {
            guard let name = try? IdentityName(parsing: text),
                let identity = try await services.identities.identity(name, in: caller.account)
            else { continue }
            let token = if case .domain = name { identity.verificationToken } else { String?.none }
            entries.append((text, Attributes(verificationStatus: identity.verification.v1, verificationToken: token)))
        }
        return Output(verificationAttributes: WireMap(entries))
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
