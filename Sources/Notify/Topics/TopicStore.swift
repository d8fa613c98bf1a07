// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// Named records of an account, each change with its fact in one transaction: topics, and under them their subscriptions.
///
/// A subscription's name is its topic's, a slash, and its id, so that those of one topic stand together.
package protocol TopicStore: Sendable {
    func record(_ kind: String, _ name: String, in account: AccountID) async throws -> [UInt8]?
    /// At most `limit` records whose name sorts after `after`, by name.
    func records(_ kind: String, in account: AccountID, after: String, limit: Int) async throws -> [[UInt8]]
    func count(_ kind: String, in account: AccountID) async throws -> Int
    /// - Parameter replacing: whether one must be there already (true), or must not (false).
    /// - Returns: whether it was so; otherwise nothing was changed.
    func put(
        _ kind: String, _ name: String, in account: AccountID, content: [UInt8], replacing: Bool, recording fact: Fact
    ) async throws -> Bool
    /// Changes a record as it stands at that moment.
    /// - Returns: as it is now; nil when there is none.
    func change(
        _ kind: String, _ name: String, in account: AccountID, recording fact: Fact?,
        _ body: @escaping @Sendable ([UInt8]) throws -> [UInt8]
    ) async throws -> [UInt8]?
    /// - Returns: whether there was one.
    func remove(_ kind: String, _ name: String, in account: AccountID, recording fact: Fact) async throws -> Bool
    /// Adds a subscription where its topic is there.
    /// - Returns: whether it is; otherwise nothing was changed.
    func add(_ subscription: String, to topic: String, in account: AccountID, content: [UInt8], recording fact: Fact)
        async throws -> Bool
    /// Removes a topic with all its subscriptions.
    /// - Returns: whether there was one.
    func removeTopic(_ name: String, in account: AccountID, recording fact: Fact) async throws -> Bool
}

/// The kinds of these records.
package enum TopicKind {
    package static let topic = "topic"
    package static let subscription = "subscription"
}
