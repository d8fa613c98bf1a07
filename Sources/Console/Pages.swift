// SPDX-License-Identifier: Apache-2.0

import Delivery
import MIME
import Mail
import Mustache

/// The console's pages. Every value is escaped by the template engine.
struct Pages: Sendable {
    private let listTemplate: MustacheTemplate
    private let messageTemplate: MustacheTemplate
    private let firstSteps: [String]

    init(firstSteps: [String]) throws {
        self.firstSteps = firstSteps
        listTemplate = try MustacheTemplate(string: Layout.page(ListPage.body))
        messageTemplate = try MustacheTemplate(string: Layout.page(MessagePage.body))
    }

    func list(_ messages: [CapturedSummary], search: String) -> String {
        let rows = messages.map { message in
            [
                "id": String(message.id), "from": message.from, "to": message.recipients.joined(separator: ", "),
                "subject": message.subject.isEmpty ? "(no subject)" : message.subject,
                "time": String(message.capturedAt.description.prefix(19)).replacing("T", with: " "),
                "size": Self.size(message.size),
            ]
        }
        return listTemplate.render(
            [
                "title": "Inbox", "rows": rows, "search": search, "isEmpty": rows.isEmpty, "steps": firstSteps,
                "count": messages.count,
            ] as [String: Any])
    }

    func message(_ message: CapturedMessage, part: Part, verdicts: [String]) -> String {
        let summary = message.summary
        let text = part.firstText("text/plain")?.text
        let headers = part.header.fields.map { ["name": $0.name, "value": EncodedWord.decode($0.value)] }
        let attachments = part.attachments.enumerated().map { index, attachment in
            [
                "href": "/messages/\(summary.id)/attachments/\(index)", "name": attachment.fileName ?? "attachment",
                "type": attachment.contentType.value, "size": Self.size(attachment.decoded.count),
            ]
        }
        return messageTemplate.render(
            [
                "title": summary.subject.isEmpty ? "(no subject)" : summary.subject, "id": String(summary.id),
                "from": summary.from, "to": summary.recipients.joined(separator: ", "),
                "reversePath": summary.reversePath,
                "time": String(summary.capturedAt.description.prefix(19)).replacing("T", with: " "),
                "messageID": summary.message.description, "hasHTML": part.firstText("text/html") != nil,
                "hasText": text != nil, "text": String((text ?? "").prefix(Routes.maximumText)), "headers": headers,
                "attachments": attachments, "attachmentCount": attachments.count,
                "hasAttachments": !attachments.isEmpty,
                "verdicts": verdicts, "isUnsigned": verdicts.isEmpty,
                "source": String(decoding: message.content.prefix(Routes.maximumText), as: UTF8.self),
            ] as [String: Any])
    }

    static func size(_ octets: Int) -> String {
        octets < 1024 ? "\(octets) B" : octets < 1 << 20 ? "\(octets / 1024) KB" : "\(octets / (1 << 20)) MB"
    }
}
