// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Sending

/// Makes a template of the mail that has an address verified.
struct CreateCustomVerificationEmailTemplate: Operation {
    static let route = Route.rest("POST", "/v2/email/custom-verification-email-templates")

    struct Input: Decodable {
        var templateName: String
        var fromEmailAddress: String
        var templateSubject: String
        var templateContent: String
        var successRedirectionURL: String
        var failureRedirectionURL: String
        var tags: [WireTag]?

        var template: VerificationTemplate {
            VerificationTemplate(
                name: templateName, from: fromEmailAddress, subject: templateSubject, content: templateContent,
                successURL: successRedirectionURL, failureURL: failureRedirectionURL)
        }
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        var template = input.template
        let arn = services.verification.templates.arn(template.name, in: caller.account)
        template.tags = try services.requireMaking(Self.name, arn, tagged: input.tags, caller)
        do {
            try await services.verification.create(template, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(verificationTemplate: error)
        }
        return Empty()
    }
}

/// One template.
struct GetCustomVerificationEmailTemplate: Operation {
    static let route = Route.rest("GET", "/v2/email/custom-verification-email-templates/{TemplateName}")

    struct Input: Decodable { var templateName: String }
    struct Output: Encodable {
        let templateName: String
        let fromEmailAddress: String
        let templateSubject: String
        let templateContent: String
        let tags: [WireTag]
        let successRedirectionURL: String
        let failureRedirectionURL: String
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let template = try await services.verificationTemplate(input.templateName, Self.name, try Caller(context))
        return Output(
            templateName: template.name, fromEmailAddress: template.from, templateSubject: template.subject,
            templateContent: template.content, tags: [WireTag](template.tags),
            successRedirectionURL: template.successURL, failureRedirectionURL: template.failureURL)
    }
}

/// Replaces all of a template but its tags.
struct UpdateCustomVerificationEmailTemplate: Operation {
    static let route = Route.rest("PUT", "/v2/email/custom-verification-email-templates/{TemplateName}")

    let services: SESv2Services

    func run(
        _ input: CreateCustomVerificationEmailTemplate.Input, as context: RequestContext
    ) async throws -> Empty {
        let caller = try Caller(context)
        let known = try await services.verificationTemplate(input.templateName, Self.name, caller)
        var template = input.template
        template.tags = known.tags
        do {
            try await services.verification.replace(template, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(verificationTemplate: error)
        }
        return Empty()
    }
}

/// Deletes a template.
struct DeleteCustomVerificationEmailTemplate: Operation {
    static let route = Route.rest("DELETE", "/v2/email/custom-verification-email-templates/{TemplateName}")

    let services: SESv2Services

    func run(_ input: GetCustomVerificationEmailTemplate.Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let template = try await services.verificationTemplate(input.templateName, Self.name, caller)
        guard try await services.verification.templates.delete(template.name, operation: Self.name, by: caller) else {
            throw ServiceError.noVerificationTemplate(template.name)
        }
        return Empty()
    }
}

/// The account's templates, without their content.
struct ListCustomVerificationEmailTemplates: Operation {
    static let route = Route.rest("GET", "/v2/email/custom-verification-email-templates")

    struct Input: Decodable {
        var nextToken: String?
        var pageSize: Number?
    }
    struct Entry: Encodable {
        let templateName: String
        let fromEmailAddress: String
        let templateSubject: String
        let successRedirectionURL: String
        let failureRedirectionURL: String

        init(_ template: VerificationTemplate) {
            templateName = template.name
            fromEmailAddress = template.from
            templateSubject = template.subject
            successRedirectionURL = template.successURL
            failureRedirectionURL = template.failureURL
        }
    }
    struct Output: Encodable {
        let customVerificationEmailTemplates: [Entry]
        let nextToken: String?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let limit = VerificationTemplate.maximumCount
        let size = min(max(input.pageSize?.value ?? limit, 1), limit)
        let found = try await services.verification.templates.list(
            in: caller.account, after: input.nextToken, limit: size + 1, Entry.init)
        let entries = Array(found.prefix(size))
        return Output(
            customVerificationEmailTemplates: entries,
            nextToken: found.count > size ? entries.last?.templateName : nil)
    }
}

extension ServiceError {
    /// What became of a change of a custom verification template.
    fileprivate init(verificationTemplate error: any Error) {
        switch error {
        case RecordFailure.alreadyExists(let name):
            self.init("AlreadyExistsException", "Custom verification email template <\(name)> already exists")
        case RecordFailure.notFound(let name): self = .noVerificationTemplate(name)
        case SendRefusal.identitiesNotVerified(let names, _):
            self.init(
                "NotFoundException", "The from email address <\(names.joined(separator: ", "))> is not verified",
                status: 404)
        default: self.init(record: error)
        }
    }
}
