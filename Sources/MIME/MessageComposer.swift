// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Builds a message out of parts named one by one: SES's "Simple" content.
package struct MessageComposer: Sendable {
    package static let maximumCustomHeaders = 15

    package var from: String
    package var to: [String] = []
    package var cc: [String] = []
    package var replyTo: [String] = []
    package var subject = ""
    package var text: String?
    package var html: String?
    package var headers: [(name: String, value: String)] = []
    package var attachments: [Attachment] = []

    package struct Attachment: Sendable {
        package var fileName: String
        package var contentType: String
        package var isInline: Bool
        package var contentID: String?
        package var description: String?
        package var content: [UInt8]

        package init(
            fileName: String, contentType: String, isInline: Bool, contentID: String?, description: String?,
            content: [UInt8]
        ) {
            self.fileName = fileName
            self.contentType = contentType
            self.isInline = isInline
            self.contentID = contentID
            self.description = description
            self.content = content
        }
    }

    package init(from: String) { self.from = from }

    /// - Parameter random: makes boundaries.
    /// - Throws: `SyntaxError` for an address, header or file name that cannot stand in a message.
    package func compose(random: RandomBits) throws(SyntaxError) -> [UInt8] {
        var header = HeaderSection()
        try header.append(name: "From", value: try AddressList(parsing: from).fieldValue)
        for (name, list) in [("To", to), ("Cc", cc), ("Reply-To", replyTo)] where !list.isEmpty {
            var addresses: [AddressList.Address] = []
            for text in list { addresses += try AddressList(parsing: text).addresses }
            try header.append(name: name, value: AddressList(addresses).fieldValue)
        }
        try header.append(name: "Subject", value: EncodedWord.encode(try Self.oneLine(subject, in: "Subject")))
        try appendCustomHeaders(to: &header)
        try header.append(name: "MIME-Version", value: "1.0")
        let entity = try content(random: random)
        for field in entity.header.fields { header.append(field) }
        return header.serialized() + entity.body
    }

    private func appendCustomHeaders(to header: inout HeaderSection) throws(SyntaxError) {
        guard headers.count <= Self.maximumCustomHeaders else {
            throw SyntaxError(expected: "at most \(Self.maximumCustomHeaders) headers", offset: 0)
        }
        for (name, value) in headers {
            guard (1...126).contains(name.utf8.count), (1...995).contains(value.utf8.count),
                name.utf8.count + value.utf8.count <= 996
            else { throw SyntaxError(expected: "a header name of 1 to 126 octets and a value of 1 to 995", offset: 0) }
            guard header.first(name) == nil,
                !["content-type", "content-transfer-encoding", "mime-version", "bcc"].contains(name.lowercased())
            else { throw SyntaxError(expected: "no header that the message already has: \(name)", offset: 0) }
            try header.append(name: name, value: EncodedWord.encode(try Self.oneLine(value, in: name)))
        }
    }

    private func content(random: RandomBits) throws(SyntaxError) -> Entity {
        var bodies: [Entity] = []
        if let text { bodies.append(try Entity(text: text, type: "text/plain")) }
        if let html { bodies.append(try Entity(text: html, type: "text/html")) }
        guard var entity = bodies.first else { throw SyntaxError(expected: "a text or HTML body", offset: 0) }
        if bodies.count == 2 { entity = try Entity(multipart: "alternative", bodies, random: random) }
        let inline = try entities(attachments.filter(\.isInline))
        if !inline.isEmpty { entity = try Entity(multipart: "related", [entity] + inline, random: random) }
        let attached = try entities(attachments.filter { !$0.isInline })
        return attached.isEmpty ? entity : try Entity(multipart: "mixed", [entity] + attached, random: random)
    }

    private func entities(_ attachments: [Attachment]) throws(SyntaxError) -> [Entity] {
        var result: [Entity] = []
        for attachment in attachments { result.append(try Entity(attachment)) }
        return result
    }

    /// Refuses what could end a field and begin another.
    static func oneLine(_ text: String, in name: String) throws(SyntaxError) -> String {
        guard
            !text.unicodeScalars.contains(where: {
                $0.value < 32 && $0 != "\t" || $0.value == 127 || $0 == "\u{85}" || $0 == "\u{2028}" || $0 == "\u{2029}"
            })
        else { throw SyntaxError(expected: "no control characters in \(name)", offset: 0) }
        return text
    }
}

/// Header fields and body of one MIME entity under construction.
private struct Entity {
    var header = HeaderSection()
    var body: [UInt8]

    init(text: String, type: String) throws(SyntaxError) {
        let octets = LineEnds.normalised(Array(text.utf8))
        let encodes = SevenBit.needsWork(octets)
        try header.append(name: "Content-Type", value: "\(type); charset=UTF-8")
        try header.append(name: "Content-Transfer-Encoding", value: encodes ? "quoted-printable" : "7bit")
        body = encodes ? QuotedPrintable.encode(octets) : octets
    }

    init(multipart subtype: String, _ parts: [Entity], random: RandomBits) throws(SyntaxError) {
        let boundary = "=_\(subtype)_" + String(random(), radix: 36) + String(random(), radix: 36)
        try header.append(name: "Content-Type", value: "multipart/\(subtype); boundary=\"\(boundary)\"")
        body = []
        for part in parts {
            body += Array("--\(boundary)\r\n".utf8) + part.serialized() + [13, 10]
        }
        body += Array("--\(boundary)--\r\n".utf8)
    }

    init(_ attachment: MessageComposer.Attachment) throws(SyntaxError) {
        let type = attachment.contentType.isEmpty ? "application/octet-stream" : attachment.contentType
        _ = try MessageComposer.oneLine(type, in: "ContentType")
        let name = try MessageComposer.oneLine(attachment.fileName, in: "FileName")
        let quoted = EncodedWord.encode(name.filter { $0 != "\"" && $0 != "\\" })
        try header.append(name: "Content-Type", value: type)
        try header.append(
            name: "Content-Disposition",
            value: "\(attachment.isInline ? "inline" : "attachment"); filename=\"\(quoted)\"")
        if let id = attachment.contentID {
            let bare = try MessageComposer.oneLine(id, in: "ContentId").filter { $0 != "<" && $0 != ">" }
            try header.append(name: "Content-ID", value: "<\(bare)>")
        }
        if let description = attachment.description {
            try header.append(
                name: "Content-Description",
                value: EncodedWord.encode(try MessageComposer.oneLine(description, in: "ContentDescription")))
        }
        try header.append(name: "Content-Transfer-Encoding", value: "base64")
        body = Base64.lines(attachment.content)
    }

    func serialized() -> [UInt8] { header.serialized() + body }
}
