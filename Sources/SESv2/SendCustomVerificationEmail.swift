// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Makes an address an identity that waits for its link, and sends it the link in the account's own words.
struct SendCustomVerificationEmail: Operation {
    static let route = Route.rest("POST", "/v2/email/outbound-custom-verification-emails")

    struct Input: Decodable {
        var emailAddress: String
        var templateName: String
        var configurationSetName: String?
    }
    struct Output: Encodable { let messageId: String }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        guard let address = try? Mailbox(parsing: input.emailAddress) else {
            throw ServiceError("BadRequestException", "Invalid email address<\(input.emailAddress.prefix(320))>.")
        }
        do {
            let id = try await services.verification.send(
                input.templateName, to: address, configurationSet: input.configurationSetName, operation: Self.name,
                apiVersion: "2", by: caller)
            return Output(messageId: id.description)
        } catch RecordFailure.notFound(let name) {
            throw ServiceError("NotFoundException", "Template <\(name.prefix(100))> does not exist", status: 404)
        } catch {
            throw ServiceError(identity: error)
        }
    }
}
