// SPDX-License-Identifier: Apache-2.0

extension Statement {
    /// Why a statement does not speak of a request: the first of its elements that does not fit.
    package enum Mismatch: Hashable, Sendable {
        case principal, action, resource
        case condition(Condition)
    }

    /// Nil when the statement applies.
    /// - Parameter isBounded: whether the caller has a permissions boundary, from which `NotPrincipal` exempts nobody.
    func mismatch(_ request: PolicyRequest, isBounded: Bool = false) -> Mismatch? {
        guard actions.holds({ $0.matches(request.actionInLowerCase, in: request.context) }) else { return .action }
        if let resources, !resources.holds({ $0.matches(fields: request.resourceFields, in: request.context) }) {
            return .resource
        }
        if let principals {
            let isMeant =
                principals.isNegated
                ? isBounded || !principals.elements.exempt(request.principal)
                : principals.elements.contains { $0.match(request.principal) != nil }
            if !isMeant { return .principal }
        }
        return conditions.first { !$0.holds(in: request.context) }.map { .condition($0) }
    }

    /// How closely an applying statement of a resource policy names the caller.
    func closeness(to principal: PolicyPrincipal) -> PrincipalPattern.Match? {
        guard let principals, !principals.isNegated else { return nil }
        return principals.elements.compactMap { $0.match(principal) }.max()
    }
}
