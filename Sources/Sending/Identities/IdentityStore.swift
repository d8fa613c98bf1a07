// SPDX-License-Identifier: Apache-2.0

package import Access
package import Journal
package import Mail

/// The accounts' identities. Each change is durable together with the fact that records it.
///
/// There is no way to write an identity back that was read before: what changes is changed inside one write
/// transaction, on what stands there then. So a slow change, such as one that waits for the DNS, undoes no other.
package protocol IdentityStore: Sendable {
    /// Changes what may change of one identity. Quick, without I/O, and may be run more than once.
    typealias Change = @Sendable (inout Identity) throws -> Void

    /// - Throws: `IdentityFailure.alreadyExists`.
    func create(_ identity: Identity, recording fact: Fact) async throws
    func identity(_ name: IdentityName, in account: AccountID) async throws -> Identity?
    /// At most `limit` identities whose name sorts after `after`, by name.
    func identities(in account: AccountID, after: String?, limit: Int) async throws -> [Identity]
    /// At most `limit` identities of all accounts, by account and name, that come after `after`.
    func everyIdentity(after: Identity?, limit: Int) async throws -> [Identity]
    /// Identities of all accounts that are not verified, or whose DKIM is not: what the verifier looks at.
    func unverified(limit: Int) async throws -> [Identity]
    /// Identities of all accounts whose MAIL FROM domain is waited for or missed, or was looked at before that moment.
    func identitiesWithMailFrom(checkedBefore moment: Timestamp, limit: Int) async throws -> [Identity]
    /// The identity whose verification token this is.
    func identity(verificationToken: String) async throws -> Identity?
    /// Reads, changes and writes one identity in one transaction; what `body` throws is thrown, and nothing is changed.
    /// - Parameter fact: nil for what the server found out by itself.
    /// - Returns: the identity as it is now.
    /// - Throws: `IdentityFailure.notFound`.
    @discardableResult
    func change(
        _ name: IdentityName, in account: AccountID, recording fact: Fact?, _ body: @escaping Change
    ) async throws -> Identity
    /// Records what happened without changing anything.
    func record(_ fact: Fact) async throws
    /// - Returns: whether there was one.
    func delete(_ name: IdentityName, in account: AccountID, recording fact: Fact) async throws -> Bool
}

package enum IdentityFailure: Error, Hashable, Sendable {
    case alreadyExists(IdentityName)
    case notFound(IdentityName)
    /// The operator allows no identity there, or no mail to it.
    case outsideGuardrail(Guardrails.Refusal)
    /// A MAIL FROM domain that does not lie beneath the identity's own.
    case mailFromOutside(Domain, IdentityName)
    /// There is no `public-url` that a link in a mail could lead to.
    case addressesCannotBeVerified
}

/// The identity that was read is not the one that stands there now.
struct IdentitySuperseded: Error {}
