// SPDX-License-Identifier: Apache-2.0

/// Text beyond ASCII in header fields (RFC 2047).
package enum EncodedWord {
    /// RFC 2047 §2: an encoded word is at most 75 octets; 45 octets of text fit in 60 of Base64.
    private static let octetsAWord = 45

    /// Leaves ASCII as it is; anything else becomes UTF-8 words, never splitting a character.
    package static func encode(_ text: String) -> String {
        guard !isPlain(text) else { return text }
        var words: [String] = []
        var chunk: [UInt8] = []
        for scalar in text.unicodeScalars {
            let octets = Array(String(scalar).utf8)
            if chunk.count + octets.count > octetsAWord {
                words.append(word(chunk))
                chunk = []
            }
            chunk += octets
        }
        if !chunk.isEmpty { words.append(word(chunk)) }
        return words.joined(separator: " ")
    }

    /// Printable ASCII in which no reader could take anything for an encoded word.
    private static func isPlain(_ text: String) -> Bool {
        var last: UInt8 = 0
        for octet in text.utf8 {
            if octet > 126 || octet < 32 || (octet == UInt8(ascii: "?") && last == UInt8(ascii: "=")) { return false }
            last = octet
        }
        return true
    }

    private static func word(_ octets: [UInt8]) -> String {
        "=?UTF-8?B?" + String(decoding: Base64.encode(octets), as: UTF8.self) + "?="
    }

    /// Decodes every encoded word; what cannot be decoded stays as it stands.
    package static func decode(_ text: String) -> String {
        guard text.contains("=?") else { return text }
        var result = ""
        var rest = Substring(text)
        var previousWasWord = false
        while let start = rest.range(of: "=?") {
            let before = rest[..<start.lowerBound]
            guard let (decoded, after) = word(in: rest[start.lowerBound...]) else {
                result += rest[..<start.upperBound]
                rest = rest[start.upperBound...]
                previousWasWord = false
                continue
            }
            // White space between two encoded words is not text (RFC 2047 §6.2).
            if !(previousWasWord && before.allSatisfy(\.isWhitespace)) { result += before }
            result += decoded
            rest = after
            previousWasWord = true
        }
        return result + rest
    }

    // encoded-word = "=?" charset "?" encoding "?" encoded-text "?="
    private static func word(in text: Substring) -> (String, Substring)? {
        let parts = text.dropFirst(2).split(separator: "?", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[3].hasPrefix("="), text.utf8.count - parts[3].utf8.count <= 1_000 else {
            return nil
        }
        let octets: [UInt8]
        switch parts[1].lowercased() {
        case "b": octets = Base64.decode(Array(parts[2].utf8))
        case "q": octets = QuotedPrintable.decodeWord(Array(parts[2].utf8))
        default: return nil
        }
        let charset = parts[0].split(separator: "*").first.map(String.init) ?? ""
        guard let decoded = Charset.known(octets, charset: charset) else { return nil }
        return (decoded, parts[3].dropFirst())
    }
}

extension Substring {
    fileprivate func range(of text: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) { return index..<self.index(index, offsetBy: text.count) }
            index = self.index(after: index)
        }
        return nil
    }
}

/// Character sets mail still comes in.
package enum Charset {
    /// UTF-8, US-ASCII, ISO 8859-1 and windows-1252; any other is read as UTF-8 with U+FFFD for what is not.
    package static func decode(_ octets: [UInt8], charset: String) -> String {
        known(octets, charset: charset) ?? String(decoding: octets, as: UTF8.self)
    }

    /// Nil for a character set that is not known here.
    static func known(_ octets: [UInt8], charset: String) -> String? {
        switch charset.lowercased() {
        case "iso-8859-1", "latin1", "windows-1252", "cp1252", "iso-8859-15":
            String(String.UnicodeScalarView(octets.map { windows1252($0) }))
        case "utf-8", "utf8", "us-ascii", "ascii": String(decoding: octets, as: UTF8.self)
        case let other where octets.allSatisfy({ $0 < 128 }) && extendsASCII(other):
            String(decoding: octets, as: UTF8.self)
        default: nil
        }
    }

    // In UTF-7 and ISO 2022, which do not, other letters hide behind ASCII.
    private static func extendsASCII(_ charset: String) -> Bool {
        ["iso-8859-", "windows-125", "koi8-", "gb", "big5", "shift_jis", "euc-"].contains { charset.hasPrefix($0) }
    }

    private static let c1: [UInt16] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
        0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x9D, 0x017E, 0x0178,
    ]

    private static func windows1252(_ octet: UInt8) -> Unicode.Scalar {
        (0x80..<0xA0).contains(octet) ? Unicode.Scalar(c1[Int(octet) - 0x80]) ?? "\u{FFFD}" : Unicode.Scalar(octet)
    }
}
