// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Sending

/// Makes a template of the mail that has an address verified.
struct CreateCustomVerificationEmailTemplate: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var templateName: String
        var fromEmailAddress: String
        var templateSubject: String
        var templateContent: String
        var successRedirectionURL: String
        var failureRedirectionURL: String
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let template = VerificationTemplate(
            name: input.templateName, from: input.fromEmailAddress, subject: input.templateSubject,
            content: input.templateContent, successURL: input.successRedirectionURL,
            failureURL: input.failureRedirectionURL)
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
    static let route = Route.query(service: "ses")

    struct Input: Decodable { var templateName: String }
    struct Output: Encodable {
        let templateName: String
        let fromEmailAddress: String
        let templateSubject: String
        let templateContent: String
        let successRedirectionURL: String
        let failureRedirectionURL: String
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let template = try await services.verificationTemplate(input.templateName, caller)
        return Output(
            templateName: template.name, fromEmailAddress: template.from, templateSubject: template.subject,
            templateContent: template.content, successRedirectionURL: template.successURL,
            failureRedirectionURL: template.failureURL)
    }
}

/// Changes what is given of a template.
struct UpdateCustomVerificationEmailTemplate: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var templateName: String
        var fromEmailAddress: String?
        var templateSubject: String?
        var templateContent: String?
        var successRedirectionURL: String?
        var failureRedirectionURL: String?
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        var template = try await services.verificationTemplate(input.templateName, caller)
        template.from = input.fromEmailAddress ?? template.from
        template.subject = input.templateSubject ?? template.subject
        template.content = input.templateContent ?? template.content
        template.successURL = input.successRedirectionURL ?? template.successURL
        template.failureURL = input.failureRedirectionURL ?? template.failureURL
        do {
            try await services.verification.replace(template, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(verificationTemplate: error)
        }
        return Empty()
    }
}

/// Deletes a template; deleting none succeeds: SES v1 declares no error here.
struct DeleteCustomVerificationEmailTemplate: Operation {
    static let route = Route.query(service: "ses")

    let services: SESv1Services

    func run(_ input: GetCustomVerificationEmailTemplate.Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        _ = try await services.verification.templates.delete(input.templateName, operation: Self.name, by: caller)
        return Empty()
    }
}

/// The account's templates, without their content.
struct ListCustomVerificationEmailTemplates: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var nextToken: String?
        var maxResults: Number?
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

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let limit = VerificationTemplate.maximumCount
        let asked = input.maxResults?.value ?? limit
        let size = (1...limit).contains(asked) ? asked : limit
        let found = try await services.verification.templates.list(
            in: caller.account, after: input.nextToken, limit: size + 1, Entry.init)
        let entries = Array(found.prefix(size))
        return Output(
            customVerificationEmailTemplates: entries,
            nextToken: found.count > size ? entries.last?.templateName : nil)
    }
}

extension SESv1Services {
    fileprivate func verificationTemplate(_ name: String, _ caller: Caller) async throws -> VerificationTemplate {
        guard let template = try await verification.templates.find(name, in: caller.account) else {
            throw ServiceError(verificationTemplate: RecordFailure.notFound(name))
        }
        return template
    }
}

extension ServiceError {
    /// What became of a change of a custom verification template.
    fileprivate init(verificationTemplate error: any Error) {
        switch error {
        case RecordFailure.alreadyExists(let name):
            self.init(
                "CustomVerificationEmailTemplateAlreadyExists",
                "Custom verification email template <\(name)> already exists")
        case RecordFailure.notFound(let name):
            self.init(
                "CustomVerificationEmailTemplateDoesNotExist",
                "Custom verification email template <\(name.prefix(100))> does not exist")
        case RecordFailure.invalid(let why): self.init("InvalidParameterValue", why)
        case RecordFailure.invalidContent(let why): self.init("CustomVerificationEmailInvalidContent", why)
        case RecordFailure.limitExceeded(let why): self.init("LimitExceeded", why)
        case SendRefusal.identitiesNotVerified(let names, _):
            self.init(
                "FromEmailAddressNotVerified",
                "The from email address <\(names.joined(separator: ", "))> is not verified")
        default: self.init(failure: error)
        }
    }
}
