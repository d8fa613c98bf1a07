// SPDX-License-Identifier: Apache-2.0

package import Access
import Mail
import PolicyLanguage

/// Sending authorization policies of identities ("Policy anatomy", SES developer guide).
extension IdentityDirectory {
    package static let maximumPolicies = 20
    /// Octets.
    package static let maximumPolicyLength = 4_096

    /// How a policy may be put: SES v2 tells creating from updating, v1 does not.
    package enum Putting: Sendable { case new, existing, either }

    /// - Throws: `IdentityPolicyFailure`, `IdentityFailure.notFound`.
    package func putPolicy(
        _ document: String, named policy: String, on name: IdentityName, _ putting: Putting, operation: String,
        by caller: Caller
    ) async throws {
        try require(policy, document, on: name, in: caller.account)
        try await change(name, operation: operation, by: caller) { identity in
            let exists = identity.policies[policy] != nil
            if exists, putting == .new { throw IdentityPolicyFailure.alreadyExists(policy) }
            if !exists, putting == .existing { throw IdentityPolicyFailure.notFound(policy) }
            guard exists || identity.policies.count < Self.maximumPolicies else {
                throw IdentityPolicyFailure.limitExceeded
            }
            identity.policies[policy] = document
        }
    }

    /// Deleting what is not there succeeds, as on SES.
    package func deletePolicy(
        named policy: String, on name: IdentityName, operation: String, by caller: Caller
    ) async throws {
        try await change(name, operation: operation, by: caller) { $0.policies[policy] = nil }
    }

    private func require(
        _ policy: String, _ document: String, on name: IdentityName, in account: AccountID
    ) throws(IdentityPolicyFailure) {
        let isPlain = policy.utf8.allSatisfy {
            $0.isLetterOrDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
        guard isPlain, (1...64).contains(policy.utf8.count) else { throw .invalidName(policy) }
        guard document.utf8.count <= Self.maximumPolicyLength else {
            throw .invalid("The policy is longer than \(Self.maximumPolicyLength) bytes.")
        }
        let parsed: Policy
        do {
            parsed = try Policy(parsing: document, as: .resource)
        } catch {
            throw .invalid(error.description)
        }
        let arn = arn(of: name, in: account)
        for statement in parsed.statements {
            guard let resources = statement.resources, !resources.isNegated, resources.elements.count == 1,
                resources.elements[0].text == arn
            else { throw .invalid("Each statement must name exactly one Resource: \(arn).") }
            if guardrails.forbidsPublicIdentityPolicies, statement.isPublic {
                throw .invalid(
                    "guardrail forbid-public-identity-policies: statement \(statement.name) lets everybody use the identity; "
                        + "name principals, or limit it with aws:PrincipalOrgID, aws:PrincipalArn or aws:SourceVpce.")
            }
        }
    }
}

package enum IdentityPolicyFailure: Error, Hashable, Sendable {
    case alreadyExists(String)
    case notFound(String)
    case limitExceeded
    case invalidName(String)
    case invalid(String)
}

extension Statement {
    /// Keys that tie a caller to somebody, whatever the caller writes into the request.
    private static let restrictive: Set<String> = [
        "aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:sourceaccount", "aws:sourcearn",
        "aws:sourcevpce", "aws:sourcevpc", "aws:userid",
    ]

    /// Whether anybody at all is allowed by it.
    var isPublic: Bool {
        guard effect == .allow, principals?.elements.contains(.everyone) == true else { return false }
        return !conditions.contains { condition in
            Self.restrictive.contains(condition.key.lowercased()) && !condition.operation.comparison.isNegated
                && !condition.holdsWithoutValue && condition.operation.comparison != .null
                && !condition.values.contains { $0.allSatisfy { "*?".contains($0) } }
        }
    }
}
