// SPDX-License-Identifier: Apache-2.0

/// `*`, or an ARN whose six components may each hold wildcards ("Amazon Resource Names", IAM user guide).
///
/// Components are compared one by one: a star in the account never reaches into the resource.
package final class ARNPattern: Hashable, Sendable {
    package let text: String
    /// Empty for `*`.
    let components: [Pattern]
    /// A text whose components only its variables' values show: `${aws:PrincipalArn}`.
    private let whole: Pattern?

    private init(_ text: String, components: [Pattern], whole: Pattern? = nil) {
        self.text = text
        self.components = components
        self.whole = whole
    }

    /// Nil when the text is neither `*` nor has six components.
    package convenience init?(_ text: String, _ options: Pattern.Options) {
        if text == "*" {
            self.init(text, components: [])
            return
        }
        let fields = Self.fields(of: text)
        guard fields.count == 6, fields[0] == "arn" else { return nil }
        self.init(text, components: fields.map { Pattern($0, options) })
    }

    package static func == (left: ARNPattern, right: ARNPattern) -> Bool {
        left === right
            || (left.text.isExactly(right.text) && left.components == right.components && left.whole == right.whole)
    }

    package func hash(into hasher: inout Hasher) { text.hashExactly(into: &hasher) }

    package var isEverything: Bool { components.isEmpty && whole == nil }

    /// Names of its variables, in lower case.
    package var variables: [String] { (components + [whole].compactMap(\.self)).flatMap(\.variables) }

    /// The pattern that it is once its variables have values; nil when one has none, or when that is no ARN.
    func resolved(in context: PolicyContext) -> ARNPattern? {
        guard !isEverything else { return self }
        if let whole { return whole.resolved(in: context).flatMap { ARNPattern(resolved: $0) } }
        var resolved: [Pattern] = []
        for component in components {
            guard let parts = component.resolved(in: context) else { return nil }
            resolved.append(component.hasVariables ? Pattern(text: component.text, parts: parts) : component)
        }
        return ARNPattern(text, components: resolved)
    }

    package func matches(_ arn: String, in context: PolicyContext) -> Bool {
        guard !isEverything else { return true }
        if whole != nil { return resolved(in: context)?.matches(arn, in: context) ?? false }
        return matches(fields: Self.plainFields(of: arn), in: context)
    }

    /// - Parameter fields: an ARN's components, as `plainFields` gives them.
    func matches(fields: [Substring], in context: PolicyContext) -> Bool {
        guard !isEverything else { return true }
        guard whole == nil else { return matches(fields.joined(separator: ":"), in: context) }
        guard fields.count == 6 else { return false }
        // The last component tells most ARNs apart.
        for index in components.indices.reversed() where !components[index].matches(fields[index], in: context) {
            return false
        }
        return true
    }

    /// A request's ARN holds no variables: whatever it looks like is text.
    static func plainFields(of arn: String) -> [Substring] {
        // By octet: with a mark behind it a colon is no `Character` of its own.
        arn.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 5, omittingEmptySubsequences: false).map(Substring.init)
    }

    /// For a condition's value, which may be one variable.
    convenience init?(condition text: String, _ options: Pattern.Options) {
        let fields = Self.fields(of: text)
        if text == "*" {
            self.init(text, components: [])
        } else if fields.count == 6, fields[0] == "arn" {
            self.init(text, components: fields.map { Pattern($0, options) })
        } else {
            let whole = Pattern(text, options)
            guard whole.hasVariables else { return nil }
            self.init(text, components: [], whole: whole)
        }
    }

    // Only colons of literal text part components.
    private convenience init?(resolved parts: [Pattern.Part]) {
        var fields: [[Pattern.Part]] = [[]]
        for part in parts {
            guard case .literal(let text) = part else {
                fields[fields.count - 1].append(part)
                continue
            }
            let pieces = text.unicodeScalars.split(
                separator: ":", maxSplits: 6 - fields.count, omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() {
                if index > 0 { fields.append([]) }
                if !piece.isEmpty { fields[fields.count - 1].append(.literal(String(piece))) }
            }
        }
        guard fields.count == 6 else { return nil }
        self.init("", components: fields.map { Pattern(text: "", parts: $0.joiningLiterals) })
    }

    // A colon inside ${...} parts nothing.
    private static func fields(of text: String) -> [String] {
        var fields: [String] = []
        var field = ""
        var inVariable = false
        var last: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            if last == "$", scalar == "{" { inVariable = true }
            if scalar == "}" { inVariable = false }
            last = scalar
            if scalar == ":", !inVariable, fields.count < 5 {
                fields.append(field)
                field = ""
            } else {
                field.unicodeScalars.append(scalar)
            }
        }
        return fields + [field]
    }
}
