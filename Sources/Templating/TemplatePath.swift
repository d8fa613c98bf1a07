// SPDX-License-Identifier: Apache-2.0

/// Where a value is found: `contact.name`, `../sep`, `@index`, `@root.name`, `list.[0]`.
struct TemplatePath: Hashable, Sendable, CustomStringConvertible {
    /// Octets; the time that finding a name takes must not be the template's to choose.
    static let maximumLength = 1_000

    enum Start: Hashable, Sendable {
        /// A context: 0 is the innermost.
        case context(up: Int)
        case root
        /// What a loop says of its turn: 0 is the innermost loop.
        case turn(TurnValue, up: Int)
    }

    enum TurnValue: String, Sendable { case index, key, first, last }

    let start: Start
    let names: [String]
    /// As written.
    let description: String

    /// - Throws: `TemplateFault` for what is no path: literals, helpers with arguments, subexpressions.
    init(parsing text: String) throws(TemplateFault) {
        let fault = TemplateFault(description: "Not a variable: {{\(text.prefix(60))}}.")
        guard (1...Self.maximumLength).contains(text.utf8.count) else { throw fault }
        description = text
        var rest = text[...]
        let isData = rest.hasPrefix("@")
        if isData { rest.removeFirst() }
        var up = 0
        while rest == ".." || rest.hasPrefix("../") {
            up += 1
            rest = rest.dropFirst(3)
        }
        if !isData, rest.hasPrefix("@") {
            guard up > 0 else { throw fault }
            rest.removeFirst()
            (start, names) = try Self.data(try Self.segments(rest, fault), up, fault)
        } else if isData {
            (start, names) = try Self.data(try Self.segments(rest, fault), up, fault)
        } else {
            start = .context(up: up)
            names = try Self.relative(rest, fault)
        }
    }

    private static func data(
        _ segments: [String], _ up: Int, _ fault: TemplateFault
    ) throws(TemplateFault) -> (Start, [String]) {
        guard let first = segments.first else { throw fault }
        if first == "root" { return (.root, Array(segments.dropFirst())) }
        guard segments.count == 1, let value = TurnValue(rawValue: first) else { throw fault }
        return (.turn(value, up: up), [])
    }

    // `.`, `this`, `./name` and `this.name` begin where the path stands anyway.
    private static func relative(_ text: Substring, _ fault: TemplateFault) throws(TemplateFault) -> [String] {
        if text.isEmpty || text == "." || text == "this" { return [] }
        for prefix in ["./", "this.", "this/"] where text.hasPrefix(prefix) {
            return try segments(text.dropFirst(prefix.count), fault)
        }
        return try segments(text, fault)
    }

    // segment = ID / "[" *any "]", between "." or "/"
    private static func segments(_ text: Substring, _ fault: TemplateFault) throws(TemplateFault) -> [String] {
        var result: [String] = []
        var rest = text.unicodeScalars[...]
        while true {
            if rest.first == "[" {
                guard let end = rest.firstIndex(of: "]") else { throw fault }
                result.append(String(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                let name = rest.prefix { isPlain($0) }
                guard !name.isEmpty else { throw fault }
                result.append(String(name))
                rest = rest[name.endIndex...]
            }
            guard let separator = rest.popFirst() else { return result }
            guard separator == "." || separator == "/" else { throw fault }
        }
    }

    // Handlebars' ID
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.properties.isWhitespace && !"!\"#%&'()*+,./;<=>@[\\]^`{|}~".unicodeScalars.contains(scalar)
    }
}
