// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// Where the directory lies between two lives of the process.
package protocol AccessStore: Sendable {
    /// Every record, in any order.
    func load() async throws -> [AccessRow]
    /// Applies all changes and records the facts in one transaction, durably, or does nothing and throws.
    func save(_ changes: [AccessRowChange], recording facts: [Fact]) async throws
}

/// A record as the store keeps it.
package struct AccessRow: Hashable, Sendable {
    package let kind: String
    package let account: AccountID
    package let key: String
    /// JSON.
    package let content: [UInt8]

    package init(kind: String, account: AccountID, key: String, content: [UInt8]) {
        self.kind = kind
        self.account = account
        self.key = key
        self.content = content
    }
}

package enum AccessRowChange: Sendable {
    case put(AccessRow)
    case remove(kind: String, account: AccountID, key: String)
}
