// SPDX-License-Identifier: Apache-2.0

import JSON

extension Policy {
    /// Characters of a document, white space counted: what IAM's API takes.
    package static let maximumLength = 131_072
    /// Octets of one action, resource or value with wildcards; no ARN is longer. Matching takes time in proportion.
    package static let maximumPatternLength = 2_048

    /// Reads and checks a document as IAM does when it is put.
    /// - Throws: `PolicyFault` with IAM's sentence where there is one, and the place.
    package init(parsing text: String, as kind: Kind) throws(PolicyFault) {
        guard text.unicodeScalars.count <= Self.maximumLength else {
            throw PolicyFault(path: "", message: "A policy has at most \(Self.maximumLength) characters.")
        }
        let json = try PolicyJSON(policy: text)
        guard case .object(let members) = json else {
            throw PolicyFault(path: "", message: "Syntax errors in policy. A policy is a JSON object.")
        }
        for member in members where !["Version", "Id", "Statement"].contains(member.name) {
            throw PolicyFault(
                path: PolicyFault.pointer(member.name), message: "Syntax errors in policy. Unknown element.")
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
