// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Queue
import Sending

/// Sends one template to up to 50 destinations, each with data of its own.
///
/// Every entry is decided by its own addresses, which SES leaves unchecked here, and all before the first one is sent.
struct SendBulkEmail: Operation {
    static let route = Route.rest("POST", "/v2/email/outbound-bulk-emails")
    static let maximumEntries = 50

    struct DefaultContent: Decodable { var template: SendEmail.TemplateInput? }
    struct ReplacementTemplate: Decodable { var replacementTemplateData: String? }
    struct ReplacementContent: Decodable { var replacementTemplate: ReplacementTemplate? }
    struct Entry: Decodable {
        var destination: SendEmail.Destination
        var replacementTags: [SendEmail.Tag]?
        var replacementEmailContent: ReplacementContent?
        var replacementHeaders: [SendEmail.Header]?
    }
    struct Input: Decodable {
        var fromEmailAddress: String?
        var fromEmailAddressIdentityArn: String?
        var replyToAddresses: [String]?
        var feedbackForwardingEmailAddress: String?
        var feedbackForwardingEmailAddressIdentityArn: String?
        var defaultEmailTags: [SendEmail.Tag]?
        var defaultContent: DefaultContent
        var bulkEmailEntries: [Entry]
        var configurationSetName: String?
        var endpointId: String?
        var tenantName: String?
    }
    struct Result: Encodable {
        let status: String
        let error: String?
        let messageId: String?
    }
    struct Output: Encodable { let bulkEmailEntryResults: [Result] }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        guard let content = input.defaultContent.template else {
            throw ServiceError("BadRequestException", "DefaultContent.Template is required.")
        }
        guard let from = input.fromEmailAddress else {
            throw ServiceError("BadRequestException", "Source cannot be empty")
        }
        guard (1...Self.maximumEntries).contains(input.bulkEmailEntries.count) else {
            throw ServiceError("BadRequestException", "BulkEmailEntries holds 1 to \(Self.maximumEntries) entries.")
        }
        if input.endpointId != nil || input.tenantName != nil {
            throw ServiceError(
                "BadRequestException", "EndpointId and TenantName are not available in this version of Postern.")
        }
        let (template, arn) = try await services.template(of: content, caller)
        let messages = try input.bulkEmailEntries.map { entry in
            try message(entry, input, content, template, arn, from, caller)
        }
        do {
            for message in messages { try await message.examine(by: services.gate, random: services.random) }
        } catch {
            throw ServiceError(failure: error)
        }
        var results: [Result] = []
        for message in messages { results.append(await send(message)) }
        return Output(bulkEmailEntryResults: results)
    }

    private func message(
        _ entry: Entry, _ input: Input, _ content: SendEmail.TemplateInput, _ template: EmailTemplate, _ arn: String?,
        _ from: String, _ caller: Caller
    ) throws -> TemplatedMessage {
        var message = TemplatedMessage(
            caller: caller, action: .sendBulkEmail, template: template,
            data: [
                content.templateData ?? "",
                entry.replacementEmailContent?.replacementTemplate?.replacementTemplateData ?? "",
            ],
            from: from)
        message.templateARN = arn
        message.to = entry.destination.toAddresses ?? []
        message.cc = entry.destination.ccAddresses ?? []
        message.bcc = entry.destination.bccAddresses ?? []
        message.replyTo = input.replyToAddresses ?? []
        message.returnPath = input.feedbackForwardingEmailAddress
        message.configurationSet = input.configurationSetName
        message.headers = (entry.replacementHeaders ?? content.headers ?? []).map { ($0.name, $0.value) }
        message.tags = try SendEmail.tags((input.defaultEmailTags ?? []) + (entry.replacementTags ?? []))
        message.authorities = SendingAuthorities(
            source: input.fromEmailAddressIdentityArn, from: input.fromEmailAddressIdentityArn,
            returnPath: input.feedbackForwardingEmailAddressIdentityArn)
        return message
    }

    private func send(_ message: TemplatedMessage) async -> Result {
        do {
            let id = try await message.submit(to: services.gate, random: services.random)
            return Result(status: "SUCCESS", error: nil, messageId: id.description)
        } catch RecordFailure.invalid(let why) {
            return Result(status: "INVALID_PARAMETER", error: why, messageId: nil)
        } catch let refusal as SendRefusal {
            return Result(status: Self.status(of: refusal), error: refusal.reason, messageId: nil)
        } catch {
            return Result(status: "TRANSIENT_FAILURE", error: "Internal failure, try again.", messageId: nil)
        }
    }

    private static func status(of refusal: SendRefusal) -> String {
        switch refusal {
        case .configurationSetMissing: "CONFIGURATION_SET_NOT_FOUND"
        case .dailyQuotaExceeded: "ACCOUNT_DAILY_QUOTA_EXCEEDED"
        case .sendingRateExceeded: "ACCOUNT_THROTTLED"
        case .identitiesNotVerified, .accessDenied, .guardrail, .unsafeAddress, .mailLoop: "MESSAGE_REJECTED"
        default: "INVALID_PARAMETER"
        }
    }
}
