// SPDX-License-Identifier: Apache-2.0

/// The fields of a machine-readable report part, or of a message that came back: groups between empty lines.
///
/// What strangers write here is rarely a clean header section, so lines that are no field are passed over. Limits:
/// `maximumGroups` groups, `maximumFields` fields a group, values cut at `maximumValueLength` octets.
package struct ReportFields: Hashable, Sendable {
    package static let maximumGroups = 1_001
    package static let maximumFields = 200
    package static let maximumValueLength = 4_000

    package struct Field: Hashable, Sendable {
        package let name: String
        /// Unfolded, without the space around it.
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package let fields: [Field]

    package init(_ fields: [Field]) { self.fields = fields }

    /// Of the first field of that name; an empty value is none.
    package func first(_ name: String) -> String? { all(name).first }

    package func all(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() && !$0.value.isEmpty }.map(\.value)
    }

    /// The groups of a part's body, empty ones left out.
    static func groups(_ octets: [UInt8], limit: Int = maximumGroups) -> [ReportFields] {
        var groups: [ReportFields] = []
        var reader = GroupReader()
        for line in octets.split(separator: 10, omittingEmptySubsequences: false) {
            let line = line.last == 13 ? line.dropLast() : line
            if line.allSatisfy({ $0 == 32 || $0 == 9 }) {
                if let group = reader.finish() { groups.append(group) }
                if groups.count >= limit { return groups }
            } else {
                reader.add(line)
            }
        }
        if let group = reader.finish() { groups.append(group) }
        return groups
    }
}

/// Gathers the lines of one group.
private struct GroupReader {
    private var fields: [(name: String, value: [UInt8])] = []

    mutating func add(_ line: ArraySlice<UInt8>) {
        if line.first == 32 || line.first == 9 {
            guard let last = fields.indices.last, fields[last].value.count < ReportFields.maximumValueLength else {
                return
            }
            fields[last].value += [32] + line.drop { $0 == 32 || $0 == 9 }.prefix(ReportFields.maximumValueLength)
        } else if let colon = line.prefix(80).firstIndex(of: UInt8(ascii: ":")),
            fields.count < ReportFields.maximumFields
        {
            let name = line[..<colon].filter { (33...126).contains($0) }
            guard !name.isEmpty else { return }
            let value = line[(colon + 1)...].prefix(ReportFields.maximumValueLength)
            fields.append((String(decoding: name, as: UTF8.self), Array(value)))
        }
    }

    mutating func finish() -> ReportFields? {
        defer { fields = [] }
        guard !fields.isEmpty else { return nil }
        return ReportFields(fields.map { .init(name: $0.name, value: Self.trimmed($0.value)) })
    }

    private static func trimmed(_ value: [UInt8]) -> String {
        // NUL and other controls have no place in a value and would upset whoever prints it.
        let printable = value.map { $0 < 32 || $0 == 127 ? 32 : $0 }
        let start = printable.drop { $0 == 32 }
        let end = start.lastIndex { $0 != 32 }
        return end.map { String(decoding: start[...$0], as: UTF8.self) } ?? ""
    }
}

/// A value with its type before a semicolon: `rfc822; user@example.com`, `dns; mx.example.com`, `smtp; 550 …`
/// (RFC 3464 §2.1.2).
enum TypedValue {
    /// The value without its type; angle brackets and a trailing comment go too where it is an address or a host.
    static func name(_ text: String) -> String {
        let (type, value) = split(text)
        let bare = value.hasPrefix("<") ? String(value.dropFirst().prefix { $0 != ">" }) : value
        return type == "utf-8" ? unescaped(bare) : bare
    }

    static func text(_ text: String) -> String { split(text).value }

    private static func split(_ text: String) -> (type: String, value: String) {
        guard let semicolon = text.firstIndex(of: ";"),
            text[..<semicolon].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == " ") })
        else { return ("", text) }
        let value = text[text.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" }
        return (text[..<semicolon].lowercased().filter { $0 != " " }, String(value))
    }

    // EmbeddedUnicodeChar = %x5C.78 "{" HEXPOINT "}" ; RFC 6533 §3
    private static func unescaped(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "\\") {
            result += rest[..<start]
            rest = rest[start...]
            let digits = rest.dropFirst(3).prefix { $0.isHexDigit }
            guard rest.hasPrefix("\\x{"), digits.count <= 6, rest[digits.endIndex...].hasPrefix("}"),
                let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
            else {
                result += "\\"
                rest = rest.dropFirst()
                continue
            }
            result.unicodeScalars.append(scalar)
            rest = rest[digits.endIndex...].dropFirst()
        }
        return result + rest
    }
}
