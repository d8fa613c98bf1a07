// SPDX-License-Identifier: Apache-2.0

/// A value with parameters: Content-Type or Content-Disposition (RFC 2045 §5.1, RFC 2183, RFC 2231).
package struct ParameterizedValue: Hashable, Sendable {
    /// Lower case: `text/plain`, `attachment`.
    package let value: String
    /// Names in lower case.
    package let parameters: [String: String]

    // value *(";" attribute "=" (token / quoted-string))
    package init(parsing text: String) {
        var pieces = Self.split(text)
        value = pieces.isEmpty ? "" : pieces.removeFirst().trimmed.lowercased()
        var raw: [String: String] = [:]
        for piece in pieces.prefix(100) {
            guard let equals = piece.firstIndex(of: "=") else { continue }
            let name = String(piece[..<equals]).trimmed.lowercased()
            if raw[name] == nil { raw[name] = Self.unquoted(String(piece[piece.index(after: equals)...]).trimmed) }
        }
        parameters = Self.decoded(raw)
    }

    private static func split(_ text: String) -> [String] {
        var pieces = [""]
        var quoted = false
        var escaped = false
        for character in text {
            if character == ";", !quoted {
                pieces.append("")
                continue
            }
            if character == "\"", !escaped { quoted.toggle() }
            escaped = character == "\\" && !escaped
            pieces[pieces.count - 1].append(character)
        }
        return pieces
    }

    private static func unquoted(_ text: String) -> String {
        guard text.first == "\"" else { return text }
        var result = ""
        var escaped = false
        for character in text.dropFirst() {
            if escaped {
                result.append(character)
                escaped = false
            } else if character == "\\" {
                escaped = true
            } else if character == "\"" {
                break
            } else {
                result.append(character)
            }
        }
        return result
    }

    // RFC 2231: name*=charset'language'percent-encoded, and name*0, name*1* … for long values
    private static func decoded(_ raw: [String: String]) -> [String: String] {
        var result: [String: String] = [:]
        for (name, value) in raw where !name.contains("*") { result[name] = EncodedWord.decode(value) }
        let extended = Set(
            raw.keys.filter { $0.contains("*") }.compactMap { $0.split(separator: "*").first.map(String.init) })
        for name in extended {
            var octets: [UInt8] = []
            var charset = "utf-8"
            if let whole = raw["\(name)*"] {
                (charset, octets) = percentDecoded(whole, carriesCharset: true)
            } else {
                for index in 0..<100 {
                    if let plain = raw["\(name)*\(index)"] {
                        octets += Array(plain.utf8)
                    } else if let encoded = raw["\(name)*\(index)*"] {
                        let (named, more) = percentDecoded(encoded, carriesCharset: index == 0)
                        if index == 0 { charset = named }
                        octets += more
                    } else {
                        break
                    }
                }
            }
            if !octets.isEmpty { result[name] = Charset.decode(octets, charset: charset) }
        }
        return result
    }

    private static func percentDecoded(_ text: String, carriesCharset: Bool) -> (String, [UInt8]) {
        let parts = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        let carries = carriesCharset && parts.count == 3
        let encoded = Array((carries ? parts[2] : Substring(text)).utf8)
        let equalsForm = encoded.map { $0 == UInt8(ascii: "%") ? UInt8(ascii: "=") : $0 }
        return (carries ? String(parts[0]) : "utf-8", QuotedPrintable.decode(equalsForm))
    }
}

extension String {
    var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
