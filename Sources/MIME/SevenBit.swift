// SPDX-License-Identifier: Apache-2.0

import Mail

/// Makes a message 7-bit (RFC 2045 §6): done once at acceptance, so that one signature serves every peer.
///
/// A leaf part with an octet above 127, a NUL or a line over 998 octets is encoded anew, quoted-printable for text and
/// Base64 for the rest; containers are declared 7bit; raw 8-bit header fields become encoded words. Nothing else changes.
///
/// Limits: parts nest 30 deep, 10,000 parts in all.
package enum SevenBit {
    package static let maximumDepth = 30
    package static let maximumParts = 10_000
    /// RFC 5321 §4.5.3.1.6, without CRLF.
    package static let maximumLineLength = 998

    /// Whether anything has to be encoded anew.
    package static func needsWork(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var lineStart = 0
        var index = 0
        while true {
            index = OctetScan.first(in: bytes, from: index, OctetScan.controlsAnd8Bit)
            guard index < bytes.count else { return bytes.count - lineStart > maximumLineLength }
            let byte = bytes[index]
            if byte > 127 || byte == 0 { return true }
            if byte == 10 {
                if index - lineStart > maximumLineLength + 1 { return true }
                lineStart = index + 1
            }
            index += 1
        }
    }

    package static func needsWork(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { needsWork($0) } }

    /// Converts a whole message whose line ends are CRLF.
    package static func convert(_ bytes: [UInt8]) throws -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + bytes.count / 4)
        try bytes.withUnsafeBytes { try convert($0) { output += $0 } }
        return output
    }

    /// Converts a message that is too large for memory; `sink` gets the result in pieces.
    package static func convert(_ bytes: UnsafeRawBufferPointer, into sink: ([UInt8]) throws -> Void) throws {
        try withoutActuallyEscaping(sink) { sink in
            var converter = Converter(bytes: bytes, sink: sink)
            try converter.entity(0..<bytes.count, depth: 0)
        }
    }
}

/// One walk over the tree of parts.
private struct Converter {
    private static let slice = 57 * 1024

    let bytes: UnsafeRawBufferPointer
    let sink: ([UInt8]) throws -> Void
    private var parts = 0

    init(bytes: UnsafeRawBufferPointer, sink: @escaping ([UInt8]) throws -> Void) {
        self.bytes = bytes
        self.sink = sink
    }

    mutating func entity(_ range: Range<Int>, depth: Int) throws {
        parts += 1
        guard depth <= SevenBit.maximumDepth, parts <= SevenBit.maximumParts else {
            throw SyntaxError(expected: "at most \(SevenBit.maximumDepth) levels of parts", offset: range.lowerBound)
        }
        let prefix = Array(bytes[range.prefix(HeaderSection.maximumLength + 4)])
        let (header, offset) = try HeaderSection.parse(prefix)
        let body = range.lowerBound + offset..<range.upperBound
        let type = ParameterizedValue(parsing: header.first("Content-Type")?.value ?? "text/plain")
        if type.value.hasPrefix("multipart/"), let boundary = type.parameters["boundary"], !boundary.isEmpty {
            try emit(header, encoding: "7bit", onlyIfDeclared: true)
            try multipart(body, boundary: boundary, depth: depth)
        } else if type.value == "message/rfc822" || type.value == "message/global" {
            try emit(header, encoding: "7bit", onlyIfDeclared: true)
            try entity(body, depth: depth + 1)
        } else {
            try leaf(header, body, type: type.value)
        }
    }

    private mutating func multipart(_ range: Range<Int>, boundary: String, depth: Int) throws {
        let delimiters = delimiterLines(in: range, boundary: Array(("--" + boundary).utf8))
        guard let first = delimiters.first else { return try text(range) }
        try text(range.lowerBound..<first.line.lowerBound)
        for (index, delimiter) in delimiters.enumerated() {
            try sink(Array(bytes[delimiter.line]))
            let end = index + 1 < delimiters.count ? delimiters[index + 1].line.lowerBound : range.upperBound
            if delimiter.closes { return try text(delimiter.line.upperBound..<range.upperBound) }
            // The CRLF before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
            let hasBreak = index + 1 < delimiters.count && end - delimiter.line.upperBound >= 2
            try entity(delimiter.line.upperBound..<(hasBreak ? end - 2 : end), depth: depth + 1)
            if hasBreak { try sink([13, 10]) }
        }
    }

    private func delimiterLines(in range: Range<Int>, boundary: [UInt8]) -> [(line: Range<Int>, closes: Bool)] {
        var found: [(line: Range<Int>, closes: Bool)] = []
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            while end < range.upperBound, bytes[end] != 10 { end += 1 }
            end = min(end + 1, range.upperBound)
            if end - start >= boundary.count, bytes[start..<start + boundary.count].elementsEqual(boundary) {
                var rest = start + boundary.count
                let closes = rest + 1 < end && bytes[rest] == UInt8(ascii: "-") && bytes[rest + 1] == UInt8(ascii: "-")
                if closes { rest += 2 }
                if bytes[rest..<end].allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 || $0 == 10 }) {
                    found.append((start..<end, closes))
                    if closes { return found }
                }
            }
            start = end
        }
        return found
    }

    // Preamble and epilogue: nobody reads them, so what is not 7-bit becomes a question mark.
    private func text(_ range: Range<Int>) throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.slice) {
            let end = min(start + Self.slice, range.upperBound)
            try sink(bytes[start..<end].map { $0 > 127 || $0 == 0 ? UInt8(ascii: "?") : $0 })
        }
    }

    private func leaf(_ header: HeaderSection, _ body: Range<Int>, type: String) throws {
        guard SevenBit.needsWork(UnsafeRawBufferPointer(rebasing: bytes[body])) else {
            let declared = header.first("Content-Transfer-Encoding")?.value.lowercased() ?? "7bit"
            try emit(header, encoding: ["8bit", "binary"].contains(declared) ? "7bit" : nil)
            return try verbatim(body)
        }
        let isText = type.hasPrefix("text/") && !bytes[body].contains(0)
        try emit(header, encoding: isText ? "quoted-printable" : "base64")
        if isText { try quotedPrintable(body) } else { try base64(body) }
    }

    private func verbatim(_ range: Range<Int>) throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.slice) {
            try sink(Array(bytes[start..<min(start + Self.slice, range.upperBound)]))
        }
    }

    private func base64(_ range: Range<Int>) throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.slice) {
            try sink(Base64.lines(bytes[start..<min(start + Self.slice, range.upperBound)]))
        }
    }

    // Cut at line ends where there is one, else with a soft break.
    private func quotedPrintable(_ range: Range<Int>) throws {
        var start = range.lowerBound
        while start < range.upperBound {
            var end = min(start + Self.slice, range.upperBound)
            if end < range.upperBound, let newline = bytes[start..<end].lastIndex(of: 10) { end = newline + 1 }
            let atLineEnd = end == range.upperBound || bytes[end - 1] == 10
            try sink(
                QuotedPrintable.encode(Array(bytes[start..<end])) + (atLineEnd ? [] : [UInt8(ascii: "="), 13, 10]))
            start = end
        }
    }

    private func emit(_ header: HeaderSection, encoding: String?, onlyIfDeclared: Bool = false) throws {
        var header = try sevenBitFields(header)
        if let encoding, !onlyIfDeclared || header.first("Content-Transfer-Encoding") != nil {
            header.replace(try HeaderField(name: "Content-Transfer-Encoding", value: encoding))
            if header.first("MIME-Version") == nil, header.first("From") != nil {
                try header.append(name: "MIME-Version", value: "1.0")
            }
        }
        try sink(header.serialized())
    }

    private func sevenBitFields(_ header: HeaderSection) throws -> HeaderSection {
        guard header.fields.contains(where: \.is8Bit) else { return header }
        return HeaderSection(fields: try header.fields.map { $0.is8Bit ? try sevenBit($0) : $0 })
    }

    private func sevenBit(_ field: HeaderField) throws -> HeaderField {
        switch field.name.lowercased() {
        case "from", "to", "cc", "bcc", "sender", "reply-to":
            let list = try AddressList(parsing: field.value)
            guard !list.mailboxes.contains(where: \.needsSMTPUTF8) else {
                throw SyntaxError(expected: "ASCII before the @ of an address in \(field.name)", offset: 0)
            }
            return try HeaderField(name: field.name, value: list.fieldValue)
        case "content-type", "content-disposition":
            let words = field.value.split(separator: "\"", omittingEmptySubsequences: false).map {
                EncodedWord.encode(String($0))
            }
            return try HeaderField(name: field.name, value: words.joined(separator: "\""))
        default:
            return try HeaderField(name: field.name, value: EncodedWord.encode(field.value))
        }
    }
}
