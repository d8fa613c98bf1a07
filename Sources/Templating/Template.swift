// SPDX-License-Identifier: Apache-2.0

/// A template in the subset of Handlebars that SES renders ("Advanced email personalization", SES developer guide):
/// paths, `each`, `if`, `unless`, `with`, `lookup`, loop values (`@index`), comments, white space control and inline
/// partials. Nothing is escaped; a variable that is not in the data is an error, and so is, when the template is read,
/// everything else that Handlebars knows.
package struct Template: Sendable {
    /// Blocks within blocks, and partials within them.
    static let maximumDepth = 32
    /// Octets that one part may grow to.
    static let maximumOutput = 10 << 20

    indirect enum Node: Sendable {
        case text(String)
        case variable(TemplatePath)
        case lookup(TemplatePath, TemplatePath)
        case block(Block, TemplatePath, body: [Node], otherwise: [Node])
        case partial(String)
        case inline(String, [Node])
    }

    enum Block: String, Sendable { case each, with, unless, `if` }

    let nodes: [Node]

    /// - Throws: `TemplateFault` with the tag that cannot be read.
    package init(parsing text: String) throws(TemplateFault) {
        var parser = TemplateParser(try TemplateLexer.tokens(of: text))
        nodes = try parser.template()
    }

    package func render(_ data: TemplateValue, within budget: inout TemplateBudget) throws(TemplateFault) -> String {
        var renderer = TemplateRenderer(data, budget)
        try renderer.render(nodes, 0)
        budget = renderer.budget
        return renderer.output
    }
}

/// How much work one message may be: each node, turn of a loop, part of a path and member of a list is a step.
///
/// A second bound beside the length of what comes out, for loops can turn for long and write nothing.
package struct TemplateBudget: Hashable, Sendable {
    package static let maximumSteps = 1_000_000
    private(set) var steps = Self.maximumSteps

    package init() {}

    mutating func charge(_ count: Int = 1) throws(TemplateFault) {
        steps -= count
        guard steps >= 0 else { throw TemplateFault(description: "The message takes too much work to render.") }
    }
}

/// Why a template cannot be read or rendered, in SES's words where it has some.
package struct TemplateFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}
