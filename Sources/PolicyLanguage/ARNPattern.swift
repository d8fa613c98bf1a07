// SPDX-License-Identifier: Apache-2.0

/// `*`, or an ARN whose six components may each hold wildcards ("Amazon Resource Names", IAM user guide).
///
/// Components are compared one by one: a star in the account never reaches into the resource.
package struct ARNPattern: Hashable, Sendable {
    package let text: String
    /// Empty for `*`.
    let components: [Pattern]
    /// A text whose components only its variables' values show: `${aws:PrincipalArn}`.
    private var whole: Pattern?

    /// Nil when the text is neither `*` nor has six components.
    package init?(_ text: String, _ options: Pattern.Options) {
        self.text = text
        if text == "*" {
            components = []
            return
        }
        let fields = Self.fields(of: text)
        guard fields.count == 6, fields[0] == "arn" else { return nil }
        components = fields.map { Pattern($0, options) }
    }

    package var isEverything: Bool { components.isEmpty && whole == nil }

    package func matches(_ arn: String, in context: PolicyContext) -> Bool {
        guard !isEverything else { return true }
        if let whole {
            guard let parts = whole.resolved(in: context), let resolved = ARNPattern(resolved: parts) else {
                return false
            }
            return resolved.matches(arn, in: context)
        }
        // A request's ARN holds no variables: whatever it looks like is text.
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 6 else { return false }
        return zip(components, fields).allSatisfy { $0.matches(String($1), in: context) }
    }

    /// For a condition's value, which may be one variable.
    init?(condition text: String, _ options: Pattern.Options) {
        if let pattern = ARNPattern(text, options) {
            self = pattern
            return
        }
        let whole = Pattern(text, options)
        guard whole.hasVariables else { return nil }
        self.text = text
        components = []
        self.whole = whole
    }

    // Only colons of literal text part components.
    private init?(resolved parts: [Pattern.Part]) {
        var fields: [[Pattern.Part]] = [[]]
        for part in parts {
            guard case .literal(let text) = part else {
                fields[fields.count - 1].append(part)
                continue
            }
            let pieces = text.split(separator: ":", maxSplits: 6 - fields.count, omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() {
                if index > 0 { fields.append([]) }
                if !piece.isEmpty { fields[fields.count - 1].append(.literal(String(piece))) }
            }
        }
        guard fields.count == 6 else { return nil }
        text = ""
        components = fields.map { Pattern(text: "", parts: $0) }
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
