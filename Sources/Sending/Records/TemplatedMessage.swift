// SPDX-License-Identifier: Apache-2.0

package import Access
import FoundationEssentials
import MIME
package import Mail
import Queue
import Templating

/// A send whose content is a template: rendered, composed and handed to the gate.
package struct TemplatedMessage: Sendable {
    package var caller: Caller
    package var action: SendAction
    package var template: EmailTemplate
    /// ARN of a stored template; nil for one that came with the call.
    package var templateARN: String?
    /// JSON objects, later ones over earlier ones.
    package var data: [String]
    package var from: String
    package var to: [String] = []
    package var cc: [String] = []
    package var bcc: [String] = []
    package var replyTo: [String] = []
    package var returnPath: String?
    package var headers: [(name: String, value: String)] = []
    package var configurationSet: String?
    package var tags: [String: String] = [:]
    package var authorities = SendingAuthorities()
    package var apiVersion = "2"

    /// Octets of one data document.
    package static let maximumData = 262_144

    package init(caller: Caller, action: SendAction, template: EmailTemplate, data: [String], from: String) {
        self.caller = caller
        self.action = action
        self.template = template
        self.data = data
        self.from = from
    }

    /// Admits the message. One that cannot be rendered is accepted, dropped, and recorded, as on SES.
    /// - Throws: `SendRefusal`, `RecordFailure.invalid` for data that is no JSON object.
    package func submit(to gate: Gate, random: RandomBits) async throws -> MessageID {
        let value = try Self.value(data)
        let parts: (String?, String?, String?)
        do {
            parts = (
                try Self.render(template.subject, value), try Self.render(template.text, value),
                try Self.render(template.html, value)
            )
        } catch let fault as TemplateFault {
            // Everything but the content is decided first: who may not send learns nothing of templates.
            let skeleton = try submission(("", "", nil), random)
            return try await gate.fail(skeleton, rendering: template.name, because: fault.description)
        }
        return try await gate.submit(try submission(parts, random))
    }

    /// Decides over the message without sending it, whatever its data.
    /// - Throws: `SendRefusal`.
    package func examine(by gate: Gate, random: RandomBits) async throws {
        try await gate.examine(try submission(("", "", nil), random))
    }

    /// A message as it would be sent; for `TestRenderTemplate`.
    /// - Throws: `TemplateFault`, `RecordFailure.invalid`.
    package func rendered(random: RandomBits) throws -> [UInt8] {
        let value = try Self.value(data)
        return try compose(
            (
                try Self.render(template.subject, value), try Self.render(template.text, value),
                try Self.render(template.html, value)
            ), random)
    }

    private func submission(_ parts: (String?, String?, String?), _ random: RandomBits) throws -> Submission {
        Submission(
            caller: caller, action: action, reversePath: .mailbox(try Self.mailbox(returnPath ?? from)),
            recipients: try (to + cc + bcc).map { try Self.mailbox($0) }, content: .memory(try compose(parts, random)),
            configurationSet: configurationSet, tags: tags, authorities: authorities, apiVersion: apiVersion,
            resources: templateARN.map { [$0] } ?? [])
    }

    private func compose(_ parts: (String?, String?, String?), _ random: RandomBits) throws -> [UInt8] {
        var composer = MessageComposer(from: from)
        composer.to = to
        composer.cc = cc
        composer.replyTo = replyTo
        composer.subject = parts.0 ?? ""
        composer.text = parts.1
        composer.html = parts.2
        composer.headers = headers
        do {
            return try composer.compose(random: random)
        } catch {
            throw SendRefusal.malformedMessage("The message cannot be composed: \(error).")
        }
    }

    private static func render(_ text: String?, _ value: TemplateValue) throws(TemplateFault) -> String? {
        guard let text else { return nil }
        return try Template(parsing: text).render(value)
    }

    private static func value(_ documents: [String]) throws -> TemplateValue {
        var value = TemplateValue.object([:])
        for text in documents where !text.isEmpty {
            guard text.utf8.count <= maximumData else {
                throw RecordFailure.invalid("Template data is longer than \(maximumData) bytes.")
            }
            guard let object = try? JSONDecoder().decode(TemplateValue.self, from: Data(text.utf8)),
                case .object = object
            else { throw RecordFailure.invalid("Template data is not a JSON object.") }
            value = value.merged(with: object)
        }
        return value
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
