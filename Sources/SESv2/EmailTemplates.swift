// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending
import Templating

struct TemplateContent: Codable {
    var subject: String?
    var text: String?
    var html: String?
}

/// Makes a template.
struct CreateEmailTemplate: Operation {
    static let route = Route.rest("POST", "/v2/email/templates")

    struct Input: Decodable {
        var templateName: String
        var templateContent: TemplateContent
        var tags: [WireTag]?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, services.templates.arn(input.templateName, in: caller.account), caller)
        var template = input.templateContent.template(input.templateName, services.now())
        template.tags = Dictionary((input.tags ?? []).map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        return try await services.recording {
            try await services.templates.create(template, operation: Self.name, by: caller)
        }
    }
}

extension TemplateContent {
    func template(_ name: String, _ moment: Timestamp) -> EmailTemplate {
        EmailTemplate(name: name, createdAt: moment, subject: subject, text: text, html: html)
    }
}

/// One template.
struct GetEmailTemplate: Operation {
    static let route = Route.rest("GET", "/v2/email/templates/{TemplateName}")

    struct Input: Decodable { var templateName: String }
    struct Output: Encodable {
        let templateName: String
        let templateContent: TemplateContent
        let tags: [WireTag]
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, services.templates.arn(input.templateName, in: caller.account), caller)
        let template = try await services.template(input.templateName, caller)
        return Output(
            templateName: template.name,
            templateContent: TemplateContent(subject: template.subject, text: template.text, html: template.html),
            tags: template.tags.sorted { $0.key < $1.key }.map { WireTag(key: $0.key, value: $0.value) })
    }
}

/// Replaces a template's content.
struct UpdateEmailTemplate: Operation {
    static let route = Route.rest("PUT", "/v2/email/templates/{TemplateName}")

    let services: SESv2Services

    func run(_ input: CreateEmailTemplate.Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, services.templates.arn(input.templateName, in: caller.account), caller)
        let known = try await services.template(input.templateName, caller)
        var template = input.templateContent.template(known.name, known.createdAt)
        template.tags = known.tags
        return try await services.recording {
            try await services.templates.replace(template, operation: Self.name, by: caller)
        }
    }
}

/// Deletes a template; deleting none succeeds, as on SES.
struct DeleteEmailTemplate: Operation {
    static let route = Route.rest("DELETE", "/v2/email/templates/{TemplateName}")

    let services: SESv2Services

    func run(_ input: GetEmailTemplate.Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, services.templates.arn(input.templateName, in: caller.account), caller)
        guard try await services.templates.delete(input.templateName, operation: Self.name, by: caller) else {
            throw ServiceError.noTemplate(input.templateName)
        }
        return Empty()
    }
}

/// The account's templates.
struct ListEmailTemplates: Operation {
    static let route = Route.rest("GET", "/v2/email/templates")

    struct Input: Decodable {
        var nextToken: String?
        var pageSize: Number?
    }
    struct Entry: Encodable {
        let templateName: String
        let createdTimestamp: Moment
    }
    struct Output: Encodable {
        let templatesMetadata: [Entry]
        let nextToken: String?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, "*", caller)
        let size = min(max(input.pageSize?.value ?? 10, 1), 100)
        let found = try await services.templates.list(in: caller.account, after: input.nextToken, limit: size + 1)
        let entries = found.prefix(size).map {
            Entry(templateName: $0.name, createdTimestamp: Moment(milliseconds: $0.createdAt.milliseconds))
        }
        return Output(templatesMetadata: entries, nextToken: found.count > size ? entries.last?.templateName : nil)
    }
}

/// A template filled with data, as a message.
struct TestRenderEmailTemplate: Operation {
    static let route = Route.rest("POST", "/v2/email/templates/{TemplateName}/render")

    struct Input: Decodable {
        var templateName: String
        var templateData: String
    }
    struct Output: Encodable { let renderedTemplate: String }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, services.templates.arn(input.templateName, in: caller.account), caller)
        let template = try await services.template(input.templateName, caller)
        let message = TemplatedMessage(
            caller: caller, action: .sendEmail, template: template, data: [input.templateData],
            from: "a@template.invalid")
        do {
            return Output(
                renderedTemplate: String(decoding: try message.rendered(random: services.random), as: UTF8.self))
        } catch let fault as TemplateFault {
            throw ServiceError("BadRequestException", fault.description)
        } catch RecordFailure.invalid(let why) {
            throw ServiceError("BadRequestException", why)
        }
    }
}

extension SESv2Services {
    func template(_ name: String, _ caller: Caller) async throws -> EmailTemplate {
        guard let template = try await templates.find(name, in: caller.account) else {
            throw ServiceError.noTemplate(name)
        }
        return template
    }

    /// The template that a send names or brings, with its ARN when it is a stored one.
    func template(of content: SendEmail.TemplateInput, _ caller: Caller) async throws -> (EmailTemplate, String?) {
        if let inline = content.templateContent {
            guard content.templateName == nil, content.templateArn == nil else {
                throw ServiceError("BadRequestException", "TemplateContent excludes TemplateName and TemplateArn.")
            }
            return (inline.template("inline", now()), nil)
        }
        let named = content.templateName ?? content.templateArn?.split(separator: "/").last.map(String.init)
        guard let named else { throw ServiceError("BadRequestException", "TemplateName is required.") }
        return (try await template(named, caller), templates.arn(named, in: caller.account))
    }
}

extension ServiceError {
    static func noTemplate(_ name: String) -> ServiceError {
        ServiceError("NotFoundException", "Template \(name.prefix(100)) does not exist.", status: 404)
    }
}
