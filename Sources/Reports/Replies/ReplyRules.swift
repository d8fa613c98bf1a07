// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What the replies of other servers mean: rules in order, the first that holds decides.
///
/// The order of the shipped rules: what the words say comes before what the enhanced code says, and that before the
/// code, because servers put `5.1.1` on full mailboxes and `5.7.1` on unknown ones.
package struct ReplyRules: Sendable {
    package let rules: [ReplyRule]

    private let index: PhraseIndex
    /// For each piece the rules for which it is an alternative of its own, and those that want more beside it.
    private let satisfied: [[Int]], touched: [[Int]]
    /// For each rule the alternatives of several pieces: the phrases that must all stand, each its pieces in order.
    private let composed: [[[[Int]]]]
    /// Rules that hold whatever the words are.
    private let withoutText: PieceSet

    package init(_ rules: [ReplyRule]) {
        self.rules = rules
        var builder = IndexBuilder()
        var withoutText = PieceSet(capacity: rules.count)
        for (number, rule) in rules.enumerated() {
            if rule.texts.isEmpty { withoutText.insert(number) }
            builder.add(rule, number)
        }
        index = PhraseIndex(builder.pieces)
        (satisfied, touched, composed) = (builder.satisfied, builder.touched, builder.composed)
        self.withoutText = withoutText
    }

    /// The rules of `own` first, then these, but for those whose name one of `own` has: it takes their place.
    package func overridden(by own: [ReplyRule]) -> ReplyRules {
        let names = Set(own.map(\.name))
        return ReplyRules(own + rules.filter { !names.contains($0.name) })
    }

    /// - Parameter peer: the host that gave the reply.
    package func classify(_ reply: Reply, peer: Domain? = nil) -> ReplyVerdict {
        classify(ReplyText(reply), peer: peer)
    }

    package func classify(_ text: ReplyText, peer: Domain? = nil) -> ReplyVerdict {
        guard let rule = rule(for: text, peer: peer) else { return Self.verdictWithoutRule(text) }
        return rule.verdict(isTransient: text.isTransient)
    }

    /// The rule that decides, for those who ask which one it is.
    package func rule(for text: ReplyText, peer: Domain? = nil) -> ReplyRule? {
        let found = index.occurring(in: text.words)
        var sure = withoutText
        var candidates = withoutText
        found.visit { piece in
            for rule in satisfied[piece] {
                sure.insert(rule)
                candidates.insert(rule)
            }
            for rule in touched[piece] { candidates.insert(rule) }
        }
        return candidates.first { number in
            rules[number].holds(for: text.code, text.status, peer: peer)
                && (sure.contains(number) || stands(composed[number], among: found, in: text.words))
        }
        .map { rules[$0] }
    }

    private func stands(_ alternatives: [[[Int]]], among found: PieceSet, in words: [UInt8]) -> Bool {
        alternatives.contains { phrases in
            phrases.allSatisfy { $0.allSatisfy(found.contains) }
                && phrases.allSatisfy { $0.count < 2 || index.stand($0, in: words, gap: Phrase.maximumGap) }
        }
    }

    private static func verdictWithoutRule(_ text: ReplyText) -> ReplyVerdict {
        ReplyVerdict(bounce: text.isTransient ? .transient : .undetermined, party: .peer, rule: "none")
    }
}

/// Gives every piece a number and remembers where it stands.
private struct IndexBuilder {
    var pieces: [[UInt8]] = []
    var satisfied: [[Int]] = [], touched: [[Int]] = []
    var composed: [[[[Int]]]] = []
    private var numbers: [[UInt8]: Int] = [:]

    mutating func add(_ rule: ReplyRule, _ number: Int) {
        composed.append([])
        for alternative in rule.texts {
            var phrases: [[Int]] = []
            for phrase in alternative { phrases.append(phrase.pieces.map { self.number(of: $0) }) }
            if phrases.count == 1, phrases[0].count == 1 {
                satisfied[phrases[0][0]].append(number)
            } else {
                composed[number].append(phrases)
                for piece in phrases.joined() where touched[piece].last != number { touched[piece].append(number) }
            }
        }
    }

    private mutating func number(of piece: [UInt8]) -> Int {
        if let known = numbers[piece] { return known }
        numbers[piece] = pieces.count
        pieces.append(piece)
        satisfied.append([])
        touched.append([])
        return pieces.count - 1
    }
}
