// SPDX-License-Identifier: Apache-2.0

extension Statement {
    /// Why a statement does not speak of a request: the first of its elements that does not fit.
    package enum Mismatch: Hashable, Sendable {
        case principal, action, resource
        case condition(Condition)
    }

    /// Nil when the statement applies.
    func mismatch(_ request: PolicyRequest) -> Mismatch? {
        guard actions.holds({ $0.matches(request.actionInLowerCase, in: request.context) }) else { return .action }
        if let resources, !resources.holds({ $0.matches(fields: request.resourceFields, in: request.context) }) {
            return .resource
        }
        if let principals, !principals.holds({ $0.match(request.principal) != nil }) { return .principal }
        return conditions.first { !$0.holds(in: request.context) }.map { .condition($0) }
    }

    /// How closely an applying statement of a resource policy names the caller.
    func closeness(to principal: PolicyPrincipal) -> PrincipalPattern.Match? {
        guard let principals, !principals.isNegated else { return nil }
        return principals.elements.compactMap { $0.match(principal) }.max()
    }
}
