// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// Where topics stand, and under them their subscriptions.
///
/// A subscription's name is its topic's, a slash, and its id, so that those of one topic stand together.
package protocol TopicStore: RecordStore {
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
