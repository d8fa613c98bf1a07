// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Sends a stored template filled with data.
struct SendTemplatedEmail: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var source: String
        var destination: SendEmail.Destination
        var replyToAddresses: [String]?
        var returnPath: String?
        var sourceArn: String?
        var returnPathArn: String?
        var tags: [MessageSubmission.Tag]?
        var configurationSetName: String?
        var template: String
        var templateArn: String?
        var templateData: String
    }
    struct Output: Encodable { let messageId: String }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        var message = TemplatedMessage(
            caller: caller, action: .sendTemplatedEmail,
            template: try await services.chosenTemplate(input.template, input.templateArn, caller), from: input.source)
        message.fill(input.destination)
        message.replyTo = input.replyToAddresses ?? []
        message.returnPath = input.returnPath
        message.configurationSet = input.configurationSetName
        message.apiVersion = "1"
        message.authorities = .init(source: input.sourceArn, from: input.sourceArn, returnPath: input.returnPathArn)
        do {
            message.tags = try MessageTags.checked((input.tags ?? []).map { ($0.name, $0.value) })
            let id = try await message.submit(input.templateData, to: services.gate, random: services.random)
            return Output(messageId: id.description)
        } catch {
            throw ServiceError(templateData: error)
        }
    }
}

extension SESv1Services {
    /// The template that a send names. Whether the account has it is for those to know who may send.
    func chosenTemplate(_ name: String, _ arn: String?, _ caller: Caller) async throws -> ChosenTemplate {
        // Another account's template, or one of another region, is not replaced by one's own of the same name.
        if let arn, arn != templates.arn(name, in: caller.account) {
            throw ServiceError(
                "InvalidParameterValue",
                "TemplateArn <\(arn.prefix(200))> is not that of the template of this account in this region.")
        }
        return try await ChosenTemplate(name, on: templates, in: caller.account)
    }
}

extension TemplatedMessage {
    mutating func fill(_ destination: SendEmail.Destination) {
        to = destination.toAddresses ?? []
        cc = destination.ccAddresses ?? []
        bcc = destination.bccAddresses ?? []
    }
}
