// SPDX-License-Identifier: Apache-2.0

/// Fills a template's nodes with data, within bounds.
struct TemplateRenderer {
    struct Scope {
        let value: TemplateValue
        var index: Int?
        var key: String?
    }

    private(set) var output = ""
    private var partials: [String: [Template.Node]] = [:]
    private var steps = 0

    mutating func render(_ nodes: [Template.Node], _ scopes: [Scope], _ depth: Int) throws(TemplateFault) {
        guard depth < Template.maximumDepth else { throw TemplateFault(description: "Partials are nested too deeply.") }
        for case .inline(let name, let body) in nodes { partials[name] = body }
        for node in nodes {
            steps += 1
            guard steps <= Template.maximumSteps, output.utf8.count <= Template.maximumOutput else {
                throw TemplateFault(description: "The rendered message is too large.")
            }
            try render(node, scopes, depth)
        }
    }

    private mutating func render(_ node: Template.Node, _ scopes: [Scope], _ depth: Int) throws(TemplateFault) {
        switch node {
        case .text(let text): output += text
        case .inline: break
        case .variable(let path):
            guard let value = find(path, scopes)?.rendered else {
                throw TemplateFault(
                    description: "Attribute '\(path.joined(separator: "."))' is not present in the rendering data.")
            }
            output += value
        case .partial(let name):
            guard let body = partials[name] else {
                throw TemplateFault(description: "The partial \(name) could not be found.")
            }
            try render(body, scopes, depth + 1)
        case .block(let block, let path, let body, let otherwise):
            try render(block, find(path, scopes) ?? .null, body, otherwise, scopes, depth + 1)
        }
    }

    private mutating func render(
        _ block: Template.Block, _ value: TemplateValue, _ body: [Template.Node], _ otherwise: [Template.Node],
        _ scopes: [Scope], _ depth: Int
    ) throws(TemplateFault) {
        switch block {
        case .if: try render(value.isTruthy ? body : otherwise, scopes, depth)
        case .unless: try render(value.isTruthy ? otherwise : body, scopes, depth)
        case .with:
            if value.isTruthy {
                try render(body, scopes + [Scope(value: value)], depth)
            } else {
                try render(otherwise, scopes, depth)
            }
        case .each:
            let scopesOfElements = Self.elements(of: value)
            if scopesOfElements.isEmpty { return try render(otherwise, scopes, depth) }
            for element in scopesOfElements { try render(body, scopes + [element], depth) }
        }
    }

    private static func elements(of value: TemplateValue) -> [Scope] {
        switch value {
        case .list(let elements): elements.enumerated().map { Scope(value: $1, index: $0) }
        case .object(let members):
            members.sorted { $0.key < $1.key }.enumerated().map { Scope(value: $1.value, index: $0, key: $1.key) }
        default: []
        }
    }

    private func find(_ path: [String], _ scopes: [Scope]) -> TemplateValue? {
        let up = path.prefix { $0 == ".." }.count
        guard up < scopes.count else { return nil }
        let scope = scopes[scopes.count - 1 - up]
        var value = scope.value
        for name in path.dropFirst(up) where name != "this" {
            if name == "@index" { return scope.index.map { .number(Double($0)) } }
            if name == "@key" { return scope.key.map { .text($0) } }
            switch value {
            case .object(let members):
                guard let member = members[name] else { return nil }
                value = member
            case .list(let elements):
                let number = Int(name.filter { $0 != "[" && $0 != "]" })
                guard let number, elements.indices.contains(number) else { return nil }
                value = elements[number]
            default: return nil
            }
        }
        return value
    }
}
