// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

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
        let arn = services.templates.arn(input.templateName, in: caller.account)
        var template = input.templateContent.template(input.templateName, services.now())
        template.tags = try services.requireMaking(Self.name, arn, tagged: input.tags, caller)
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
        let template = try await services.template(input.templateName, Self.name, try Caller(context))
        return Output(
            templateName: template.name,
            templateContent: TemplateContent(subject: template.subject, text: template.text, html: template.html),
            tags: [WireTag](template.tags))
    }
}

/// Replaces a template's content.
struct UpdateEmailTemplate: Operation {
    static let route = Route.rest("PUT", "/v2/email/templates/{TemplateName}")

    let services: SESv2Services

    func run(_ input: CreateEmailTemplate.Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let known = try await services.template(input.templateName, Self.name, caller)
        var template = input.templateContent.template(known.name, known.createdAt)
        template.tags = known.tags
        return try await services.recording {
            try await services.templates.replace(template, operation: Self.name, by: caller)
        }
    }
}

/// Deletes a template; sends that still name it fail, as on SES.
struct DeleteEmailTemplate: Operation {
    static let route = Route.rest("DELETE", "/v2/email/templates/{TemplateName}")

    let services: SESv2Services

    func run(_ input: GetEmailTemplate.Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let template = try await services.template(input.templateName, Self.name, caller)
        guard try await services.templates.delete(template.name, operation: Self.name, by: caller) else {
            throw ServiceError.noTemplate(template.name)
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
        try services.require(Self.name, as: caller)
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
        let template = try await services.template(input.templateName, Self.name, caller)
        // The sender's address is nobody's: what is shown is what a recipient would read.
        let arn = services.templates.arn(template.name, in: caller.account)
        let message = TemplatedMessage(
            caller: caller, action: .sendEmail, template: ChosenTemplate(stored: template, arn: arn),
            from: "a@template.invalid")
        do {
            let bytes = try message.rendered(with: input.templateData, random: services.random)
            return Output(renderedTemplate: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw ServiceError(template: error)
        }
    }
}
