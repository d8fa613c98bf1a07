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

    struct Destination: Decodable {
        var toAddresses: [String]?
        var ccAddresses: [String]?
        var bccAddresses: [String]?
    }

    struct Body: Decodable {
        var simple: Simple?
        var raw: Raw?
        var template: TemplateInput?
    }

    /// A stored template by name or ARN, or one that comes with the call.
    struct TemplateInput: Decodable {
        var templateName: String?
        var templateArn: String?
        var templateContent: TemplateContent?
        var templateData: String?
        var headers: [Header]?
    }

    struct Raw: Decodable { var data: Blob }
    struct Text: Decodable {
        var data: String
        var charset: String?
    }
    struct Simple: Decodable {
        var subject: Text
        var body: Bodies
        var headers: [Header]?
        var attachments: [Attachment]?
    }
    struct Bodies: Decodable {
        var text: Text?
        var html: Text?
    }
    struct Header: Decodable {
        var name: String
        var value: String
    }
    struct Tag: Decodable {
        var name: String
        var value: String
    }
    struct Attachment: Decodable {
        var rawContent: Blob
        var fileName: String
        var contentType: String?
        var contentDisposition: String?
        var contentId: String?
        var contentDescription: String?
        var contentTransferEncoding: String?
    }
    /// A member whose feature is not built: its presence is an error, never ignored.
    struct Unsupported: Decodable { init(from decoder: any Decoder) throws {} }

    struct Output: Encodable { let messageId: String }

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
        let (template, arn) = try await services.template(of: content, caller)
        var message = TemplatedMessage(
            caller: caller, action: .sendEmail, template: template, data: [content.templateData ?? ""], from: from)
        message.templateARN = arn
        message.to = input.destination?.toAddresses ?? []
        message.cc = input.destination?.ccAddresses ?? []
        message.bcc = input.destination?.bccAddresses ?? []
        message.replyTo = input.replyToAddresses ?? []
        message.returnPath = input.feedbackForwardingEmailAddress
        message.headers = (content.headers ?? []).map { ($0.name, $0.value) }
        message.configurationSet = input.configurationSetName
        message.tags = try Self.tags(input.emailTags ?? [])
        message.authorities = SendingAuthorities(
            source: input.fromEmailAddressIdentityArn, from: input.fromEmailAddressIdentityArn,
            returnPath: input.feedbackForwardingEmailAddressIdentityArn)
        do {
            return Output(messageId: try await message.submit(to: services.gate, random: services.random).description)
        } catch RecordFailure.invalid(let why) {
            throw ServiceError("BadRequestException", why)
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
            content = try rawContent(raw.data.bytes, from: input.fromEmailAddress)
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

    // FromEmailAddress of a raw message overrides its From field.
    private func rawContent(_ bytes: [UInt8], from: String?) throws -> [UInt8] {
        let message = LineEnds.normalised(bytes)
        guard let from else { return message }
        do {
            var (header, offset) = try HeaderSection.parse(message)
            if header.count(of: "From") > 1 { throw SendRefusal.duplicateHeader("From") }
            header.replace(try HeaderField(name: "From", value: try AddressList(parsing: from).fieldValue))
            return header.serialized() + message[offset...]
        } catch let error as SyntaxError {
            throw SendRefusal.malformedMessage("The message header cannot be parsed: \(error).")
        }
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
        composer.attachments = (simple.attachments ?? []).map { attachment in
            .init(
                fileName: attachment.fileName, contentType: attachment.contentType ?? "",
                isInline: attachment.contentDisposition == "INLINE", contentID: attachment.contentId,
                description: attachment.contentDescription, content: attachment.rawContent.bytes)
        }
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
