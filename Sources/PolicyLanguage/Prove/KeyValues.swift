// SPDX-License-Identifier: Apache-2.0

/// Values of one condition key that stand for all that it can have.
struct KeyValues {
    let words: [String]
    /// For the sender of a guarded send: which identity goes with each word.
    let identities: [Witnesses.Word]

    init(_ words: [String], identities: [Witnesses.Word] = []) {
        self.words = words
        self.identities = identities
    }
}

extension KeyValues {
    static let addressKeys: Set<String> = ["ses:recipients", "ses:fromaddress", "ses:feedbackaddress"]
    /// Keys of the message, which a send that shows the policy no addresses does not bring.
    static let messageKeys = addressKeys.union(["ses:fromdisplayname"])
    private static let truths: Set<String> = [
        "aws:securetransport", "aws:multifactorauthpresent", "aws:viaawsservice", "aws:principalisawsservice",
    ]
    private static let severalValued: Set<String> = [
        "ses:recipients", "aws:tagkeys", "aws:calledvia", "aws:principalorgpaths", "aws:resourceorgpaths",
        "aws:sourceorgpaths", "aws:principalservicenameslist",
    ]

    /// Whether a request may bring several values: where that is not known, as the policies ask for it.
    static func isMultiple(_ key: String, _ conditions: [Condition]) -> Bool {
        if severalValued.contains(key) { return true }
        let isFamiliar = key.hasPrefix("ses:") || key.hasPrefix("aws:")
        return !isFamiliar && conditions.contains { $0.operation.quantifier != nil }
    }

    /// Whether every request brings the key.
    static func isAlwaysThere(_ key: String, guarded: Bool) -> Bool {
        switch key {
        case "aws:securetransport", "aws:viaawsservice", "aws:currenttime", "aws:epochtime", "aws:requestedregion",
            "aws:principalarn", "aws:principalaccount", "aws:principaltype":
            true
        // Elsewhere a request by way of a VPC endpoint has no source address.
        case "aws:sourceip", "ses:apiversion", "aws:useragent", "aws:userid", "aws:principalisawsservice": guarded
        default: guarded && addressKeys.contains(key)
        }
    }

    /// - Throws: `Obstacle` when values cannot be cut into classes.
    static func covering(
        _ key: String, _ conditions: [Condition], in setting: ProofSetting, identities: [PatternTail]?
    ) throws(Obstacle) -> KeyValues {
        let guarded = setting.guarded
        // No service calls Postern on anybody's behalf.
        if guarded, ["aws:viaawsservice", "aws:principalisawsservice"].contains(key) { return KeyValues(["false"]) }
        if truths.contains(key) { return KeyValues(["true", "false"]) }
        if key == "ses:apiversion", guarded { return KeyValues(["2", "1"]) }
        let families = Set(conditions.map(\.operation.comparison.family)).subtracting([.null])
        if addressKeys.contains(key) || families.isSubset(of: [.text, .arn]) {
            guard families.isSubset(of: [.text, .arn]) else { throw .mixedOperators(key) }
            return try texts(key, conditions, in: setting, identities: identities)
        }
        guard families.count == 1, let family = families.first else { throw .mixedOperators(key) }
        let tests = conditions.flatMap(\.patterns)
        switch family {
        case .number, .date: return KeyValues(numbers(key, tests))
        case .boolean: return KeyValues(["true", "false", illTyped])
        case .binary: return KeyValues(binaries(tests))
        default: return KeyValues(addresses(key, tests))
        }
    }

    private static func texts(
        _ key: String, _ conditions: [Condition], in setting: ProofSetting, identities: [PatternTail]?
    ) throws(Obstacle) -> KeyValues {
        let known = setting.known.context
        let patterns = conditions.flatMap(\.patterns).compactMap { test -> PatternTokens? in
            switch test {
            case .text(let pattern, let ignoresCase):
                pattern.resolved(in: known).map { PatternTokens($0, ignoresCase: ignoresCase) }
            case .arn(let pattern): pattern.resolved(in: known).flatMap { PatternTokens($0) }
            default: nil
            }
        }
        let isAddress = addressKeys.contains(key)
        let shape = isAddress ? TextShape.address(guarded: setting.guarded) : .any
        let isTied = key == "ses:fromaddress" || key == "ses:feedbackaddress"
        let found = try Witnesses(
            patterns.map { PatternTail($0) }.distinct, names: isTied ? identities : nil, shape: shape
        )
        .words(setting.budget)
        // An empty value is one too; but what somebody can see makes the better example.
        return KeyValues(
            found.map(\.text) + (isAddress ? [] : [""]), identities: isTied && identities != nil ? found : [])
    }
}
