// SPDX-License-Identifier: Apache-2.0

extension PolicyDecision {
    /// One paragraph a person understands: which statement, which condition, which value.
    package func explanation(of request: PolicyRequest) -> String {
        switch verdict {
        case .allowed(nil): "allowed: the root user of account \(request.principal.account) may do everything in it"
        case .allowed(let reference?): "allowed: \(Self.describe(reference))"
        case .explicitlyDenied(let reference):
            (["denied: \(Self.describe(reference))"] + reference.statement.conditions.map { Self.reason($0, request) })
                .joined(separator: "; ")
        case .implicitlyDenied(let layer): implicit(layer, request)
        }
    }

    private func implicit(_ layer: PolicyLayer, _ request: PolicyRequest) -> String {
        var text = "denied: no \(layer.rawValue) allows \(request.action) on \(request.resource)"
        for miss in nearly.prefix(3) {
            text += "; \(Self.describe(miss.reference)) would, but \(Self.shortfall(miss.condition, request))"
        }
        if !missingKeys.isEmpty { text += "; the request brings no \(missingKeys.joined(separator: ", "))" }
        return text
    }

    private static func describe(_ reference: StatementReference) -> String {
        "statement \(reference.statement.name) in \(reference.policy) (\(reference.layer.rawValue))"
    }

    /// Why a denying statement's condition is met.
    private static func reason(_ condition: Condition, _ request: PolicyRequest) -> String {
        let values = request.context[condition.key.lowercased()]
        if condition.operation.comparison == .null {
            return values.isEmpty ? "the request brings no \(condition.key)" : "the request brings \(condition.key)"
        }
        guard !values.isEmpty else { return "\(condition.key) is absent" }
        let meeting = values.indices.filter { condition.satisfies(values[$0], request.context) }
        let wanted = condition.values.joined(separator: ", ")
        let verb = condition.operation.comparison.isNegated ? "is outside" : "is within"
        guard let first = meeting.first else { return "\(condition.key) meets \(condition.operation.name) \(wanted)" }
        let place = values.count > 1 ? "value \(first + 1) of \(values.count) of \(condition.key)" : condition.key
        return "\(place) \(verb) \(wanted)"
    }

    /// Why an allowing statement's condition is not met.
    private static func shortfall(_ condition: Condition, _ request: PolicyRequest) -> String {
        let values = request.context[condition.key.lowercased()]
        guard !values.isEmpty else { return "\(condition.key) is absent" }
        let wanted = condition.values.joined(separator: ", ")
        let failing = values.indices.filter { !condition.satisfies(values[$0], request.context) }
        let place =
            values.count > 1 && failing.first != nil
            ? "value \(failing[0] + 1) of \(values.count) of \(condition.key)" : condition.key
        return "\(place) does not meet \(condition.operation.name) \(wanted)"
    }
}
