// SPDX-License-Identifier: Apache-2.0

import JSON

/// Reads one statement of a document.
struct StatementReader {
    let json: PolicyJSON
    let path: String
    let index: Int
    let kind: Policy.Kind
    let version: Policy.Version

    private static let elements = [
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
    ]

    func statement() throws(PolicyFault) -> Statement {
        guard case .object(let members) = json else {
            throw fault("", "Syntax errors in policy. An object was expected.")
        }
        for member in members where !Self.elements.contains(member.name) {
            throw fault(PolicyFault.pointer(member.name), "Syntax errors in policy. Unknown element.")
        }
        return Statement(
            sid: try sid(), index: index, effect: try effect(), principals: try principals(), actions: try actions(),
            resources: try resources(), conditions: try conditions())
    }

    private func sid() throws(PolicyFault) -> String? {
        guard let json = json["Sid"] else { return nil }
        guard case .string(let sid) = json else {
            throw fault("/Sid", "Syntax errors in policy. A string was expected.")
        }
        let isPlain = sid.utf8.allSatisfy { isLetterOrDigit($0) }
        guard kind == .resource || kind == .trust || isPlain else {
            throw fault(
                "/Sid",
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
                    + "expression [0-9A-Za-z]*")
        }
        return sid.isEmpty ? nil : sid
    }

    private func effect() throws(PolicyFault) -> Statement.Effect {
        guard let json = json["Effect"] else { throw fault("", "Missing required field Effect") }
        guard case .string(let text) = json, let effect = Statement.Effect(rawValue: text) else {
            throw fault("/Effect", "Syntax errors in policy. Effect is Allow or Deny.")
        }
        return effect
    }

    // MARK: Action and Resource

    /// A text of the document and where it stands.
    struct Located {
        let text: String
        let place: String
    }

    private func actions() throws(PolicyFault) -> Statement.Selection<Pattern> {
        let missing = "Policy statement must contain actions."
        guard let (texts, isNegated) = try either("Action", "NotAction", missing) else { throw fault("", missing) }
        for action in texts where action.text != "*" { try check(action) }
        return .init(texts.map { Pattern($0.text.lowercased(), .wildcards) }, isNegated: isNegated)
    }

    private func check(_ action: Located) throws(PolicyFault) {
        let halves = action.text.split(separator: ":", omittingEmptySubsequences: false)
        guard halves.count > 1 else {
            throw fault(action.place, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        }
        guard halves.count == 2 else { throw fault(action.place, "Actions/Condition can contain only one colon.") }
        guard isVendor(halves[0]) else { throw fault(action.place, "Vendor \(halves[0]) is not valid") }
        guard !halves[1].isEmpty, halves[1].utf8.allSatisfy({ isLetterOrDigit($0) || "*?".utf8.contains($0) }) else {
            throw fault(action.place, "Syntax errors in policy. \(action.text) is not an action.")
        }
        try checkLength(action)
    }

    private func resources() throws(PolicyFault) -> Statement.Selection<ARNPattern>? {
        let missing = "Policy statement must contain resources."
        let found = try either("Resource", "NotResource", missing)
        if kind == .trust {
            guard found == nil else { throw fault("", "Has prohibited field Resource") }
            return nil
        }
        guard let (texts, isNegated) = found else { throw fault("", missing) }
        var patterns: [ARNPattern] = []
        for resource in texts {
            try checkLength(resource)
            let options: Pattern.Options = version == .v2012 ? [.wildcards, .variables] : .wildcards
            guard let pattern = ARNPattern(resource.text, options) else {
                throw fault(resource.place, "Resource \(resource.text) must be in ARN format or \"*\".")
            }
            patterns.append(pattern)
        }
        return .init(patterns, isNegated: isNegated)
    }

    private func either(
        _ positive: String, _ negative: String, _ missing: String
    ) throws(PolicyFault) -> ([Located], Bool)? {
        let (name, value): (String, PolicyJSON)
        switch (json[positive], json[negative]) {
        case (nil, nil): return nil
        case (let found?, nil): (name, value) = (positive, found)
        case (nil, let found?): (name, value) = (negative, found)
        default: throw fault("", "Syntax errors in policy. \(positive) and \(negative) exclude each other.")
        }
        let texts = try strings(value, "/\(name)")
        // Nothing at all is a slip of the pen, and negated it would mean everything.
        guard !texts.isEmpty else { throw fault("/\(name)", missing) }
        return (texts, name == negative)
    }

    func strings(_ json: PolicyJSON, _ at: String) throws(PolicyFault) -> [Located] {
        if case .string(let text) = json { return [Located(text: text, place: at)] }
        guard case .array(let elements) = json else {
            throw fault(at, "Syntax errors in policy. A string or a list of strings was expected.")
        }
        var texts: [Located] = []
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element else {
                throw fault("\(at)/\(index)", "Syntax errors in policy. A string was expected.")
            }
            texts.append(Located(text: text, place: "\(at)/\(index)"))
        }
        return texts
    }

    func checkLength(_ pattern: Located) throws(PolicyFault) {
        guard pattern.text.utf8.count <= Policy.maximumPatternLength else {
            throw fault(pattern.place, "A pattern has at most \(Policy.maximumPatternLength) bytes.")
        }
    }

    func fault(_ at: String, _ message: String) -> PolicyFault { PolicyFault(path: path + at, message: message) }
}

func isLetterOrDigit(_ octet: UInt8) -> Bool {
    (48...57).contains(octet) || (65...90).contains(octet) || (97...122).contains(octet)
}

func isAccount(_ text: Substring) -> Bool { text.utf8.count == 12 && text.utf8.allSatisfy { (48...57).contains($0) } }

private func isVendor(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
}
