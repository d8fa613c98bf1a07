// SPDX-License-Identifier: Apache-2.0

import JSON

extension StatementReader {
    func principals() throws(PolicyFault) -> Statement.Selection<PrincipalPattern>? {
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
            let place = at + PolicyFault.pointer(member.name)
            let texts = try strings(member.value, place)
            guard !texts.isEmpty else { throw fault(place, "Invalid principal in policy") }
            for located in texts {
                guard let pattern = principal(member.name, located.text) else {
                    throw fault(
                        located.place, "Invalid principal in policy: \"\(member.name)\":\"\(located.text)\"")
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
}
