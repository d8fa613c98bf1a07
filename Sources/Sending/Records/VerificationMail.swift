// SPDX-License-Identifier: Apache-2.0

/// How a template's HTML becomes the mail: "the content you specified, followed by a link that recipients must click".
enum VerificationMail {
    /// - Parameter link: nil where addresses are verified at once and no link leads anywhere.
    static func html(_ content: String, link: String?) -> String {
        let link = link.map { escaped($0) }
        let end =
            (link.map { "<p><a href=\"\($0)\">\($0)</a></p>\n" } ?? "<p>This email address is verified already.</p>\n")
            + "<p>If you did not request to verify this email address, please disregard this message.</p>\n"
        let octets = Array(content.utf8)
        let place = lastBodyEnd(in: octets) ?? octets.count
        return String(decoding: octets[..<place], as: UTF8.self) + "\n" + end
            + String(decoding: octets[place...], as: UTF8.self)
    }

    private static func lastBodyEnd(in octets: [UInt8]) -> Int? {
        let tag = Array("</body".utf8)
        guard octets.count >= tag.count else { return nil }
        return (0...(octets.count - tag.count)).last { start in
            octets[start] == tag[0] && zip(octets[start...], tag).allSatisfy { $0 == $1 || ($0 | 0x20) == $1 }
        }
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }
}
