// SPDX-License-Identifier: Apache-2.0

/// Reads a template's tags.
struct TemplateParser {
    private var rest: Substring
    private var trimsNext = false

    init(_ text: String) { rest = text[...] }

    mutating func template() throws(TemplateFault) -> [Template.Node] {
        let (nodes, end) = try nodes(until: nil, 0)
        guard end == nil else { throw TemplateFault(description: "Unexpected {{\(end ?? "")}}.") }
        return nodes
    }

    /// - Returns: the nodes before the tag that ends this block, and that tag.
    private mutating func nodes(until block: String?, _ depth: Int) throws(TemplateFault) -> ([Template.Node], String?)
    {
        guard depth < Template.maximumDepth else { throw TemplateFault(description: "Blocks are nested too deeply.") }
        var nodes: [Template.Node] = []
        while let open = rest.firstRange(of: "{{") {
            appendText(rest[..<open.lowerBound], to: &nodes)
            let tag = try tag(open)
            switch tag.first {
            case "!": continue
            case "/", nil: return (nodes, tag)
            case "#": nodes.append(try opened(tag, depth))
            case ">": nodes.append(.partial(Self.trimmed(tag.dropFirst())))
            case "^": return (nodes, "else")
            default:
                if tag == "else" || tag.hasPrefix("else ") { return (nodes, tag) }
                nodes.append(.variable(try Self.path(tag)))
            }
        }
        guard block == nil else { throw TemplateFault(description: "{{#\(block ?? "")}} is not closed.") }
        appendText(rest, to: &nodes)
        rest = ""
        return (nodes, nil)
    }

    private mutating func appendText(_ text: Substring, to nodes: inout [Template.Node]) {
        var text = text
        if trimsNext { text = text.drop(while: \.isWhitespace) }
        trimsNext = false
        if !text.isEmpty { nodes.append(.text(String(text))) }
    }

    // What stands between the braces, two or three of them; ~ trims white space after.
    private mutating func tag(_ open: Range<Substring.Index>) throws(TemplateFault) -> String {
        rest = rest[open.upperBound...]
        let isComment = rest.hasPrefix("!--")
        let closing = rest.hasPrefix("{") ? "}}}" : (isComment ? "--}}" : "}}")
        guard let close = rest.firstRange(of: closing) else {
            throw TemplateFault(description: "A tag is not closed: {{\(rest.prefix(30))")
        }
        var tag = rest[..<close.lowerBound]
        rest = rest[close.upperBound...]
        if isComment { return "!" }
        if tag.hasPrefix("{") { tag = tag.dropFirst() }
        if tag.hasPrefix("~") { tag = tag.dropFirst() }
        if tag.hasSuffix("~") {
            tag = tag.dropLast()
            trimsNext = true
        }
        return Self.trimmed(tag)
    }

    private mutating func opened(_ tag: String, _ depth: Int) throws(TemplateFault) -> Template.Node {
        if tag.hasPrefix("#*") { return try inlinePartial(tag, depth) }
        let words = tag.dropFirst().split(separator: " ", maxSplits: 1).map { Self.trimmed($0) }
        guard words.count == 2, let block = Template.Block(rawValue: words[0]) else {
            throw TemplateFault(description: "Unknown block {{\(tag)}}.")
        }
        return .block(
            block, try Self.path(words[1]), body: [], otherwise: []
        ).filled(try branches(words[0], depth))
    }

    private mutating func branches(
        _ block: String, _ depth: Int
    ) throws(TemplateFault) -> ([Template.Node], [Template.Node]) {
        let (body, end) = try nodes(until: block, depth + 1)
        if end == "/\(block)" { return (body, []) }
        guard let end, end.hasPrefix("else") else { throw TemplateFault(description: "{{#\(block)}} is not closed.") }
        let words = end.split(separator: " ").map(String.init)
        if words.count == 3, words[1] == "if" {
            let inner = try branches(block, depth + 1)
            return (body, [.block(.if, try Self.path(words[2]), body: inner.0, otherwise: inner.1)])
        }
        let (otherwise, last) = try nodes(until: block, depth + 1)
        guard last == "/\(block)" else { throw TemplateFault(description: "{{#\(block)}} is not closed.") }
        return (body, otherwise)
    }

    private mutating func inlinePartial(_ tag: String, _ depth: Int) throws(TemplateFault) -> Template.Node {
        let words = tag.dropFirst(2).split(separator: " ").map(String.init)
        guard words.count == 2, words[0] == "inline" else {
            throw TemplateFault(description: "Unknown block {{\(tag)}}.")
        }
        let (body, end) = try nodes(until: "inline", depth + 1)
        guard end == "/inline" else { throw TemplateFault(description: "{{\(tag)}} is not closed.") }
        return .inline(words[1].filter { $0 != "\"" && $0 != "'" }, body)
    }

    private static func path(_ text: String) throws(TemplateFault) -> [String] {
        let parts = text.split(whereSeparator: { $0 == "." || $0 == "/" }).map(String.init)
        if text == "." || text == "this" { return ["this"] }
        let up = text.ranges(of: "../").count
        let isPlain = !text.isEmpty && !text.contains(where: { $0.isWhitespace || "{}\"'()#".contains($0) })
        guard isPlain, !parts.isEmpty || up > 0 else {
            throw TemplateFault(description: "Not a variable: {{\(text.prefix(60))}}.")
        }
        return Array(repeating: "..", count: up)
            + (parts.first == "this" && parts.count > 1 ? Array(parts.dropFirst()) : parts)
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}

extension Template.Node {
    fileprivate func filled(_ branches: ([Template.Node], [Template.Node])) -> Template.Node {
        guard case .block(let block, let path, _, _) = self else { return self }
        return .block(block, path, body: branches.0, otherwise: branches.1)
    }
}
