// SPDX-License-Identifier: Apache-2.0

/// What a pattern asks of a text, place by place.
struct PatternTokens: Hashable {
    enum Token: Hashable {
        case letter(Unicode.Scalar)
        case one, any
        /// The same within one of an ARN's first five components, which hold no colon.
        case oneInComponent, anyInComponent
    }

    let tokens: [Token]
    let ignoresCase: Bool

    /// - Parameter parts: without variables.
    init(_ parts: [Pattern.Part], ignoresCase: Bool = false) {
        tokens = Self.tokens(parts, ignoresCase, .one, .any)
        self.ignoresCase = ignoresCase
    }

    /// Nil for a pattern that no ARN matches.
    init?(_ pattern: ARNPattern) {
        ignoresCase = false
        guard !pattern.isEverything else {
            tokens = [.any]
            return
        }
        var all: [Token] = []
        for (index, component) in pattern.components.enumerated() {
            let isLast = index == pattern.components.count - 1
            let tokens = Self.tokens(
                component.parts, false, isLast ? .one : .oneInComponent, isLast ? .any : .anyInComponent)
            guard isLast || !tokens.contains(.letter(":")) else { return nil }
            all += tokens + (isLast ? [] : [.letter(":")])
        }
        tokens = all
    }

    private static func tokens(_ parts: [Pattern.Part], _ ignoresCase: Bool, _ one: Token, _ any: Token) -> [Token] {
        parts.flatMap { part -> [Token] in
            switch part {
            case .any: [any]
            case .one: [one]
            case .literal(let text): (ignoresCase ? text.lowercased() : text).unicodeScalars.map { .letter($0) }
            case .variable: []
            }
        }
    }

    /// Letters that it names.
    var letters: [Unicode.Scalar] {
        tokens.compactMap { if case .letter(let letter) = $0 { letter } else { nil } }
    }
}
