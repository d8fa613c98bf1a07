// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Queue
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
        let template = try await services.template(input.template, caller)
        var message = TemplatedMessage(
            caller: caller, action: .sendTemplatedEmail, template: template, data: [input.templateData],
            from: input.source)
        message.fill(input.destination, input.replyToAddresses, input.returnPath, input.configurationSetName)
        message.templateARN = services.templates.arn(template.name, in: caller.account)
        message.authorities = .init(source: input.sourceArn, from: input.sourceArn, returnPath: input.returnPathArn)
        do {
            message.tags = try MessageTags.checked((input.tags ?? []).map { ($0.name, $0.value) })
            return Output(messageId: try await message.submit(to: services.gate, random: services.random).description)
        } catch let fault as MessageTags.Fault {
            throw ServiceError("InvalidParameterValue", fault.message)
        } catch RecordFailure.invalid(let why) {
            throw ServiceError("InvalidTemplateData", why)
        } catch {
            throw ServiceError(failure: error)
        }
    }
}

/// Sends a stored template to up to 50 destinations. All entries are decided before the first one is sent.
struct SendBulkTemplatedEmail: Operation {
    static let route = Route.query(service: "ses")
    static let maximumEntries = 50

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
        var defaultTemplateData: String?
        var destinations: [Entry]
    }
    struct Result: Encodable {
        let status: String
        let error: String?
        let messageId: String?
    }
    struct Output: Encodable { let status: [Result] }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        let template = try await services.template(input.template, caller)
        guard (1...Self.maximumEntries).contains(input.destinations.count) else {
            throw ServiceError("InvalidParameterValue", "Destinations holds 1 to \(Self.maximumEntries) entries.")
        }
        do {
            let messages = try input.destinations.map { try message($0, input, template, caller) }
            for message in messages { try await message.examine(by: services.gate, random: services.random) }
            var results: [Result] = []
            for message in messages { results.append(await send(message)) }
            return Output(status: results)
        } catch let fault as MessageTags.Fault {
            throw ServiceError("InvalidParameterValue", fault.message)
        } catch {
            throw ServiceError(failure: error)
        }
    }

    private func message(
        _ entry: Entry, _ input: Input, _ template: EmailTemplate, _ caller: Caller
    ) throws -> TemplatedMessage {
        var message = TemplatedMessage(
            caller: caller, action: .sendBulkTemplatedEmail, template: template,
            data: [input.defaultTemplateData ?? "", entry.replacementTemplateData ?? ""], from: input.source)
        message.fill(entry.destination, input.replyToAddresses, input.returnPath, input.configurationSetName)
        message.templateARN = services.templates.arn(template.name, in: caller.account)
        message.authorities = .init(source: input.sourceArn, from: input.sourceArn, returnPath: input.returnPathArn)
        let tags = (input.defaultTags ?? []) + (entry.replacementTags ?? [])
        message.tags = try MessageTags.checked(tags.map { ($0.name, $0.value) })
        return message
    }

    private func send(_ message: TemplatedMessage) async -> Result {
        do {
            let id = try await message.submit(to: services.gate, random: services.random)
            return Result(status: "Success", error: nil, messageId: id.description)
        } catch RecordFailure.invalid(let why) {
            return Result(status: "InvalidParameterValue", error: why, messageId: nil)
        } catch let refusal as SendRefusal {
            return Result(status: Self.status(of: refusal), error: refusal.reason, messageId: nil)
        } catch {
            return Result(status: "TransientFailure", error: "Internal failure, try again.", messageId: nil)
        }
    }

    private static func status(of refusal: SendRefusal) -> String {
        switch refusal {
        case .configurationSetMissing: "ConfigurationSetDoesNotExist"
        case .dailyQuotaExceeded: "AccountDailyQuotaExceeded"
        case .sendingRateExceeded: "AccountThrottled"
        case .identitiesNotVerified, .accessDenied, .guardrail, .unsafeAddress, .mailLoop: "MessageRejected"
        default: "InvalidParameterValue"
        }
    }
}

extension TemplatedMessage {
    fileprivate mutating func fill(
        _ destination: SendEmail.Destination, _ replyTo: [String]?, _ returnPath: String?, _ configurationSet: String?
    ) {
        to = destination.toAddresses ?? []
        cc = destination.ccAddresses ?? []
        bcc = destination.bccAddresses ?? []
        self.replyTo = replyTo ?? []
        self.returnPath = returnPath
        self.configurationSet = configurationSet
        apiVersion = "1"
    }
}
