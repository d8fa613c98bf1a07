// SPDX-License-Identifier: Apache-2.0

/// What a template is filled with: JSON.
package enum TemplateValue: Hashable, Sendable {
    case object(TemplateObject)
    case list([TemplateValue])
    case text(String)
    /// As written: an order's number of twenty digits stays one.
    case number(String)
    case flag(Bool)
    case null

    /// Members of `other` stand over these, deep down; lists are replaced whole.
    package func merged(with other: TemplateValue) -> TemplateValue {
        guard case .object(var mine) = self, case .object(let theirs) = other else { return other }
        for name in theirs.names {
            guard let value = theirs[name] else { continue }
            mine[name] = mine[name]?.merged(with: value) ?? value
        }
        return .object(mine)
    }

    var isTruthy: Bool {
        switch self {
        case .object: true
        case .list(let elements): !elements.isEmpty
        case .text(let text): !text.isEmpty
        case .number(let literal):
            literal.utf8.prefix { $0 | 0x20 != UInt8(ascii: "e") }.contains { (49...57).contains($0) }
        case .flag(let flag): flag
        case .null: false
        }
    }

    /// As it stands in the message; nil for what is no text.
    /// - Parameter budget: pays for the members of lists.
    func rendered(within budget: inout TemplateBudget) throws(TemplateFault) -> String? {
        switch self {
        case .text(let text): return text
        case .number(let literal): return literal
        case .flag(let flag): return flag ? "true" : "false"
        case .null: return ""
        case .object: return nil
        case .list(let elements):
            try budget.charge(elements.count)
            var texts: [String] = []
            for element in elements { texts.append(try element.rendered(within: &budget) ?? "") }
            return texts.joined(separator: ",")
        }
    }

    /// The member of this name, or at this number.
    func member(_ name: String) -> TemplateValue? {
        switch self {
        case .object(let object): return object[name]
        case .list(let elements):
            if name == "length" { return .number("\(elements.count)") }
            guard let number = Int(name), elements.indices.contains(number) else { return nil }
            return elements[number]
        default: return nil
        }
    }
}

/// Members in the order they were written in; of two with one name the last counts.
package struct TemplateObject: Hashable, Sendable {
    package private(set) var names: [String] = []
    private var values: [String: TemplateValue] = [:]

    package init() {}

    package subscript(_ name: String) -> TemplateValue? {
        get { values[name] }
        set {
            if values.updateValue(newValue ?? .null, forKey: name) == nil { names.append(name) }
        }
    }
}
