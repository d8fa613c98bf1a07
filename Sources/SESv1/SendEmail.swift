// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import MIME
import Mail
import Sending

/// Sends a message given in parts.
struct SendEmail: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var source: String
        var destination: Destination
        var message: Message
        var replyToAddresses: [String]?
        var returnPath: String?
        var tags: [MessageSubmission.Tag]?
        var configurationSetName: String?
        var sourceArn: String?
        var returnPathArn: String?
    }
    struct Destination: Decodable {
        var toAddresses: [String]?
        var ccAddresses: [String]?
        var bccAddresses: [String]?
    }
    struct Message: Decodable {
        var subject: Text
        var body: Body
    }
    struct Text: Decodable {
        var data: String
        var charset: String?
    }
    struct Body: Decodable {
        var text: Text?
        var html: Text?
    }
    struct Output: Encodable { let messageId: String }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let to = input.destination.toAddresses ?? []
        let cc = input.destination.ccAddresses ?? []
        var composer = MessageComposer(from: input.source)
        composer.to = to
        composer.cc = cc
        composer.replyTo = input.replyToAddresses ?? []
        composer.subject = input.message.subject.data
        composer.text = input.message.body.text?.data
        composer.html = input.message.body.html?.data
        let content: [UInt8]
        do {
            content = try composer.compose(random: services.random)
        } catch {
            throw ServiceError(failure: SendRefusal.invalidAddress(input.source, error))
        }
        let id = try await MessageSubmission(services: services, caller: try Caller(context)).submit(
            content, action: .sendEmail, sender: input.returnPath ?? input.source,
            recipients: to + cc + (input.destination.bccAddresses ?? []), tags: input.tags,
            configurationSet: input.configurationSetName,
            authorities: .init(source: input.sourceArn, from: input.sourceArn, returnPath: input.returnPathArn))
        return Output(messageId: id)
    }
}
