// SPDX-License-Identifier: Apache-2.0

/// A template in the subset of Handlebars that SES renders ("Advanced email personalization", SES developer guide):
/// paths, `each`, `if`, `unless`, `with`, comments and inline partials. Nothing is escaped; a variable that is not in the
/// data is an error.
package struct Template: Sendable {
    /// Blocks within blocks.
    static let maximumDepth = 32
    /// Octets that one part may grow to, and nodes that may be visited for it.
    static let maximumOutput = 10 << 20
    static let maximumSteps = 1_000_000

    indirect enum Node: Sendable {
        case text(String)
        case variable([String])
        case block(Block, [String], body: [Node], otherwise: [Node])
        case partial(String)
        case inline(String, [Node])
    }

    enum Block: String, Sendable { case each, with, unless, `if` }

    let nodes: [Node]

    /// - Throws: `TemplateFault` with the tag that cannot be read.
    package init(parsing text: String) throws(TemplateFault) {
        var parser = TemplateParser(text)
        nodes = try parser.template()
    }

    package func render(_ data: TemplateValue) throws(TemplateFault) -> String {
        var renderer = TemplateRenderer()
        try renderer.render(nodes, [.init(value: data)], 0)
        return renderer.output
    }
}

/// Why a template cannot be read or rendered, in SES's words where it has some.
package struct TemplateFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// What a template is filled with: JSON.
package enum TemplateValue: Hashable, Sendable, Decodable {
    case object([String: TemplateValue])
    case list([TemplateValue])
    case text(String)
    case number(Double)
    case flag(Bool)
    case null

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    package init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Key.self) {
            var members: [String: TemplateValue] = [:]
            for key in object.allKeys { members[key.stringValue] = try object.decode(TemplateValue.self, forKey: key) }
            self = .object(members)
        } else if var list = try? decoder.unkeyedContainer() {
            var elements: [TemplateValue] = []
            while !list.isAtEnd { elements.append(try list.decode(TemplateValue.self)) }
            self = .list(elements)
        } else {
            self = try Self.scalar(try decoder.singleValueContainer())
        }
    }

    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> TemplateValue {
        if container.decodeNil() { return .null }
        if let flag = try? container.decode(Bool.self) { return .flag(flag) }
        if let number = try? container.decode(Double.self) { return .number(number) }
        return .text(try container.decode(String.self))
    }

    /// Members of `other` stand over these, deep down; lists are replaced whole.
    package func merged(with other: TemplateValue) -> TemplateValue {
        guard case .object(let mine) = self, case .object(let theirs) = other else { return other }
        return .object(mine.merging(theirs) { $0.merged(with: $1) })
    }

    var isTruthy: Bool {
        switch self {
        case .object: true
        case .list(let elements): !elements.isEmpty
        case .text(let text): !text.isEmpty
        case .number(let number): number != 0
        case .flag(let flag): flag
        case .null: false
        }
    }

    /// As it stands in the message; nil for what is no text.
    var rendered: String? {
        switch self {
        case .text(let text): text
        case .number(let number): number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : "\(number)"
        case .flag(let flag): flag ? "true" : "false"
        case .null: ""
        case .list(let elements): elements.compactMap(\.rendered).joined(separator: ",")
        case .object: nil
        }
    }
}
