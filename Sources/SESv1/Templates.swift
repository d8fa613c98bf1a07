// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending
import Templating

struct TemplateInput: Codable {
    var templateName: String
    var subjectPart: String?
    var textPart: String?
    var htmlPart: String?

    func template(at moment: Timestamp) -> EmailTemplate {
        EmailTemplate(name: templateName, createdAt: moment, subject: subjectPart, text: textPart, html: htmlPart)
    }
}

/// Makes a template.
struct CreateTemplate: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable { var template: TemplateInput }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        do {
            try await services.templates.create(
                input.template.template(at: services.now()), operation: Self.name, by: caller)
        } catch {
            throw ServiceError(template: error)
        }
        return Empty()
    }
}

/// Replaces a template.
struct UpdateTemplate: Operation {
    static let route = Route.query(service: "ses")

    let services: SESv1Services

    func run(_ input: CreateTemplate.Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let known = try await services.template(input.template.templateName, caller)
        var template = input.template.template(at: known.createdAt)
        template.tags = known.tags
        do {
            try await services.templates.replace(template, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(template: error)
        }
        return Empty()
    }
}

/// One template.
struct GetTemplate: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable { var templateName: String }
    struct Output: Encodable { let template: TemplateInput }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let template = try await services.template(input.templateName, caller)
        return Output(
            template: TemplateInput(
                templateName: template.name, subjectPart: template.subject, textPart: template.text,
                htmlPart: template.html))
    }
}

/// Deletes a template; deleting none succeeds, as on SES.
struct DeleteTemplate: Operation {
    static let route = Route.query(service: "ses")

    let services: SESv1Services

    func run(_ input: GetTemplate.Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        _ = try await services.templates.delete(input.templateName, operation: Self.name, by: caller)
        return Empty()
    }
}

/// The account's templates.
struct ListTemplates: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var nextToken: String?
        var maxItems: Number?
    }
    struct Entry: Encodable {
        let name: String
        let createdTimestamp: Moment
    }
    struct Output: Encodable {
        let templatesMetadata: [Entry]
        let nextToken: String?
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let size = min(max(input.maxItems?.value ?? 10, 1), 100)
        let found = try await services.templates.list(in: caller.account, after: input.nextToken, limit: size + 1)
        let entries = found.prefix(size).map {
            Entry(name: $0.name, createdTimestamp: Moment(milliseconds: $0.createdAt.milliseconds))
        }
        return Output(templatesMetadata: entries, nextToken: found.count > size ? entries.last?.name : nil)
    }
}

/// A template filled with data, as a message.
struct TestRenderTemplate: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var templateName: String
        var templateData: String
    }
    struct Output: Encodable { let renderedTemplate: String }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let template = try await services.template(input.templateName, caller)
        let arn = services.templates.arn(template.name, in: caller.account)
        // The sender's address is nobody's: what is shown is what a recipient would read.
        let message = TemplatedMessage(
            caller: caller, action: .sendTemplatedEmail, template: ChosenTemplate(stored: template, arn: arn),
            from: "a@template.invalid")
        do {
            let bytes = try message.rendered(with: input.templateData, random: services.random)
            return Output(renderedTemplate: String(decoding: bytes, as: UTF8.self))
        } catch let fault as TemplateFault {
            throw ServiceError("MissingRenderingAttribute", fault.description)
        } catch let refusal as SendRefusal {
            throw ServiceError("InvalidRenderingParameter", refusal.reason)
        } catch {
            throw ServiceError(templateData: error)
        }
    }
}

extension SESv1Services {
    func template(_ name: String, _ caller: Caller) async throws -> EmailTemplate {
        guard let template = try await templates.find(name, in: caller.account) else {
            throw ServiceError(template: RecordFailure.notFound(name))
        }
        return template
    }
}

extension ServiceError {
    /// What became of a change of templates.
    init(template error: any Error) {
        switch error {
        case RecordFailure.alreadyExists(let name): self.init("AlreadyExists", "Template \(name) already exists.")
        case RecordFailure.notFound(let name):
            self.init("TemplateDoesNotExist", "Template \(name.prefix(100)) does not exist.")
        case RecordFailure.invalid(let why): self.init("InvalidTemplate", why)
        default: self.init(failure: error)
        }
    }

    /// Why a template could not be filled or sent.
    init(templateData error: any Error) {
        switch error {
        case let fault as TemplateDataFault: self.init("InvalidRenderingParameter", fault.description)
        case let fault as MessageTags.Fault: self.init("InvalidParameterValue", fault.message)
        default: self.init(template: error)
        }
    }
}
