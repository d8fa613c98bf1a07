// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Temporary credentials of the caller's own, with MFA where a code is given.
struct GetSessionToken: Operation {
    static let route = Route.query(service: "sts")

    struct Input: Decodable {
        var durationSeconds: Number?
        var serialNumber: String?
        var tokenCode: String?
    }
    struct Output: Encodable { let credentials: CredentialsOutput }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        do {
            let credentials = try await access.sessionToken(
                duration: input.durationSeconds?.value, device: input.serialNumber, code: input.tokenCode,
                as: try Caller(context))
            return Output(credentials: CredentialsOutput(credentials))
        } catch {
            throw try ServiceError(sts: error)
        }
    }
}

/// The account that an access key belongs to.
struct GetAccessKeyInfo: Operation {
    static let route = Route.query(service: "sts")

    struct Input: Decodable { var accessKeyId: String }
    struct Output: Encodable { let account: String }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        try access.require("sts:GetAccessKeyInfo", as: try Caller(context), code: "AccessDenied")
        guard let account = access.account(ofKey: input.accessKeyId) else {
            throw ServiceError("ValidationError", "The access key \(input.accessKeyId.prefix(128)) does not exist.")
        }
        return Output(account: account.description)
    }
}
