// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending
import Templating

/// Sends one template to up to 50 destinations, each with data of its own (see `TemplatedBulk`).
struct SendBulkEmail: Operation {
    static let route = Route.rest("POST", "/v2/email/outbound-bulk-emails")

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
    struct Outcome: Encodable {
        let status: String
        let error: String?
        let messageId: String?
    }
    struct Output: Encodable { let bulkEmailEntryResults: [Outcome] }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        guard let content = input.defaultContent.template else {
            throw ServiceError("BadRequestException", "DefaultContent.Template is required.")
        }
        guard let from = input.fromEmailAddress else {
            throw ServiceError("BadRequestException", "Source cannot be empty")
        }
        guard (1...TemplatedBulk.maximumEntries).contains(input.bulkEmailEntries.count) else {
            throw ServiceError(
                "BadRequestException", "BulkEmailEntries holds 1 to \(TemplatedBulk.maximumEntries) entries.")
        }
        if input.endpointId != nil || input.tenantName != nil {
            throw ServiceError(
                "BadRequestException", "EndpointId and TenantName are not available in this version of Postern.")
        }
        var message = TemplatedMessage(
            caller: caller, action: .sendBulkEmail, template: try await services.chosenTemplate(content, caller),
            from: from)
        message.replyTo = input.replyToAddresses ?? []
        message.returnPath = input.feedbackForwardingEmailAddress
        message.configurationSet = input.configurationSetName
        message.attachments = (content.attachments ?? []).map(\.composed)
        message.authorities = SendingAuthorities(
            source: input.fromEmailAddressIdentityArn, from: input.fromEmailAddressIdentityArn,
            returnPath: input.feedbackForwardingEmailAddressIdentityArn)
        let bulk = TemplatedBulk(
            message.template, defaultData: content.templateData,
            entries: input.bulkEmailEntries.map { entry in Result { try Self.entry(entry, message, content, input) } })
        do {
            let results = try await bulk.submit(to: services.gate, random: services.random)
            return Output(bulkEmailEntryResults: results.map(Outcome.init))
        } catch {
            throw ServiceError(template: error)
        }
    }

    private static func entry(
        _ entry: Entry, _ common: TemplatedMessage, _ content: SendEmail.TemplateInput, _ input: Input
    ) throws -> TemplatedBulk.Entry {
        var message = common
        message.to = entry.destination.toAddresses ?? []
        message.cc = entry.destination.ccAddresses ?? []
        message.bcc = entry.destination.bccAddresses ?? []
        message.headers = headers(content.headers ?? [], replacedBy: entry.replacementHeaders ?? [])
        message.tags = try SendEmail.tags((input.defaultEmailTags ?? []) + (entry.replacementTags ?? []))
        return .init(message, data: entry.replacementEmailContent?.replacementTemplate?.replacementTemplateData)
    }

    /// The default headers, those of the entry in the place of theirs of the same name.
    private static func headers(
        _ defaults: [SendEmail.Header], replacedBy own: [SendEmail.Header]
    ) -> [(name: String, value: String)] {
        let replaced = Set(own.map { $0.name.lowercased() })
        return (defaults.filter { !replaced.contains($0.name.lowercased()) } + own).map { ($0.name, $0.value) }
    }
}

extension SendBulkEmail.Outcome {
    init(_ result: Result<MessageID, any Error>) {
        switch result {
        case .success(let id): self.init(status: "SUCCESS", error: nil, messageId: id.description)
        case .failure(let refusal as SendRefusal):
            self.init(status: Self.status(of: refusal), error: refusal.reason, messageId: nil)
        case .failure(let fault as TemplateDataFault):
            self.init(status: "INVALID_PARAMETER", error: fault.description, messageId: nil)
        case .failure(let error as ServiceError):
            self.init(status: "INVALID_PARAMETER", error: error.message, messageId: nil)
        case .failure:
            self.init(status: "TRANSIENT_FAILURE", error: "Internal failure, try again.", messageId: nil)
        }
    }

    private static func status(of refusal: SendRefusal) -> String {
        switch refusal {
        case .configurationSetMissing: "CONFIGURATION_SET_NOT_FOUND"
        case .sendingPoolMissing: "INVALID_SENDING_POOL_NAME"
        case .accountPaused: "ACCOUNT_SENDING_PAUSED"
        case .configurationSetPaused: "CONFIGURATION_SET_SENDING_PAUSED"
        case .mailFromNotVerified: "MAIL_FROM_DOMAIN_NOT_VERIFIED"
        case .dailyQuotaExceeded: "ACCOUNT_DAILY_QUOTA_EXCEEDED"
        case .sendingRateExceeded: "ACCOUNT_THROTTLED"
        case .identitiesNotVerified, .accessDenied, .guardrail, .unsafeAddress, .mailLoop: "MESSAGE_REJECTED"
        default: "INVALID_PARAMETER"
        }
    }
}
