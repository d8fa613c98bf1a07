// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Mail
import Sending
import Templating

extension SESv2Services {
    /// The template that a send names or brings. Whether the account has it is for those to know who may send.
    func chosenTemplate(_ content: SendEmail.TemplateInput, _ caller: Caller) async throws -> ChosenTemplate {
        let named = try content.templateArn.map { try templateName(in: $0, caller) }
        if let inline = content.templateContent {
            guard content.templateName == nil, named == nil else {
                throw ServiceError("BadRequestException", "TemplateContent excludes TemplateName and TemplateArn.")
            }
            return ChosenTemplate(inline: inline.template("inline", now()))
        }
        guard let name = content.templateName ?? named else {
            throw ServiceError("BadRequestException", "TemplateName is required.")
        }
        guard named == nil || named == name else {
            throw ServiceError("BadRequestException", "TemplateName and TemplateArn name two templates.")
        }
        return try await ChosenTemplate(name, on: templates, in: caller.account)
    }

    // Another account's template, or one of another region, is not replaced by one's own of the same name.
    private func templateName(in arn: String, _ caller: Caller) throws -> String {
        let name = arn.split(separator: "/", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        guard !name.isEmpty, arn == templates.arn(name, in: caller.account) else {
            throw ServiceError(
                "BadRequestException",
                "TemplateArn <\(arn.prefix(200))> is not that of a template of this account in this region.")
        }
        return name
    }
}

extension ServiceError {
    /// Why a template could not be filled or sent.
    init(template error: any Error) {
        switch error {
        case RecordFailure.notFound(let name): self = .noTemplate(name)
        case let fault as TemplateFault: self.init("BadRequestException", fault.description)
        case let fault as TemplateDataFault: self.init("BadRequestException", fault.description)
        default: self.init(record: error)
        }
    }
}
