// SPDX-License-Identifier: Apache-2.0

package import Access
package import MIME
package import Mail
import Queue
import Templating

/// A send whose content is a template: decided, then rendered, composed and handed to the gate.
///
/// Who may not send learns nothing of templates, and costs no rendering: the gate is asked first, about the message
/// without its content.
package struct TemplatedMessage: Sendable {
    package var caller: Caller
    package var action: SendAction
    package var template: ChosenTemplate
    package var from: String
    package var to: [String] = []
    package var cc: [String] = []
    package var bcc: [String] = []
    package var replyTo: [String] = []
    package var returnPath: String?
    package var headers: [(name: String, value: String)] = []
    package var attachments: [MessageComposer.Attachment] = []
    package var configurationSet: String?
    package var tags: [String: String] = [:]
    package var authorities = SendingAuthorities()
    package var apiVersion = "2"

    package init(caller: Caller, action: SendAction, template: ChosenTemplate, from: String) {
        self.caller = caller
        self.action = action
        self.template = template
        self.from = from
    }

    /// Admits the message. One that cannot be rendered is accepted, dropped, and recorded, as on SES.
    /// - Parameter data: a JSON object.
    /// - Throws: `SendRefusal`, `RecordFailure.notFound` for the template, `TemplateDataFault`.
    package func submit(_ data: String?, to gate: Gate, random: RandomBits) async throws -> MessageID {
        try await examine(by: gate, random: random)
        return try await send(
            try template.prepared(), filledWith: try TemplateValue(data: data ?? ""), to: gate, random: random)
    }

    /// Decides over the message without sending it, whatever its template and data.
    /// - Throws: `SendRefusal`.
    func examine(by gate: Gate, random: RandomBits) async throws {
        var skeleton = self
        skeleton.attachments = []
        try await gate.examine(try skeleton.submission(.init(subject: "", text: ""), random))
    }

    /// Admits a message that was examined.
    func send(
        _ template: PreparedTemplate, filledWith data: TemplateValue, to gate: Gate, random: RandomBits
    ) async throws -> MessageID {
        let parts: PreparedTemplate.Parts
        do {
            parts = try template.filled(with: data)
        } catch {
            let skeleton = try submission(.init(subject: "", text: ""), random)
            return try await gate.fail(skeleton, rendering: template.name, because: error.description)
        }
        return try await gate.submit(try submission(parts, random))
    }

    /// A message as it would be sent; for `TestRenderTemplate`.
    /// - Throws: `TemplateFault`, `TemplateDataFault`, `RecordFailure.notFound`, `SendRefusal.malformedMessage`.
    package func rendered(with data: String, random: RandomBits) throws -> [UInt8] {
        let template = try template.prepared()
        return try compose(try template.filled(with: try TemplateValue(data: data)), random)
    }

    /// Looks at the addresses that say who sends.
    /// - Throws: `SendRefusal.invalidAddress`.
    func checkSenders() throws {
        for text in [from, returnPath].compactMap(\.self) { _ = try Self.mailbox(text) }
        for text in replyTo {
            do { _ = try AddressList(parsing: text) } catch { throw SendRefusal.invalidAddress(text, error) }
        }
    }

    private func submission(_ parts: PreparedTemplate.Parts, _ random: RandomBits) throws -> Submission {
        Submission(
            caller: caller, action: action, reversePath: .mailbox(try Self.mailbox(returnPath ?? from)),
            recipients: try (to + cc + bcc).map { try Self.mailbox($0) }, content: .memory(try compose(parts, random)),
            configurationSet: configurationSet, tags: tags, authorities: authorities, apiVersion: apiVersion,
            resources: template.arn.map { [.init($0, tags: template.template?.tags ?? [:])] } ?? [])
    }

    private func compose(_ parts: PreparedTemplate.Parts, _ random: RandomBits) throws -> [UInt8] {
        var composer = MessageComposer(from: from)
        composer.to = to
        composer.cc = cc
        composer.replyTo = replyTo
        composer.subject = parts.subject ?? ""
        composer.text = parts.text
        composer.html = parts.html
        composer.headers = headers
        composer.attachments = attachments
        do {
            return try composer.compose(random: random)
        } catch {
            throw SendRefusal.malformedMessage("The message cannot be composed: \(error).")
        }
    }

    private static func mailbox(_ text: String) throws -> Mailbox {
        do {
            let list = try AddressList(parsing: text).mailboxes
            guard list.count == 1 else { throw SyntaxError(expected: "one address", offset: 0) }
            return list[0]
        } catch let error as SyntaxError {
            throw SendRefusal.invalidAddress(text, error)
        }
    }
}
