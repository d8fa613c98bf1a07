// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import MIME
import Mail
import Queue
import Sending

/// Sends a message, given in parts (`Simple`) or whole (`Raw`).
struct SendEmail: Operation {
    static let route = Route.rest("POST", "/v2/email/outbound-emails")

    struct Input: Decodable {
        var fromEmailAddress: String?
        var destination: Destination?
        var replyToAddresses: [String]?
        var feedbackForwardingEmailAddress: String?
        var content: Body
        var emailTags: [Tag]?
        var configurationSetName: String?
        var fromEmailAddressIdentityArn: String?
        var feedbackForwardingEmailAddressIdentityArn: String?
        var listManagementOptions: Unsupported?
        var endpointId: String?
        var tenantName: String?
    }

    struct Output: PlainOutput {
        let messageId: String
        var members: [(name: String, text: String)] { [("MessageId", messageId)] }
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        try refuseUnsupported(input)
        let caller = try Caller(context)
        do {
            if let template = input.content.template { return try await send(template, input, caller) }
            let submission = try submission(input, caller)
            return Output(messageId: try await services.gate.submit(submission).description)
        } catch {
            throw ServiceError(failure: error)
        }
    }

    private func send(_ content: TemplateInput, _ input: Input, _ caller: Caller) async throws -> Output {
        guard let from = input.fromEmailAddress else {
            throw ServiceError("BadRequestException", "Source cannot be empty")
        }
        var message = TemplatedMessage(
            caller: caller, action: .sendEmail, template: try await services.chosenTemplate(content, caller),
            from: from)
        message.to = input.destination?.toAddresses ?? []
        message.cc = input.destination?.ccAddresses ?? []
        message.bcc = input.destination?.bccAddresses ?? []
        message.replyTo = input.replyToAddresses ?? []
        message.returnPath = input.feedbackForwardingEmailAddress
        message.headers = (content.headers ?? []).map { ($0.name, $0.value) }
        message.attachments = (content.attachments ?? []).map(\.composed)
        message.configurationSet = input.configurationSetName
        message.tags = try Self.tags(input.emailTags ?? [])
        message.authorities = SendingAuthorities(
            source: input.fromEmailAddressIdentityArn, from: input.fromEmailAddressIdentityArn,
            returnPath: input.feedbackForwardingEmailAddressIdentityArn)
        do {
            let id = try await message.submit(content.templateData, to: services.gate, random: services.random)
            return Output(messageId: id.description)
        } catch {
            throw ServiceError(template: error)
        }
    }

    private func refuseUnsupported(_ input: Input) throws {
        let present: [(String, Bool)] = [
            ("ListManagementOptions", input.listManagementOptions != nil),
            ("EndpointId", input.endpointId != nil), ("TenantName", input.tenantName != nil),
        ]
        if let name = present.first(where: \.1)?.0 {
            throw ServiceError("BadRequestException", "\(name) is not available in this version of Postern.")
        }
        let given = [input.content.simple != nil, input.content.raw != nil, input.content.template != nil]
        guard given.count(where: { $0 }) == 1 else {
            throw ServiceError("BadRequestException", "Exactly one of Simple, Raw and Template must be given.")
        }
    }

    private func submission(_ input: Input, _ caller: Caller) throws -> Submission {
        let destination = input.destination
        let to = destination?.toAddresses ?? []
        let cc = destination?.ccAddresses ?? []
        let recipients = try (to + cc + (destination?.bccAddresses ?? [])).map { try Self.mailbox($0) }
        let sender = input.feedbackForwardingEmailAddress ?? input.fromEmailAddress
        let reversePath = try sender.map { ReversePath.mailbox(try Self.mailbox($0)) }
        let tags = try Self.tags(input.emailTags ?? [])
        let content: [UInt8]
        if let raw = input.content.raw {
            content = try rawContent(
                raw.data.bytes, from: input.fromEmailAddress, replyTo: input.replyToAddresses ?? [])
        } else {
            content = try simpleContent(input, to: to, cc: cc)
        }
        return Submission(
            caller: caller, action: input.content.raw == nil ? .sendEmail : .sendRawEmail,
            reversePath: reversePath,
            recipients: recipients, content: .memory(content), configurationSet: input.configurationSetName, tags: tags,
            authorities: .init(
                source: input.fromEmailAddressIdentityArn, from: input.fromEmailAddressIdentityArn,
                returnPath: input.feedbackForwardingEmailAddressIdentityArn))
    }

    // FromEmailAddress of a raw message overrides its From field, ReplyToAddresses its Reply-To.
    private func rawContent(_ bytes: [UInt8], from: String?, replyTo: [String]) throws -> [UInt8] {
        let message = LineEnds.normalised(bytes)
        guard from != nil || !replyTo.isEmpty else { return message }
        do {
            var (header, offset) = try HeaderSection.parse(message)
            let named = [("From", [from].compactMap(\.self)), ("Reply-To", replyTo)]
            for (name, addresses) in named where !addresses.isEmpty {
                if header.count(of: name) > 1 { throw SendRefusal.duplicateHeader(name) }
                header.replace(try HeaderField(name: name, value: try Self.fieldValue(of: addresses)))
            }
            return header.serialized() + message[offset...]
        } catch let error as SyntaxError {
            throw SendRefusal.malformedMessage("The message header cannot be parsed: \(error).")
        }
    }

    private static func fieldValue(of addresses: [String]) throws -> String {
        var values: [String] = []
        for text in addresses {
            do { values.append(try AddressList(parsing: text).fieldValue) } catch {
                throw SendRefusal.invalidAddress(text, error)
            }
        }
        return values.joined(separator: ", ")
    }

    private func simpleContent(_ input: Input, to: [String], cc: [String]) throws -> [UInt8] {
        guard let simple = input.content.simple, let from = input.fromEmailAddress else {
            throw ServiceError("BadRequestException", nil)
        }
        var composer = MessageComposer(from: from)
        composer.to = to
        composer.cc = cc
        composer.replyTo = input.replyToAddresses ?? []
        composer.subject = simple.subject.data
        composer.text = simple.body.text?.data
        composer.html = simple.body.html?.data
        composer.headers = (simple.headers ?? []).map { ($0.name, $0.value) }
        composer.attachments = (simple.attachments ?? []).map(\.composed)
        do {
            return try composer.compose(random: services.random)
        } catch {
            throw ServiceError("BadRequestException", "The message cannot be composed: \(error).")
        }
    }

    static func mailbox(_ text: String) throws -> Mailbox {
        do {
            let list = try AddressList(parsing: text).mailboxes
            guard list.count == 1 else { throw SyntaxError(expected: "one address", offset: 0) }
            return list[0]
        } catch let error as SyntaxError {
            throw SendRefusal.invalidAddress(text, error)
        }
    }

    static func tags(_ tags: [Tag]) throws -> [String: String] {
        do {
            return try MessageTags.checked(tags.map { ($0.name, $0.value) })
        } catch {
            throw ServiceError("BadRequestException", error.message)
        }
    }
}
