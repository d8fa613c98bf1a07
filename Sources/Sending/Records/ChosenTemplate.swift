// SPDX-License-Identifier: Apache-2.0

package import Mail
import Templating

/// The template that a send names or brings.
package struct ChosenTemplate: Sendable {
    package let name: String
    /// Nil where the account has none of this name, which nobody learns who may not send.
    package let template: EmailTemplate?
    /// Nil for one that came with the call.
    package let arn: String?

    /// A stored template, which is looked up here and answered for later.
    package init(_ name: String, on shelf: Shelf<EmailTemplate>, in account: AccountID) async throws {
        self.name = name
        arn = shelf.arn(name, in: account)
        template = try await shelf.find(name, in: account)
    }

    /// A stored template that was found already, by somebody who may see it.
    package init(stored template: EmailTemplate, arn: String) {
        name = template.name
        self.template = template
        self.arn = arn
    }

    /// One that came with the call.
    package init(inline template: EmailTemplate) {
        name = template.name
        self.template = template
        arn = nil
    }

    /// - Throws: `RecordFailure`: `.notFound`, and `.invalid` for what came with the call and cannot be read.
    func prepared() throws -> PreparedTemplate {
        guard let template else { throw RecordFailure.notFound(name) }
        if arn == nil { try template.check() }
        return PreparedTemplate(template)
    }
}

/// A template that is read once and filled often.
struct PreparedTemplate: Sendable {
    /// What a filled template is.
    struct Parts: Sendable {
        var subject: String?
        var text: String?
        var html: String?
    }

    private struct Templates {
        let subject: Template?
        let text: Template?
        let html: Template?
    }

    let name: String
    // A template that was stored when more, or less, could be read than now.
    private let templates: Result<Templates, TemplateFault>

    init(_ template: EmailTemplate) {
        name = template.name
        templates = Result { () throws(TemplateFault) in
            Templates(
                subject: try Self.parse(template.subject), text: try Self.parse(template.text),
                html: try Self.parse(template.html))
        }
    }

    /// - Throws: `TemplateFault`. All parts share one budget.
    func filled(with data: TemplateValue) throws(TemplateFault) -> Parts {
        let templates = try self.templates.get()
        var budget = TemplateBudget()
        return Parts(
            subject: try templates.subject?.render(data, within: &budget),
            text: try templates.text?.render(data, within: &budget),
            html: try templates.html?.render(data, within: &budget))
    }

    private static func parse(_ text: String?) throws(TemplateFault) -> Template? {
        guard let text else { return nil }
        return try Template(parsing: text)
    }
}
