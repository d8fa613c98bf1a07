// SPDX-License-Identifier: Apache-2.0

import JSON

extension StatementReader {
    func conditions() throws(PolicyFault) -> [Condition] {
        guard let json = json["Condition"] else { return [] }
        guard case .object(let operators) = json else {
            throw fault("/Condition", "Syntax errors in policy. An object was expected.")
        }
        var conditions: [Condition] = []
        for member in operators {
            let place = "/Condition" + PolicyFault.pointer(member.name)
            guard let operation = ConditionOperator(member.name) else {
                throw fault(place, "Invalid Condition type : \(member.name).")
            }
            guard case .object(let keys) = member.value else {
                throw fault(place, "Syntax errors in policy. An object was expected.")
            }
            for key in keys { conditions.append(try condition(operation, key, place + PolicyFault.pointer(key.name))) }
        }
        return conditions
    }

    private func condition(
        _ operation: ConditionOperator, _ key: PolicyJSON.Member, _ at: String
    ) throws(PolicyFault) -> Condition {
        guard key.name.contains(":"), key.name.first != ":" else {
            throw fault(at, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        }
        var values: [String] = []
        if case .array(let elements) = key.value {
            for (index, element) in elements.enumerated() {
                values.append(try value(element, for: operation.comparison, "\(at)/\(index)"))
            }
        } else {
            values.append(try value(key.value, for: operation.comparison, at))
        }
        return Condition(operation, key: key.name, values: values, version: version)
    }

    private func value(
        _ json: PolicyJSON, for comparison: ConditionOperator.Comparison, _ at: String
    ) throws(PolicyFault) -> String {
        let text: String
        switch json {
        case .string(let string): text = string
        case .number(let number): text = number
        case .boolean(let flag): text = flag ? "true" : "false"
        default: throw fault(at, "Syntax errors in policy. A condition's value is a string, number or boolean.")
        }
        if comparison.hasWildcards { try checkLength(Located(text: text, place: at)) }
        return text
    }
}
