// SPDX-License-Identifier: Apache-2.0

/// Fills a template's nodes with data, within bounds.
struct TemplateRenderer {
    /// One turn of a loop.
    private struct Turn {
        var index = 0
        var key: String?
        var isLast = false
    }

    private(set) var output = ""
    private(set) var budget: TemplateBudget
    private var partials: [String: [Template.Node]] = [:]
    // Innermost last; `if` makes no context of its own, `with` no turn.
    private var contexts: [TemplateValue]
    private var turns: [Turn] = []

    init(_ data: TemplateValue, _ budget: TemplateBudget) {
        contexts = [data]
        self.budget = budget
    }

    mutating func render(_ nodes: [Template.Node], _ depth: Int) throws(TemplateFault) {
        guard depth < Template.maximumDepth else { throw TemplateFault(description: "Partials are nested too deeply.") }
        for case .inline(let name, let body) in nodes { partials[name] = body }
        for node in nodes {
            try budget.charge()
            guard output.utf8.count <= Template.maximumOutput else {
                throw TemplateFault(description: "The rendered message is too large.")
            }
            try render(node, depth)
        }
    }

    private mutating func render(_ node: Template.Node, _ depth: Int) throws(TemplateFault) {
        switch node {
        case .text(let text): output += text
        case .inline: break
        case .variable(let path): try write(try find(path), path.description)
        case .lookup(let path, let name):
            let key = try text(of: try find(name), name.description)
            try budget.charge()
            try write(try find(path)?.member(key), "\(path).\(key)")
        case .partial(let name):
            guard let body = partials[name] else {
                throw TemplateFault(description: "The partial \(name) could not be found.")
            }
            try render(body, depth + 1)
        case .block(let block, let path, let body, let otherwise):
            try render(block, try find(path) ?? .null, body, otherwise, depth + 1)
        }
    }

    private mutating func write(_ value: TemplateValue?, _ name: String) throws(TemplateFault) {
        let text = try text(of: value, name)
        output += text
    }

    private mutating func text(of value: TemplateValue?, _ name: String) throws(TemplateFault) -> String {
        guard let text = try value?.rendered(within: &budget) else {
            throw TemplateFault(description: "Attribute '\(name)' is not present in the rendering data.")
        }
        return text
    }

    private mutating func render(
        _ block: Template.Block, _ value: TemplateValue, _ body: [Template.Node], _ otherwise: [Template.Node],
        _ depth: Int
    ) throws(TemplateFault) {
        switch (block, value) {
        case (.if, _): try render(value.isTruthy ? body : otherwise, depth)
        case (.unless, _): try render(value.isTruthy ? otherwise : body, depth)
        case (.with, _) where value.isTruthy:
            contexts.append(value)
            try render(body, depth)
            contexts.removeLast()
        case (.each, .list(let elements)) where !elements.isEmpty:
            try loop(elements.count, body, depth) { (nil, elements[$0]) }
        case (.each, .object(let object)) where !object.names.isEmpty:
            let names = object.names
            try loop(names.count, body, depth) { (names[$0], object[names[$0]] ?? .null) }
        case (.with, _), (.each, _): try render(otherwise, depth)
        }
    }

    private mutating func loop(
        _ count: Int, _ body: [Template.Node], _ depth: Int, _ element: (Int) -> (String?, TemplateValue)
    ) throws(TemplateFault) {
        contexts.append(.null)
        turns.append(Turn())
        for index in 0..<count {
            try budget.charge()
            let (key, value) = element(index)
            contexts[contexts.count - 1] = value
            turns[turns.count - 1] = Turn(index: index, key: key, isLast: index == count - 1)
            try render(body, depth)
        }
        contexts.removeLast()
        turns.removeLast()
    }

    private mutating func find(_ path: TemplatePath) throws(TemplateFault) -> TemplateValue? {
        try budget.charge(1 + path.names.count)
        var value: TemplateValue?
        switch path.start {
        case .root: value = contexts[0]
        case .context(let up): value = up < contexts.count ? contexts[contexts.count - 1 - up] : nil
        case .turn(let part, let up): return up < turns.count ? Self.value(part, turns[turns.count - 1 - up]) : nil
        }
        for name in path.names { value = value?.member(name) }
        return value
    }

    private static func value(_ part: TemplatePath.TurnValue, _ turn: Turn) -> TemplateValue? {
        switch part {
        case .index: .number("\(turn.index)")
        case .key: .text(turn.key ?? "\(turn.index)")
        case .first: .flag(turn.index == 0)
        case .last: .flag(turn.isLast)
        }
    }
}
