// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// The accounts' suppression lists on stable storage; without limit, so nothing here reads a list as a whole.
package protocol SuppressionStore: Sendable {
    /// Whether the account's list holds nothing.
    func isEmpty(_ account: AccountID) async throws -> Bool
    /// Those of the addresses that are on the list: one question for all of them.
    func suppressed(_ addresses: [Mailbox], in account: AccountID) async throws -> [SuppressedDestination]
    /// At most `limit` entries, oldest change first.
    func suppressed(_ selection: SuppressionSelection, limit: Int) async throws -> [SuppressedDestination]
    /// Adds an entry, or replaces the one of that address. Where the same entry stands already, nothing changes and
    /// nothing is recorded.
    func suppress(_ destination: SuppressedDestination, recording fact: Fact) async throws
    /// - Returns: whether it was there.
    func release(_ address: Mailbox, in account: AccountID, recording fact: Fact) async throws -> Bool
}

/// Which entries of a list are asked for.
package struct SuppressionSelection: Hashable, Sendable {
    /// The place of an entry in the order of a list.
    package struct Place: Hashable, Sendable {
        package let updatedAt: Timestamp
        package let address: String

        package init(updatedAt: Timestamp, address: String) {
            self.updatedAt = updatedAt
            self.address = address
        }
    }

    package let account: AccountID
    /// Nil for any.
    package var reason: SuppressionReason?
    /// Changed at this moment or later.
    package var from: Timestamp?
    /// Changed at this moment or earlier.
    package var to: Timestamp?
    /// The last one that is known already.
    package var after: Place?

    package init(account: AccountID) { self.account = account }
}
