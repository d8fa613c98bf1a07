// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending
import Templating

/// Sends a stored template to up to 50 destinations, each with data of its own (see `TemplatedBulk`).
struct SendBulkTemplatedEmail: Operation {
    static let route = Route.query(service: "ses")

    struct Entry: Decodable {
        var destination: SendEmail.Destination
        var replacementTags: [MessageSubmission.Tag]?
        var replacementTemplateData: String?
    }
    struct Input: Decodable {
        var source: String
        var sourceArn: String?
        var replyToAddresses: [String]?
        var returnPath: String?
        var returnPathArn: String?
        var configurationSetName: String?
        var defaultTags: [MessageSubmission.Tag]?
        var template: String
        var templateArn: String?
        var defaultTemplateData: String?
        var destinations: [Entry]
    }
    struct Outcome: Encodable {
        let status: String
        let error: String?
        let messageId: String?
    }
    struct Output: Encodable { let status: [Outcome] }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        guard (1...TemplatedBulk.maximumEntries).contains(input.destinations.count) else {
            throw ServiceError(
                "InvalidParameterValue", "Destinations holds 1 to \(TemplatedBulk.maximumEntries) entries.")
        }
        var message = TemplatedMessage(
            caller: caller, action: .sendBulkTemplatedEmail,
            template: try await services.chosenTemplate(input.template, input.templateArn, caller), from: input.source)
        message.replyTo = input.replyToAddresses ?? []
        message.returnPath = input.returnPath
        message.configurationSet = input.configurationSetName
        message.apiVersion = "1"
        message.authorities = .init(source: input.sourceArn, from: input.sourceArn, returnPath: input.returnPathArn)
        let bulk = TemplatedBulk(
            message.template, defaultData: input.defaultTemplateData,
            entries: input.destinations.map { entry in
                Result { try Self.entry(entry, message, input.defaultTags ?? []) }
            })
        do {
            let results = try await bulk.submit(to: services.gate, random: services.random)
            return Output(status: results.map(Outcome.init))
        } catch {
            throw ServiceError(templateData: error)
        }
    }

    private static func entry(
        _ entry: Entry, _ common: TemplatedMessage, _ defaultTags: [MessageSubmission.Tag]
    ) throws -> TemplatedBulk.Entry {
        var message = common
        message.fill(entry.destination)
        let tags = defaultTags + (entry.replacementTags ?? [])
        message.tags = try MessageTags.checked(tags.map { ($0.name, $0.value) })
        return .init(message, data: entry.replacementTemplateData)
    }
}

extension SendBulkTemplatedEmail.Outcome {
    init(_ result: Result<MessageID, any Error>) {
        switch result {
        case .success(let id): self.init(status: "Success", error: nil, messageId: id.description)
        case .failure(let refusal as SendRefusal):
            self.init(status: Self.status(of: refusal), error: refusal.reason, messageId: nil)
        case .failure(let fault as TemplateDataFault):
            self.init(status: "InvalidParameterValue", error: fault.description, messageId: nil)
        case .failure(let fault as MessageTags.Fault):
            self.init(status: "InvalidParameterValue", error: fault.message, messageId: nil)
        case .failure:
            self.init(status: "TransientFailure", error: "Internal failure, try again.", messageId: nil)
        }
    }

    private static func status(of refusal: SendRefusal) -> String {
        switch refusal {
        case .configurationSetMissing: "ConfigurationSetDoesNotExist"
        case .sendingPoolMissing: "InvalidSendingPoolName"
        case .accountPaused: "AccountSendingPaused"
        case .configurationSetPaused: "ConfigurationSetSendingPaused"
        case .mailFromNotVerified: "MailFromDomainNotVerified"
        case .dailyQuotaExceeded: "AccountDailyQuotaExceeded"
        case .sendingRateExceeded: "AccountThrottled"
        case .identitiesNotVerified, .accessDenied, .guardrail, .unsafeAddress, .mailLoop: "MessageRejected"
        default: "InvalidParameterValue"
        }
    }
}
