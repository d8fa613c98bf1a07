// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail
import Queue

extension InspectedMessage {
    /// Fields that speak to SES or to the sender's own server and never leave.
    private static let removedFields = [
        "Bcc", "Resent-Bcc", "Return-Path", "Message-ID", "Date", "X-SES-CONFIGURATION-SET", "X-SES-MESSAGE-TAGS",
        "X-SES-SOURCE-ARN",
        "X-SES-FROM-ARN", "X-SES-RETURN-PATH-ARN", "X-SES-LIST-MANAGEMENT-OPTIONS", "X-SES-TENANT",
        Self.reportField,
    ]
    /// Holds the token of the return path once more, for reports that lose the envelope.
    private static let reportField = "X-Postern-Report"

    /// The message as it is stored, signed and sent: 7-bit, CRLF, with our Message-ID and Date as SES does it, and a
    /// Received field, by which a loop is found to be one (RFC 5321 §4.4, §6.3). It says nothing of the client.
    /// - Parameter with: the protocol the message came by, in the words of RFC 3848.
    /// - Parameter reportToken: nil where no reports are received.
    func outgoingContent(
        id: MessageID, acceptedAt: Timestamp, hostname: String, with protocolName: String, reportToken: String?
    ) throws -> Content {
        do {
            let (body, date) = (try sevenBitBody(), acceptedAt.rfc5322)
            var rewritten = body.header
            rewritten.remove(named: Self.removedFields)
            try rewritten.append(name: "Message-ID", value: "<\(id)@\(hostname)>")
            try rewritten.append(name: "Date", value: date)
            if let reportToken { try rewritten.append(name: Self.reportField, value: reportToken) }
            let trace = "by \(hostname) with \(protocolName) id \(id); \(date)"
            rewritten = HeaderSection(
                fields: [try HeaderField(name: "Received", value: trace)] + rewritten.fields)
            return Content(header: rewritten.serialized(), body: body.body)
        } catch let error as SyntaxError {
            throw SendRefusal.malformedMessage("The message cannot be made 7-bit: \(error).")
        }
    }

    // Anything 8-bit is made 7-bit once, here, so that one signature serves every peer whatever it offers.
    private func sevenBitBody() throws -> (header: HeaderSection, body: Content.Body) {
        switch content {
        case .memory(let bytes):
            try Self.requireCRLF(LineEnds.firstBare(in: bytes))
            guard SevenBit.needsWork(bytes) else { return (header, .memory(Array(bytes[bodyOffset...]))) }
            let whole = try SevenBit.convert(bytes)
            let (header, offset) = try HeaderSection.parse(whole)
            return (header, .memory(Array(whole[offset...])))
        case .file(let path, let length):
            return try sevenBitFile(path, length)
        }
    }

    private func sevenBitFile(_ path: String, _ length: Int) throws -> (header: HeaderSection, body: Content.Body) {
        let file = try MappedFile(path: path)
        try Self.requireCRLF(file.withBytes { LineEnds.firstBare(in: $0) })
        guard file.withBytes({ SevenBit.needsWork($0) }) else {
            return (header, .file(path: path, offset: bodyOffset, length: length - bodyOffset))
        }
        // Written beside the draft and put in its place: whoever owns the draft's path owns the result.
        let output = try OutputFile(path: path + ".7bit")
        try file.withBytes { try SevenBit.convert($0) { try output.write($0) } }
        try output.replace(path)
        let (header, offset) = try DraftContent.file(path: path, length: output.length).withPrefix(
            HeaderSection.maximumLength + 4
        ) { try HeaderSection.parse($0) }
        return (header, .file(path: path, offset: offset, length: output.length - offset))
    }

    // The last line of defence against smuggling: whatever a door let through, nothing ambiguous is stored.
    private static func requireCRLF(_ bare: Int?) throws(SendRefusal) {
        if let bare { throw .malformedMessage("Lines must end in CRLF: a bare CR or LF stands at octet \(bare).") }
    }
}
