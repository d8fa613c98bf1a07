// SPDX-License-Identifier: Apache-2.0

/// Tells a template's text from its tags.
///
/// `{{x}}`, `{{{x}}}` and `{{&x}}` mean the same where nothing is escaped. `\{{` is text, `\\{{` a backslash before a tag.
/// A `~` inside a tag takes away the white space on its side. The line end right after `{{/inline}}` is not rendered.
struct TemplateLexer {
    enum Token: Hashable, Sendable {
        case text(String)
        /// What stands between the braces, without the white space around it.
        case tag(String)
    }

    private let octets: [UInt8]
    private var position = 0
    private var text: [UInt8] = []
    private var trimsNext = false
    private var tokens: [Token] = []

    static func tokens(of template: String) throws(TemplateFault) -> [Token] {
        var lexer = TemplateLexer(octets: Array(template.utf8))
        while lexer.position < lexer.octets.count { try lexer.step() }
        lexer.endText(trimming: false)
        return lexer.tokens
    }

    private init(octets: [UInt8]) { self.octets = octets }

    private mutating func step() throws(TemplateFault) {
        guard stands("{{") else {
            text.append(octets[position])
            position += 1
            return
        }
        if text.last == UInt8(ascii: "\\") {
            text.removeLast()
            if text.last != UInt8(ascii: "\\") {
                text += Array("{{".utf8)
                position += 2
                return
            }
        }
        try tag()
    }

    private mutating func tag() throws(TemplateFault) {
        let start = position
        position += 2
        endText(trimming: take("~"))
        if take("!--") {
            _ = try content(before: "--", start)
        } else if take("!") {
            _ = try content(before: "", start)
        } else if take("{") {
            tokens.append(.tag(try content(before: "}", start)))
        } else {
            let body = try content(before: "", start)
            tokens.append(.tag(body))
            if body == "/inline", !take("\n") { _ = take("\r\n") }
        }
    }

    /// Everything up to the tag's end, and whether white space after it goes.
    private mutating func content(before end: String, _ start: Int) throws(TemplateFault) -> String {
        let from = position
        let closing = (end + "}}", end + "~}}")
        while position < octets.count {
            if stands(closing.0) || stands(closing.1) {
                let inside = octets[from..<position]
                position += end.utf8.count
                trimsNext = take("~")
                position += 2
                return Self.trimmed(inside)
            }
            position += 1
        }
        let shown = octets[start..<min(start + 32, octets.count)]
        throw TemplateFault(description: "A tag is not closed: \(String(decoding: shown, as: UTF8.self))")
    }

    private mutating func endText(trimming: Bool) {
        var part = text[...]
        if trimsNext { part = part.drop { Self.isSpace($0) } }
        if trimming { while let last = part.last, Self.isSpace(last) { part.removeLast() } }
        trimsNext = false
        text = []
        if !part.isEmpty { tokens.append(.text(String(decoding: part, as: UTF8.self))) }
    }

    private func stands(_ sign: String) -> Bool {
        var index = position
        for octet in sign.utf8 {
            guard index < octets.count, octets[index] == octet else { return false }
            index += 1
        }
        return true
    }

    private mutating func take(_ sign: String) -> Bool {
        guard stands(sign) else { return false }
        position += sign.utf8.count
        return true
    }

    private static func isSpace(_ octet: UInt8) -> Bool { octet == 32 || (9...13).contains(octet) }

    private static func trimmed(_ octets: ArraySlice<UInt8>) -> String {
        var rest = octets.drop { isSpace($0) }
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return String(decoding: rest, as: UTF8.self)
    }
}
