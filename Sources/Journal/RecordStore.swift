// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Named records of an account, each change committed with its fact: configuration sets, templates, trails, alarms, topics.
package protocol RecordStore: Sendable {
    func record(_ kind: String, _ name: String, in account: AccountID) async throws -> [UInt8]?
    /// At most `limit` records whose name sorts after `after`, by name.
    func records(_ kind: String, in account: AccountID, after: String, limit: Int) async throws -> [[UInt8]]
    /// How many of a kind the account has.
    func count(_ kind: String, in account: AccountID) async throws -> Int
    /// - Parameter replacing: whether one must be there already (true), or must not (false).
    /// - Returns: whether it was so; otherwise nothing was changed.
    func put(
        _ kind: String, _ name: String, in account: AccountID, content: [UInt8], replacing: Bool, recording fact: Fact
    ) async throws -> Bool
    /// Reads, changes and writes one record in one transaction, so that two who change it at one time undo nothing of
    /// each other's. What `body` throws is thrown, and nothing is changed.
    /// - Parameter body: quick, without I/O; may be run more than once.
    /// - Returns: the record as it is now; nil where there is none.
    func change(
        _ kind: String, _ name: String, in account: AccountID, recording fact: Fact?,
        _ body: @escaping @Sendable ([UInt8]) throws -> [UInt8]
    ) async throws -> [UInt8]?
    /// - Returns: whether there was one.
    func remove(_ kind: String, _ name: String, in account: AccountID, recording fact: Fact) async throws -> Bool
}
