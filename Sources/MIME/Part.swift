// SPDX-License-Identifier: Apache-2.0

/// A message taken apart for reading: a tree of parts. Odd mail degrades to text, it never fails.
///
/// Limits: 30 levels, 1,000 parts; what lies beyond stays in its container's text.
package struct Part: Sendable {
    package static let maximumDepth = 30
    package static let maximumParts = 1_000

    package let header: HeaderSection
    package let contentType: ParameterizedValue
    package let disposition: ParameterizedValue?
    package let children: [Part]
    /// The body as it stands in the message; empty for containers.
    package let rawBody: [UInt8]

    package static func parse(_ message: [UInt8]) -> Part {
        var budget = maximumParts
        return parse(ArraySlice(message), depth: 0, budget: &budget)
    }

    private static func parse(_ bytes: ArraySlice<UInt8>, depth: Int, budget: inout Int) -> Part {
        budget -= 1
        let parsed = try? HeaderSection.parse(Array(bytes.prefix(HeaderSection.maximumLength + 4)))
        let header = parsed?.header ?? HeaderSection()
        let body = bytes.dropFirst(parsed?.bodyOffset ?? 0)
        let type = ParameterizedValue(parsing: header.first("Content-Type")?.value ?? "text/plain")
        var children: [Part] = []
        if type.value.hasPrefix("multipart/"), let boundary = type.parameters["boundary"], depth < maximumDepth {
            for slice in split(body, boundary: Array(("--" + boundary).utf8)) where budget > 0 {
                children.append(parse(slice, depth: depth + 1, budget: &budget))
            }
        }
        return Part(
            header: header, contentType: type,
            disposition: header.first("Content-Disposition").map { ParameterizedValue(parsing: $0.value) },
            children: children, rawBody: children.isEmpty ? Array(body) : [])
    }

    private static func split(_ body: ArraySlice<UInt8>, boundary: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var partStart: Int?
        var start = body.startIndex
        while start < body.endIndex {
            let newline = body[start...].firstIndex(of: 10) ?? body.endIndex - 1
            let line = body[start...newline]
            if line.starts(with: boundary) {
                let rest = line.dropFirst(boundary.count)
                let closes = rest.starts(with: Array("--".utf8))
                if rest.dropFirst(closes ? 2 : 0).allSatisfy({ $0 <= 32 }) {
                    if let partStart { parts.append(body[partStart..<max(partStart, start - 2)]) }
                    if closes || parts.count >= maximumParts { return parts }
                    partStart = newline + 1
                }
            }
            start = newline + 1
        }
        if let partStart, partStart < body.endIndex { parts.append(body[partStart...]) }
        return parts
    }

    /// The octets that the transfer encoding stands for.
    package var decoded: [UInt8] {
        switch header.first("Content-Transfer-Encoding")?.value.lowercased() {
        case "base64": Base64.decode(rawBody)
        case "quoted-printable": QuotedPrintable.decode(rawBody)
        default: rawBody
        }
    }

    /// The body as text in its own charset.
    package var text: String { Charset.decode(decoded, charset: contentType.parameters["charset"] ?? "utf-8") }

    package var fileName: String? { disposition?.parameters["filename"] ?? contentType.parameters["name"] }

    /// Without angle brackets.
    package var contentID: String? {
        header.first("Content-ID").map { $0.value.filter { $0 != "<" && $0 != ">" } }
    }

    /// This part and all beneath it, leaves only, in order.
    package var leaves: [Part] { children.isEmpty ? [self] : children.flatMap(\.leaves) }

    /// The first leaf of a text type that is not an attachment.
    package func firstText(_ type: String) -> Part? {
        leaves.first { $0.contentType.value == type && $0.disposition?.value != "attachment" }
    }

    /// Leaves a person would save: attachments and everything that is neither text nor HTML.
    package var attachments: [Part] {
        leaves.filter { $0.disposition?.value == "attachment" || !$0.contentType.value.hasPrefix("text/") }
    }
}
