// SPDX-License-Identifier: Apache-2.0

extension Policy {
    /// Reads and checks a document as IAM does when it is put.
    /// - Throws: `PolicyFault` with IAM's sentence where there is one, and the place.
    package init(parsing text: String, as kind: Kind) throws(PolicyFault) {
        let json = try PolicyJSON(parsing: text)
        guard case .object(let members) = json else {
            throw PolicyFault(path: "", message: "Syntax errors in policy. A policy is a JSON object.")
        }
        for member in members where !["Version", "Id", "Statement"].contains(member.name) {
            throw PolicyFault(path: "/\(member.name)", message: "Syntax errors in policy. Unknown element.")
        }
        let version = try Self.version(json["Version"])
        guard let body = json["Statement"] else {
            throw PolicyFault(path: "", message: "Syntax errors in policy. Statement is missing.")
        }
        var statements: [Statement] = []
        var sids: Set<String> = []
        for (index, element) in Self.list(body).enumerated() {
            let path = if case .array = body { "/Statement/\(index)" } else { "/Statement" }
            let reader = StatementReader(json: element, path: path, index: index, kind: kind, version: version)
            let statement = try reader.statement()
            if let sid = statement.sid, !sids.insert(sid).inserted {
                throw PolicyFault(
                    path: "\(path)/Sid", message: "Statement IDs (SID) in a single policy must be unique.")
            }
            statements.append(statement)
        }
        guard !statements.isEmpty else {
            throw PolicyFault(path: "/Statement", message: "Syntax errors in policy. There is no statement.")
        }
        self.init(version: version, id: try Self.string(json["Id"], "/Id"), statements: statements)
    }

    private static func version(_ json: PolicyJSON?) throws(PolicyFault) -> Version {
        guard let text = try string(json, "/Version") else { return .v2008 }
        guard let version = Version(rawValue: text) else {
            throw PolicyFault(path: "/Version", message: "The policy must contain a valid version string.")
        }
        return version
    }

    private static func string(_ json: PolicyJSON?, _ path: String) throws(PolicyFault) -> String? {
        guard let json else { return nil }
        guard case .string(let text) = json else {
            throw PolicyFault(path: path, message: "Syntax errors in policy. A string was expected.")
        }
        return text
    }

    private static func list(_ json: PolicyJSON) -> [PolicyJSON] {
        if case .array(let elements) = json { elements } else { [json] }
    }
}

/// Reads one statement.
private struct StatementReader {
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
            throw fault("/\(member.name)", "Syntax errors in policy. Unknown element.")
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

    private func actions() throws(PolicyFault) -> Statement.Selection<Pattern> {
        guard let (texts, isNegated, name) = try either("Action", "NotAction") else {
            throw fault("", "Policy statement must contain actions.")
        }
        for (place, text) in texts.enumerated() where text != "*" {
            let at = "/\(name)/\(place)"
            let halves = text.split(separator: ":", omittingEmptySubsequences: false)
            guard halves.count > 1 else {
                throw fault(at, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
            }
            guard halves.count == 2 else { throw fault(at, "Actions/Condition can contain only one colon.") }
            guard isVendor(halves[0]) else { throw fault(at, "Vendor \(halves[0]) is not valid") }
            guard !halves[1].isEmpty, halves[1].utf8.allSatisfy({ isLetterOrDigit($0) || "*?".utf8.contains($0) })
            else {
                throw fault(at, "Syntax errors in policy. \(text) is not an action.")
            }
        }
        return .init(texts.map { Pattern($0.lowercased(), .wildcards) }, isNegated: isNegated)
    }

    private func resources() throws(PolicyFault) -> Statement.Selection<ARNPattern>? {
        let found = try either("Resource", "NotResource")
        if kind == .trust {
            guard found == nil else { throw fault("", "Has prohibited field Resource") }
            return nil
        }
        guard let (texts, isNegated, name) = found else { throw fault("", "Policy statement must contain resources.") }
        var patterns: [ARNPattern] = []
        for (place, text) in texts.enumerated() {
            let options: Pattern.Options = version == .v2012 ? [.wildcards, .variables] : .wildcards
            guard let pattern = ARNPattern(text, options) else {
                throw fault("/\(name)/\(place)", "Resource \(text) must be in ARN format or \"*\".")
            }
            patterns.append(pattern)
        }
        return .init(patterns, isNegated: isNegated)
    }

    private func either(_ positive: String, _ negative: String) throws(PolicyFault) -> ([String], Bool, String)? {
        switch (json[positive], json[negative]) {
        case (nil, nil): return nil
        case (let value?, nil): return (try strings(value, "/\(positive)"), false, positive)
        case (nil, let value?): return (try strings(value, "/\(negative)"), true, negative)
        default: throw fault("", "Syntax errors in policy. \(positive) and \(negative) exclude each other.")
        }
    }

    private func strings(_ json: PolicyJSON, _ at: String) throws(PolicyFault) -> [String] {
        if case .string(let text) = json { return [text] }
        guard case .array(let elements) = json else {
            throw fault(at, "Syntax errors in policy. A string or a list of strings was expected.")
        }
        var texts: [String] = []
        for (place, element) in elements.enumerated() {
            guard case .string(let text) = element else {
                throw fault("\(at)/\(place)", "Syntax errors in policy. A string was expected.")
            }
            texts.append(text)
        }
        return texts
    }

    // MARK: Principal

    private func principals() throws(PolicyFault) -> Statement.Selection<PrincipalPattern>? {
        let positive = json["Principal"]
        let negative = json["NotPrincipal"]
        guard kind == .resource || kind == .trust else {
            if positive != nil { throw fault("/Principal", "Has prohibited field Principal") }
            if negative != nil { throw fault("/NotPrincipal", "Has prohibited field NotPrincipal") }
            return nil
        }
        switch (positive, negative) {
        case (let value?, nil): return .init(try patterns(value, "/Principal"))
        case (nil, let value?):
            // Everybody but: IAM refuses it with Allow, for it names strangers.
            guard json["Effect"] == .string("Deny") else {
                throw fault("/NotPrincipal", "Allow with NotPrincipal is not allowed.")
            }
            return .init(try patterns(value, "/NotPrincipal"), isNegated: true)
        case (nil, nil): throw fault("", "Missing required field Principal")
        default: throw fault("", "Syntax errors in policy. Principal and NotPrincipal exclude each other.")
        }
    }

    private func patterns(_ json: PolicyJSON, _ at: String) throws(PolicyFault) -> [PrincipalPattern] {
        if json == .string("*") { return [.everyone] }
        guard case .object(let members) = json, !members.isEmpty else { throw fault(at, "Invalid principal in policy") }
        var patterns: [PrincipalPattern] = []
        for member in members {
            let texts = try strings(member.value, "\(at)/\(member.name)")
            for (place, text) in texts.enumerated() {
                guard let pattern = principal(member.name, text) else {
                    throw fault(
                        "\(at)/\(member.name)/\(place)", "Invalid principal in policy: \"\(member.name)\":\"\(text)\"")
                }
                patterns.append(pattern)
            }
        }
        return patterns
    }

    private func principal(_ type: String, _ text: String) -> PrincipalPattern? {
        switch type {
        case "AWS": awsPrincipal(text)
        case "Service": text.hasSuffix(".amazonaws.com") && !text.contains("*") ? .service(text) : nil
        case "Federated": text.isEmpty || text.contains("*") ? nil : .federated(text)
        default: nil
        }
    }

    private func awsPrincipal(_ text: String) -> PrincipalPattern? {
        if text == "*" { return .everyone }
        if isAccount(text[...]) { return .account(text) }
        let fields = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 6, fields[0] == "arn", fields[2] == "iam" || fields[2] == "sts", fields[3].isEmpty,
            isAccount(fields[4]), !text.contains("*"), !text.contains("?")
        else { return nil }
        if fields[2] == "iam", fields[5] == "root" { return .account(String(fields[4])) }
        let kinds = fields[2] == "iam" ? ["user/", "role/"] : ["assumed-role/", "federated-user/"]
        return kinds.contains { fields[5].hasPrefix($0) && fields[5].utf8.count > $0.utf8.count } ? .arn(text) : nil
    }

    // MARK: Condition

    private func conditions() throws(PolicyFault) -> [Condition] {
        guard let json = json["Condition"] else { return [] }
        guard case .object(let operators) = json else {
            throw fault("/Condition", "Syntax errors in policy. An object was expected.")
        }
        var conditions: [Condition] = []
        for member in operators {
            guard let operation = ConditionOperator(member.name) else {
                throw fault("/Condition/\(member.name)", "Invalid Condition type : \(member.name).")
            }
            guard case .object(let keys) = member.value else {
                throw fault("/Condition/\(member.name)", "Syntax errors in policy. An object was expected.")
            }
            for key in keys {
                conditions.append(try condition(operation, key, "/Condition/\(member.name)/\(key.name)"))
            }
        }
        return conditions
    }

    private func condition(
        _ operation: ConditionOperator, _ key: PolicyJSON.Member, _ at: String
    ) throws(PolicyFault) -> Condition {
        guard key.name.contains(":"), key.name.first != ":" else {
            throw fault(at, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        }
        let elements = if case .array(let elements) = key.value { elements } else { [key.value] }
        var values: [String] = []
        for element in elements {
            switch element {
            case .string(let text), .number(let text): values.append(text)
            case .boolean(let flag): values.append(flag ? "true" : "false")
            default: throw fault(at, "Syntax errors in policy. A condition's value is a string, number or boolean.")
            }
        }
        return Condition(operation, key: key.name, values: values, version: version)
    }

    private func fault(_ at: String, _ message: String) -> PolicyFault {
        PolicyFault(path: path + at, message: message)
    }
}

func isLetterOrDigit(_ octet: UInt8) -> Bool {
    (48...57).contains(octet) || (65...90).contains(octet) || (97...122).contains(octet)
}

func isAccount(_ text: Substring) -> Bool { text.utf8.count == 12 && text.utf8.allSatisfy { (48...57).contains($0) } }

private func isVendor(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
}
