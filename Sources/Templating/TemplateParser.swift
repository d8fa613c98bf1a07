// SPDX-License-Identifier: Apache-2.0

/// Builds a template's nodes out of its tokens.
struct TemplateParser {
    private var tokens: ArraySlice<TemplateLexer.Token>

    init(_ tokens: [TemplateLexer.Token]) { self.tokens = tokens[...] }

    mutating func template() throws(TemplateFault) -> [Template.Node] {
        let (nodes, end) = try nodes(0)
        if let end { throw TemplateFault(description: "Unexpected {{\(end)}}.") }
        return nodes
    }

    /// - Returns: the nodes before the tag that ends this block, and that tag; nil at the template's end.
    private mutating func nodes(_ depth: Int) throws(TemplateFault) -> ([Template.Node], String?) {
        guard depth < Template.maximumDepth else { throw TemplateFault(description: "Blocks are nested too deeply.") }
        var nodes: [Template.Node] = []
        while let token = tokens.popFirst() {
            guard case .tag(let tag) = token else {
                if case .text(let text) = token { nodes.append(.text(text)) }
                continue
            }
            switch tag.first {
            case "/": return (nodes, "/" + tag.dropFirst().drop { $0.isWhitespace })
            case "^": return (nodes, try Self.inverse(tag))
            case "#": nodes.append(try opened(tag, depth))
            case ">": nodes.append(.partial(try Self.partialName(tag.dropFirst())))
            case "&": nodes.append(.variable(try Self.path(tag.dropFirst())))
            default:
                if tag == "else" || tag.hasPrefix("else ") { return (nodes, tag) }
                nodes.append(try Self.variable(tag))
            }
        }
        return (nodes, nil)
    }

    // {{^}} is {{else}}; {{^name}} would be a block of its own.
    private static func inverse(_ tag: String) throws(TemplateFault) -> String {
        guard tag == "^" else { throw TemplateFault(description: "Unknown block {{\(tag.prefix(60))}}.") }
        return "else"
    }

    private static func variable(_ tag: String) throws(TemplateFault) -> Template.Node {
        let words = tag.split(whereSeparator: \.isWhitespace)
        guard words.count == 3, words[0] == "lookup" else { return .variable(try path(tag)) }
        return .lookup(try path(words[1]), try path(words[2]))
    }

    // MARK: Blocks

    private mutating func opened(_ tag: String, _ depth: Int) throws(TemplateFault) -> Template.Node {
        if tag.hasPrefix("#*") { return try inlinePartial(tag, depth) }
        return try block(tag.dropFirst(), tag, closedBy: nil, depth)
    }

    /// - Parameter closing: the block whose end is this one's too: `{{else if}}` has none of its own.
    private mutating func block(
        _ words: Substring, _ tag: String, closedBy closing: Template.Block?, _ depth: Int
    ) throws(TemplateFault) -> Template.Node {
        let words = words.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        guard words.count == 2, let kind = Template.Block(rawValue: String(words[0])) else {
            throw TemplateFault(description: "Unknown block {{\(tag.prefix(60))}}.")
        }
        let path = try Self.path(words[1])
        let closing = closing ?? kind
        let (body, end) = try nodes(depth + 1)
        return .block(kind, path, body: body, otherwise: try otherwise(end, closing, depth))
    }

    private mutating func otherwise(
        _ tag: String?, _ closing: Template.Block, _ depth: Int
    ) throws(TemplateFault) -> [Template.Node] {
        guard let tag, tag != "/\(closing.rawValue)" else {
            return try tag == nil ? Self.unclosed(closing.rawValue) : []
        }
        guard tag.hasPrefix("else") else { return try Self.unclosed(closing.rawValue) }
        let words = tag.dropFirst("else".count).drop { $0.isWhitespace }
        if !words.isEmpty { return [try block(words, tag, closedBy: closing, depth + 1)] }
        let (nodes, end) = try nodes(depth + 1)
        return try end == "/\(closing.rawValue)" ? nodes : Self.unclosed(closing.rawValue)
    }

    private static func unclosed(_ block: String) throws(TemplateFault) -> [Template.Node] {
        throw TemplateFault(description: "{{#\(block)}} is not closed.")
    }

    private mutating func inlinePartial(_ tag: String, _ depth: Int) throws(TemplateFault) -> Template.Node {
        let words = tag.dropFirst(2).drop { $0.isWhitespace }
        guard words.hasPrefix("inline"), words.dropFirst("inline".count).first?.isWhitespace == true else {
            throw TemplateFault(description: "Unknown block {{\(tag.prefix(60))}}.")
        }
        let name = try Self.partialName(words.dropFirst("inline".count))
        let (body, end) = try nodes(depth + 1)
        guard end == "/inline" else { throw TemplateFault(description: "{{\(tag.prefix(60))}} is not closed.") }
        return .inline(name, body)
    }

    // MARK: Words

    // Bare or in quotes; parameters and names found at run time are not for templates in mail.
    private static func partialName(_ text: Substring) throws(TemplateFault) -> String {
        let word = trimmed(text)
        let isQuoted =
            word.count > 2 && (word.first == "\"" || word.first == "'") && word.last == word.first
        let name = isQuoted ? word.dropFirst().dropLast() : word
        let isPlain = !name.isEmpty && !name.contains { $0.isWhitespace || "\"'(){}=|".contains($0) }
        guard isPlain, name.utf8.count <= TemplatePath.maximumLength else {
            throw TemplateFault(description: "Not a partial's name: \(text.prefix(60)).")
        }
        return String(name)
    }

    private static func path(_ text: some StringProtocol) throws(TemplateFault) -> TemplatePath {
        try TemplatePath(parsing: String(trimmed(Substring(text))))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var rest = text.drop { $0.isWhitespace }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
