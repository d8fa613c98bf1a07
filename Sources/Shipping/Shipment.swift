// SPDX-License-Identifier: Apache-2.0

package import Mail

/// One record on its way to a sink: a copy, whose original stays in the trail or in the journal.
package struct Shipment: Hashable, Sendable {
    package enum Class: String, CaseIterable, Hashable, Sendable { case trail, message, metric }

    /// Its place in its source, rising.
    package let sequence: Int64
    package let at: Timestamp
    /// `postern:trail`
    package let source: String
    /// `aws:cloudtrail`
    package let sourcetype: String
    package let host: String
    package let kind: Class
    /// One JSON object in one line: no control character and no line separator of Unicode is in it as itself.
    package let json: String
    /// Whether it tells of copies that were set aside or dropped: no such record is made about it again.
    package let isAboutCopies: Bool

    package init(
        sequence: Int64, at: Timestamp, source: String, sourcetype: String, host: String, kind: Class, json: String,
        isAboutCopies: Bool = false
    ) {
        self.sequence = sequence
        self.at = at
        self.source = source
        self.sourcetype = sourcetype
        self.host = host
        self.kind = kind
        self.json = OneLine.json(json)
        self.isAboutCopies = isAboutCopies
    }
}

/// Text that cannot end a line or begin another, whoever wrote it.
package enum OneLine {
    /// JSON without control characters: between values they are white space, and within strings they have no place.
    static func json(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isSeparating) else { return text }
        var output = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0..<32: output.append(" ")
            case _ where isSeparating(scalar):
                let digits = String(scalar.value, radix: 16)
                output.append(
                    contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars)
            default: output.append(scalar)
            }
        }
        return String(output)
    }

    /// What a far side or a library said, for logs and pages: printable, at most 200 characters.
    package static func words(_ text: String) -> String {
        var output = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(200) { output.append(isSeparating(scalar) ? " " : scalar) }
        return String(output)
    }

    /// A JSON string with its quotes.
    static func quoted(_ text: String) -> String {
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case _ where scalar.value < 32:
                output += "\\u00\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }

    // C0, DEL, C1 and the two separators: some reader or terminal takes each of them for the end of a line.
    private static func isSeparating(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 32 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }
}
