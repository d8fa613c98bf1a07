// SPDX-License-Identifier: Apache-2.0

package import Access
package import Journal
package import Mail

/// The accounts' identities. Each change is durable together with the fact that records it.
package protocol IdentityStore: Sendable {
    /// - Throws: `IdentityFailure.alreadyExists`.
    func create(_ identity: Identity, recording fact: Fact) async throws
    func identity(_ name: IdentityName, in account: AccountID) async throws -> Identity?
    /// At most `limit` identities whose name sorts after `after`, by name.
    func identities(in account: AccountID, after: String?, limit: Int) async throws -> [Identity]
    /// Identities of all accounts that are not verified, or whose DKIM is not: what the verifier looks at.
    func unverified(limit: Int) async throws -> [Identity]
    /// The identity whose verification token this is.
    func identity(verificationToken: String) async throws -> Identity?
    /// Replaces what may change; `fact` is nil for what the verifier found out by itself and nothing changed.
    func update(_ identity: Identity, recording fact: Fact?) async throws
    /// Records what happened without changing anything.
    func record(_ fact: Fact) async throws
    /// - Returns: whether there was one.
    func delete(_ name: IdentityName, in account: AccountID, recording fact: Fact) async throws -> Bool
}

package enum IdentityFailure: Error, Hashable, Sendable {
    case alreadyExists(IdentityName)
    case notFound(IdentityName)
    /// The operator allows no identity there.
    case outsideGuardrail(Guardrails.Refusal)
    /// There is no `public-url` that a link in a mail could lead to.
    case addressesCannotBeVerified
}
