// SPDX-License-Identifier: Apache-2.0

package import Access
import Mail
import PolicyLanguage

/// Sending authorization policies of identities ("Policy anatomy", SES developer guide), and their tags.
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

    /// Changes tags as they stand at that moment, so that two who add one at the same time both have theirs.
    /// - Throws: `IdentityFailure.notFound`, and what `body` throws.
    package func changeTags(
        of name: IdentityName, operation: String, by caller: Caller,
        _ body: @escaping @Sendable (inout [String: String]) throws -> Void
    ) async throws {
        try await change(name, operation: operation, by: caller) { try body(&$0.tags) }
    }

    /// Policies that let everybody send and are there though the guardrail forbids them: put while it was off, or by a
    /// version that knew fewer ways of saying so. The server does not start over them.
    /// - Returns: for the operator, a line for each: account, identity, policy and statement.
    package func forbiddenPolicies() async throws -> [String] {
        guard guardrails.forbidsPublicIdentityPolicies else { return [] }
        var found: [String] = []
        var last: Identity?
        while true {
            let page = try await store.everyIdentity(after: last, limit: 500)
            for identity in page {
                for (name, document) in identity.policies.sorted(by: { $0.key < $1.key }) {
                    guard let statement = Self.publicStatement(of: document) else { continue }
                    let arn = arn(of: identity.name, in: identity.account)
                    found.append("\(arn): policy \(name), statement \(statement)")
                }
            }
            guard page.count == 500 else { return found }
            last = page.last
        }
    }

    // A policy that cannot be read denies everything and is nobody's way in.
    private static func publicStatement(of document: String) -> String? {
        (try? Policy(parsing: document, as: .resource))?.statements.first(where: \.isPublic)?.name
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
                    "guardrail forbid-public-identity-policies: statement \(statement.name) lets everybody use the "
                        + "identity; name principals, or limit it to an account, organisation or endpoint in full, with "
                        + "aws:PrincipalAccount, aws:PrincipalOrgID, aws:PrincipalArn or aws:SourceVpce.")
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
