// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// Small named records of an account that sends are decided on: configuration sets and templates.
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

/// What can stand on a shelf.
package protocol ShelfRecord: Codable, Sendable {
    static var kind: String { get }
    var name: String { get }
    var tags: [String: String] { get set }
    /// - Throws: `RecordFailure.invalid`.
    func check() throws
}

package enum RecordFailure: Error, Hashable, Sendable {
    case alreadyExists(String)
    case notFound(String)
    case invalid(String)
    /// What it holds cannot be sent.
    case invalidContent(String)
    /// More of a kind than an account may have.
    case limitExceeded(String)
}
